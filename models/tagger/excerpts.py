"""Short pieces of a song, spread over its length, without decoding the rest."""

import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.error import FFmpegError

from utawaku.library.errors import TruncatedMediaError
from utawaku.media.decode import decode
from utawaku.media.probe import open_media, probe
from utawaku.models.tagger.features import PATCH_SAMPLES, SAMPLE_RATE_HZ

_log = logging.getLogger(__name__)

_PATCH_S = PATCH_SAMPLES / SAMPLE_RATE_HZ
_RUN_UP_S = 0.1
"""Decoded and thrown away after a jump: codecs need a run-up."""
_SPARE_S = 0.5
"""Left out at the end of a long span: where a jump lands late the last piece is whole too."""
_DENSE = 2.0
"""Spans shorter than this many times the pieces wanted are decoded whole."""


def excerpts(path: Path, n: int, start_s: float = 0.0, stop_s: float | None = None) -> np.ndarray:
    """Up to `n` pieces of 3.008 s, evenly spread: float32 (n_pieces, 48128) at 16 kHz, mono.

    Where a jump lands is as exact as the container allows; for what a song sounds like that is
    enough. A span shorter than a piece is repeated until it fills one.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: nothing can be decoded.
    """
    info = probe(path)
    stop_s = min(stop_s or info.duration_s, info.duration_s or stop_s or 0.0)
    length_s = stop_s - start_s
    if _is_long(length_s, n) and not info.parts:
        starts = start_s + np.linspace(0, length_s - _PATCH_S - _SPARE_S, n)
        try:
            pieces = _jumped_to(path, starts)
        except FFmpegError as error:
            _log.info("%s: cannot be jumped in (%s); it is decoded whole", path, error)
            pieces = []
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


def _jumped_to(path: Path, starts_s: np.ndarray) -> list[np.ndarray]:
    pieces = []
    with open_media(path) as container:
        for start_s in starts_s:
            piece = _piece(container, float(start_s))
            if piece is not None:
                pieces.append(piece)
    return pieces


def _piece(container: InputContainer, start_s: float) -> np.ndarray | None:
    """One piece from about `start_s`; None where the sound ends before it is full."""
    stream = container.streams.audio[0]
    time_base = stream.time_base or Fraction(1, SAMPLE_RATE_HZ)
    origin = stream.start_time or 0
    target = max(0, int((start_s - _RUN_UP_S) / time_base)) + origin
    container.seek(target, stream=stream)
    resampler = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    begin = int(start_s / time_base) + origin
    n_have = 0
    parts: list[np.ndarray] = []
    for frame in container.decode(stream):
        if frame.pts is not None and frame.pts < begin:
            continue
        frame.pts = None
        for made in resampler.resample(frame):
            part = made.to_ndarray().reshape(-1)
            parts.append(part)
            n_have += part.size
        if n_have >= PATCH_SAMPLES:
            return np.concatenate(parts)[:PATCH_SAMPLES].astype(np.float32)
    return None
