"""Log-mel pieces of songs, decoded once and kept; no audio is written."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from utawaku.library.errors import MediaError
from utawaku.library.progress import Progress, silent
from utawaku.models.tagger.excerpts import excerpts
from utawaku.models.tagger.features import N_FRAMES, N_MELS, patch_of
from utawaku.models.training.feature_cache import kept_features

AT_ONCE = min(4, os.cpu_count() or 1)
"""Files decoded side by side: FFmpeg and NumPy leave Python's lock meanwhile."""
N_PIECES = 10
"""Pieces of 3 s kept of each song, spread over its length."""


@dataclass
class Spectrograms:
    """Pieces of the songs that could be read."""

    places: list[int] = field(default_factory=list)
    """Index of the path that each entry of `pieces` belongs to."""
    pieces: list[np.ndarray] = field(default_factory=list)
    """float16 (n_pieces, 187, 96) a song."""
    broken: dict[str, str] = field(default_factory=dict)
    """Files that cannot be read, and why."""


def read_spectrograms(
    paths: Sequence[Path], cache: Path, progress: Progress = silent
) -> Spectrograms:
    """Pieces of every file; from the cache where the file has not changed since.

    A few files are decoded at once. One that cannot be read is skipped and told, also from the
    cache.
    """
    cache.mkdir(parents=True, exist_ok=True)
    found = Spectrograms()

    def heard(path: Path) -> np.ndarray | str:
        try:
            return _cached(path, cache)
        except (MediaError, OSError) as error:
            return str(error)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for place, (path, pieces) in enumerate(zip(paths, pool.map(heard, paths), strict=True)):
            if isinstance(pieces, str):
                found.broken[str(path)] = pieces
                continue
            found.places.append(place)
            found.pieces.append(pieces)
            progress((place + 1) / len(paths), f"heard {place + 1} of {len(paths)}")
    return found


def pieces_of_file(path: Path) -> np.ndarray:
    """Pieces of a song: float16 (n_pieces, 187, 96).

    Raises:
        MediaError: the file is gone, cannot be decoded, or holds samples that are no numbers. That
            is checked here, as the pooling layers of ONNX Runtime can swallow a NaN and the
            network would answer with a score (``findings/onnxruntime-pools-swallow-nan.sh``).
    """
    pieces = np.stack([patch_of(piece) for piece in excerpts(path, N_PIECES)]).astype(np.float16)
    if not np.isfinite(pieces).all():
        raise MediaError(
            "the sound holds samples that are no finite numbers",
            subject=str(path),
            next_step="Cut the song again",
        )
    return pieces


def _cached(path: Path, cache: Path) -> np.ndarray:
    return kept_features(
        path,
        cache,
        pieces_of_file,
        fits=lambda kept: kept.ndim == 3 and kept.shape[1:] == (N_FRAMES, N_MELS),
        variant=str(N_PIECES),
    )
