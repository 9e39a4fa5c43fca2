"""Pieces of a recording back to a whole, with those that were changed in the meantime."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.library.errors import MediaError
from utawaku.library.progress import Progress, part, silent
from utawaku.media.decode import decode
from utawaku.media.probe import probe
from utawaku.models.separator.engine import Audio
from utawaku.models.separator.files import STEMS, decode_as, remix, stem_path
from utawaku.models.separator.flac import FlacWriter
from utawaku.models.separator.plan import changed_vocals, read_plan, stems_of

_CHUNK_S = 10.0
_AGAIN = "The command that made the pieces makes those that are missing"


@dataclass(frozen=True)
class Joined:
    """The result of `join_pieces`: three FLAC files of the recording's length."""

    vocals: Path
    accompaniment: Path
    mix: Path
    n_samples: int
    sample_rate_hz: int
    n_changed: int
    """Pieces whose vocals were replaced."""
    turned_down_db: float
    """0 or less: by how much the mix was turned down to fit."""


def join_pieces(
    folder: Path,
    target: Path,
    *,
    name: str,
    vocals_gain_db: float = 0.0,
    progress: Progress = silent,
) -> Joined:
    """Join the pieces that `separate_pieces` left in `folder`, in order, to the sample.

    A file `0007.changed.*` takes the place of the vocals of piece 7, at any rate: it starts where
    the piece starts and is cut or filled up to its length. The mix is the joined vocals over the
    joined accompaniment; of unchanged pieces it is the recording.

    Raises:
        MediaError: the folder holds no pieces, one is gone, or cannot be read.
    """
    plan = read_plan(folder)
    rate, n_pieces = plan.sample_rate_hz, len(plan.pieces)
    for number in range(1, n_pieces + 1):
        for path in stems_of(folder, number):
            if not path.is_file():
                raise MediaError("a piece is gone", subject=str(path), next_step=_AGAIN)
    channels = probe(stems_of(folder, 1)[0]).n_channels
    n_changed = 0
    paths = [stem_path(target, name, stem) for stem in STEMS]
    for share, stem, path in zip((0.0, 0.4), STEMS, paths, strict=True):
        told = part(progress, share, share + 0.4)
        with FlacWriter(path, rate, channels) as writer:
            for number, piece in enumerate(plan.pieces, 1):
                told(number / n_pieces, f"joining {stem}")
                own = stem_path(folder, f"{number:04}", stem)
                changed = changed_vocals(folder, number) if stem == STEMS[0] else None
                n_changed += changed is not None
                n_samples = piece.stop - piece.start
                chunks = (
                    _fitted(changed, rate, channels, n_samples)
                    if changed
                    else _whole(own, n_samples)
                )
                for chunk in chunks:
                    writer.write(chunk)
    mix = target / f"{name}.mix.flac"
    told = part(progress, 0.8, 1.0)
    vocals, accompaniment = paths
    turned_down_db = remix(vocals, accompaniment, mix, vocals_gain_db=vocals_gain_db, progress=told)
    return Joined(vocals, accompaniment, mix, plan.n_samples, rate, n_changed, turned_down_db)


def _whole(path: Path, n_samples: int) -> Iterator[Audio]:
    """A stem as it is, which must be of the length of its place."""
    n_read = 0
    for chunk in decode(path, chunk_s=_CHUNK_S):
        n_read += chunk.shape[-1]
        yield np.atleast_2d(chunk)
    if n_read != n_samples:
        raise MediaError(
            f"a piece has {n_read} samples and not {n_samples}", subject=str(path), next_step=_AGAIN
        )


def _fitted(path: Path, rate: int, channels: int, n_samples: int) -> Iterator[Audio]:
    """A file at the rate, with the channels and of the length of its place."""
    left = n_samples
    for chunk in decode_as(path, rate, channels):
        yield chunk[:, :left]
        left -= min(left, chunk.shape[1])
        if not left:
            return
    while left:
        n_now = min(left, round(_CHUNK_S * rate))
        left -= n_now
        yield np.zeros((channels, n_now), np.float32)
