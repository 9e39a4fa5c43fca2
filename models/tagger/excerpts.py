"""Short pieces of a song, spread over its length, without decoding the rest."""

from pathlib import Path

import numpy as np

from utawaku.library.errors import TruncatedMediaError
from utawaku.media.decode import decode, load
from utawaku.media.probe import probe
from utawaku.models.tagger.features import PATCH_SAMPLES, SAMPLE_RATE_HZ

_PATCH_S = PATCH_SAMPLES / SAMPLE_RATE_HZ
_SPARE_S = 0.5
"""Left out at the end of a long span: where a jump lands late the last piece is whole too."""
_DENSE = 2.0
"""Spans shorter than this many times the pieces wanted are decoded whole."""


def excerpts(path: Path, n: int, start_s: float = 0.0, stop_s: float | None = None) -> np.ndarray:
    """Up to `n` pieces of 3.008 s, evenly spread: float32 (n_pieces, 48128) at 16 kHz, mono.

    A span shorter than a piece is repeated until it fills one.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: nothing can be decoded.
    """
    info = probe(path)
    stop_s = min(stop_s or info.duration_s, info.duration_s or stop_s or 0.0)
    length_s = stop_s - start_s
    if _is_long(length_s, n) and not info.parts:
        starts = start_s + np.linspace(0, length_s - _PATCH_S - _SPARE_S, n)
        spans = [
            load(
                path,
                sample_rate_hz=SAMPLE_RATE_HZ,
                n_channels=1,
                start_s=float(at_s),
                stop_s=float(at_s) + _PATCH_S,
            )[0][:PATCH_SAMPLES]
            for at_s in starts
        ]
        pieces = [span for span in spans if span.size == PATCH_SAMPLES]
        if 2 * len(pieces) >= n:
            return np.stack(pieces)
    return _of_whole(path, n, start_s, stop_s if stop_s > start_s else None)


def pieces_of(samples: np.ndarray, n: int) -> np.ndarray:
    """The same out of float32 (n_samples,) mono at 16 kHz, at least one sample."""
    if samples.size <= PATCH_SAMPLES:
        return np.resize(samples, (1, PATCH_SAMPLES))
    n_fitting = min(n, max(1, samples.size // PATCH_SAMPLES))
    spare = _SPARE_S if _is_long(samples.size / SAMPLE_RATE_HZ, n) else 0.0
    last = samples.size - PATCH_SAMPLES - round(spare * SAMPLE_RATE_HZ)
    starts = np.linspace(0, last, n_fitting).astype(int)
    return np.stack([samples[at : at + PATCH_SAMPLES] for at in starts])


def _is_long(length_s: float, n: int) -> bool:
    return length_s > _DENSE * n * _PATCH_S


def _of_whole(path: Path, n: int, start_s: float, stop_s: float | None) -> np.ndarray:
    reader = decode(
        path, sample_rate_hz=SAMPLE_RATE_HZ, n_channels=1, start_s=start_s, stop_s=stop_s
    )
    chunks = list(reader)
    samples = np.concatenate(chunks) if chunks else np.zeros(0, np.float32)
    if not samples.size:
        raise TruncatedMediaError("the song has no sound", subject=str(path))
    return pieces_of(samples, n)
