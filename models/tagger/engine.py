"""Listening to songs with musicnn: one impression (embedding and tags) a song."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.fft import dct

from utawaku.library.errors import EngineError, TruncatedMediaError
from utawaku.library.progress import Progress, silent
from utawaku.library.store.embeddings import EMBEDDING_KIND, N_EMBEDDING, N_TIMBRE, TAGS_KIND
from utawaku.media.probe import probe
from utawaku.models import registry
from utawaku.models.onnx_session import load_network
from utawaku.models.tagger.excerpts import excerpts, pieces_of
from utawaku.models.tagger.features import N_FRAMES, N_MELS, SAMPLE_RATE_HZ, patch_of
from utawaku.models.tagger.network import N_TAGS, N_UNITS

__all__ = ["EMBEDDING_KIND", "N_EMBEDDING", "TAGS_KIND", "Impression", "Tagger"]

ENGINE_VERSION = "1"
WEIGHTS = "musicnn"
N_PATCHES = 20
"""Pieces of 3 s a song of 200 s or more: the tags' mean correlates .997 with that over all."""
MIN_PATCHES = 10
PATCH_EVERY_S = 10.0
"""Shorter songs are heard at fewer places, so that hearing costs a fixed share of playing time."""
_BATCH = 1
"""Patches at a time: what one leaves between two layers stays in the processor's cache."""


@dataclass(frozen=True)
class Impression:
    """Tags and embedding of a song."""

    embedding: np.ndarray
    """float32 (400,): mean, then standard deviation, of the network's 200 units over the song."""
    tags: np.ndarray
    """float32 (50,) in [0, 1]: mean of each of `TAGS` over the song."""
    timbre: np.ndarray
    """float32 (40,): mean, then standard deviation, of 20 cepstral coefficients over all frames:
    the colour of voices, of which the network, made to name styles, tells little."""
    n_patches: int


def n_patches_for(length_s: float) -> int:
    """At how many places a song of this length is heard."""
    return int(np.clip(length_s / PATCH_EVERY_S, MIN_PATCHES, N_PATCHES))


class Tagger:
    """The network, loaded once and used for many songs."""

    def __init__(self, weights: Path, *, version: str = "", threads: int = 1) -> None:
        """Load the converted network.

        Raises:
            WeightsCorruptError: the file is not it.
        """
        self._session = load_network(
            weights,
            shape=(None, N_FRAMES, N_MELS),
            pull=WEIGHTS,
            threads=threads,
            accelerated=True,
        )
        self.version = version
        """sha256 of the converted file."""

    @classmethod
    def from_registry(
        cls, weights_dir: Path, *, threads: int = 1, progress: Progress = silent
    ) -> "Tagger":
        """The network out of the weights folder, fetched on first use.

        Raises:
            WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
        """
        path = registry.pull(WEIGHTS, weights_dir, progress=progress)
        return cls(path, version=registry.version(WEIGHTS, weights_dir), threads=threads)

    def listen(
        self, path: Path, start_s: float = 0.0, stop_s: float | None = None, n: int | None = None
    ) -> Impression:
        """Hear a file, or a span of it, at `n` places; by default as many as its length asks for.

        Raises:
            MediaError: it cannot be decoded; EngineError: the network gave no numbers.
        """
        length_s = (probe(path).duration_s if stop_s is None else stop_s) - start_s
        pieces = excerpts(path, n or n_patches_for(length_s), start_s, stop_s)
        return self._impression_of_pieces(pieces, str(path))

    def listen_to(self, samples: np.ndarray) -> Impression:
        """The same for float32 (n_samples,) mono at 16 kHz.

        Raises:
            TruncatedMediaError: there are none; EngineError: the network gave no numbers.
        """
        if not samples.size:
            raise TruncatedMediaError("the song has no sound")
        pieces = pieces_of(samples, n_patches_for(samples.size / SAMPLE_RATE_HZ))
        return self._impression_of_pieces(pieces, "")

    def _impression_of_pieces(self, pieces: np.ndarray, subject: str) -> Impression:
        impression = self.impression_of(np.stack([patch_of(piece) for piece in pieces]))
        if not (np.isfinite(impression.embedding).all() and np.isfinite(impression.tags).all()):
            raise EngineError(
                "the tagger gave no finite numbers",
                subject=subject,
                next_step="The sound holds invalid samples: cut the song again",
            )
        return impression

    def impression_of(self, patches: np.ndarray) -> Impression:
        """The impression of float32 (n, 187, 96) patches of one song, n >= 1."""
        units, tags = self.run(patches)
        return Impression(
            embedding=np.concatenate([units.mean(axis=0), units.std(axis=0)]),
            tags=tags.mean(axis=0),
            timbre=_timbre(patches),
            n_patches=len(patches),
        )

    def run(self, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The network's own outputs: float32 (n, 200) and (n, 50)."""
        units = [np.zeros((0, N_UNITS), np.float32)]
        tags = [np.zeros((0, N_TAGS), np.float32)]
        for at in range(0, len(patches), _BATCH):
            batch = np.ascontiguousarray(patches[at : at + _BATCH], np.float32)
            made = self._session.run(["embedding", "tags"], {"patches": batch})
            units.append(made[0])
            tags.append(made[1])
        return np.concatenate(units), np.concatenate(tags)


def _timbre(patches: np.ndarray) -> np.ndarray:
    """See `Impression.timbre`; of float32 (n, 187, 96) patches."""
    coefficients = dct(patches.reshape(-1, N_MELS), axis=1, norm="ortho")[:, : N_TIMBRE // 2]
    told = np.concatenate([coefficients.mean(axis=0), coefficients.std(axis=0)])
    return told.astype(np.float32)
