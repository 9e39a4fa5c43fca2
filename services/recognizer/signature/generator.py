"""Shazam signatures of PCM, vectorised.

Reproduces ShazamAPI 0.0.2 byte for byte on the same samples. The original keeps ring buffers and
visits every frame and bin in Python; here whole blocks of frames are transformed at once, and the
peak test runs dense only where it is cheap (two comparisons throw out nearly all cells), then
sparse on what is left.

Notation: frame `t` ends at sample `(t + 1) * 128`; P is power, F is P spread over frequency,
S is F spread over time, `k = t - 45` is the frame in which a peak is recognised at frame `t`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from utawaku.library.errors import SignatureError
from utawaku.services.recognizer.signature.codec import HZ_PER_BIN64, Peaks, Signature

SAMPLE_RATE_HZ = 16_000
HOP = 128
WINDOW = 2048
MAX_WINDOW_S = 15.0
"""Shazam answers no match to anything this long or longer."""

MIN_PEAKS = 255
_DELAY = 45
"""A peak is recognised this many frames after its own."""

# A peak is moved by at most half a bin, so only these can fall within 250..5500 Hz.
_LOW_BIN, _HIGH_BIN = 31, 706
_N_COLUMNS = _HIGH_BIN + 10
_FREQUENCY_NEIGHBOURS = (-10, -7, -4, -3, 1, 2, 5, 8)
_TIME_NEIGHBOURS = (-7, 1, 4, -10, 11, -17, 18, -24, 25, -31, 32, -38, 39, -45)
_FLOOR = 1 / 64
_BLOCK_FRAMES = 128
_PAD_BEFORE, _PAD_AFTER = 48, 7


@lru_cache(maxsize=1)
def _hann() -> NDArray[np.float64]:
    return np.hanning(WINDOW + 2)[1:-1]


def pcm_from_audio(audio: NDArray[np.float32]) -> NDArray[np.int16]:
    """Turn float audio in [-1, 1], (n_samples,) at 16 kHz, into the 16-bit samples Shazam takes."""
    scaled = np.rint(np.asarray(audio, dtype=np.float64) * 32768.0)
    return np.clip(scaled, -32768, 32767).astype(np.int16)


def signature_of(pcm: NDArray[np.int16]) -> Signature:
    """The signature of one whole excerpt, int16 (n_samples,) mono at 16 kHz.

    A last chunk of fewer than 128 samples is left out, as in the original. Raises SignatureError
    for an excerpt of 15 s or more (the service never matches those) or another dtype or shape.
    """
    pcm = _validate_pcm(pcm)
    n_frames = len(pcm) // HOP
    if n_frames * HOP >= MAX_WINDOW_S * SAMPLE_RATE_HZ:
        raise SignatureError(
            f"{len(pcm) / SAMPLE_RATE_HZ:.1f} s are too long for one signature",
            next_step=f"Cut windows under {MAX_WINDOW_S:g} s",
        )
    return Signature(n_frames * HOP, _find_peaks(pcm, n_frames))


def iter_signatures(
    pcm: NDArray[np.int16], *, limit_s: float = 8.0, min_peaks: int = MIN_PEAKS
) -> Iterator[tuple[int, Signature]]:
    """Walk `pcm`, int16 (n_samples,) at 16 kHz, as ShazamAPI does: `(stop_sample, signature)`.

    A signature ends once it is `limit_s` long and has `min_peaks` peaks, or at the end of the
    audio; each starts with empty buffers. Sparse audio therefore makes long signatures.
    """
    pcm = _validate_pcm(pcm)
    limit_frames = _frames_to_reach(limit_s)
    start = 0
    while len(pcm) - start >= HOP:
        available = (len(pcm) - start) // HOP
        n_frames = min(limit_frames, available)
        while True:
            peaks = _find_peaks(pcm[start:], n_frames)
            if len(peaks) >= min_peaks or n_frames == available:
                break
            n_frames = min(n_frames * 2, available)
        if len(peaks) >= min_peaks:
            # The frame in which the last needed peak is recognised ends the signature.
            needed = int(peaks.frame[min_peaks - 1]) + _DELAY + 1 if min_peaks else 0
            n_frames = min(max(limit_frames, needed), available)
            peaks = peaks.head(int(np.searchsorted(peaks.frame, n_frames - _DELAY)))
        start += n_frames * HOP
        yield start, Signature(n_frames * HOP, peaks)


def _frames_to_reach(limit_s: float) -> int:
    """The number of frames after which the original sees its limit reached, by its own division."""
    n_frames = max(int(limit_s * SAMPLE_RATE_HZ / HOP) - 1, 0)
    while n_frames * HOP / SAMPLE_RATE_HZ < limit_s:
        n_frames += 1
    return n_frames


def _validate_pcm(pcm: NDArray[np.int16]) -> NDArray[np.int16]:
    if pcm.ndim != 1 or pcm.dtype != np.int16:
        raise SignatureError(f"expected mono int16 samples, got {pcm.dtype} of shape {pcm.shape}")
    return pcm


def _power(pcm: NDArray[np.int16], n_frames: int) -> NDArray[np.float64]:
    """Power of each frame, (n_frames, _N_COLUMNS), floored at 1e-10."""
    padded = np.zeros(WINDOW - HOP + n_frames * HOP)
    padded[WINDOW - HOP :] = pcm[: n_frames * HOP]
    frames = sliding_window_view(padded, WINDOW)[::HOP]
    power = np.empty((n_frames, _N_COLUMNS))
    window = _hann()
    for first in range(0, n_frames, _BLOCK_FRAMES):
        # Small blocks stay in the processor's cache.
        spectrum = np.fft.rfft(frames[first : first + _BLOCK_FRAMES] * window)[:, :_N_COLUMNS]
        block = power[first : first + _BLOCK_FRAMES]
        np.square(spectrum.real, out=block)
        block += np.square(spectrum.imag)
        block /= 1 << 17
        np.maximum(block, 1e-10, out=block)
    return power


def _spread(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Maximum over 3 bins and the 7 frames from each on, with `_PAD_BEFORE` rows in front."""
    n_frames, n_columns = power.shape
    spread = np.zeros((_PAD_BEFORE + n_frames + _PAD_AFTER, n_columns))
    here = spread[_PAD_BEFORE : _PAD_BEFORE + n_frames]
    np.maximum(power[:, :-2], power[:, 1:-1], out=here[:, :-2])
    np.maximum(here[:, :-2], power[:, 2:], out=here[:, :-2])
    # Rows ahead are still unspread when a row takes its maximum over them, so in place is safe.
    for step in (1, 2, 3):
        np.maximum(spread[:-step], spread[step:], out=spread[:-step])
    return spread


def _find_peaks(pcm: NDArray[np.int16], n_frames: int) -> Peaks:
    """All peaks recognised within the first `n_frames` frames of `pcm`."""
    n_candidates = n_frames - _DELAY
    if n_candidates <= 0:
        empty = np.zeros(0, dtype=np.int64)
        return Peaks(empty, empty, empty, empty)
    power = _power(pcm, n_frames)
    spread = _spread(power)
    frame, column = _recognise(power, spread, n_candidates)
    return _describe(power, frame, column)


def _recognise(
    power: NDArray[np.float64], spread: NDArray[np.float64], n_candidates: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frames and bins of the peaks, in the order in which the original finds them."""
    cells = power[:n_candidates, _LOW_BIN:_HIGH_BIN]
    row = _PAD_BEFORE - 3
    before = spread[row : row + n_candidates]
    mask = cells > before[:, _LOW_BIN + 1 : _HIGH_BIN + 1]
    mask &= cells >= before[:, _LOW_BIN - 1 : _HIGH_BIN - 1]
    frame, column = np.nonzero(mask)
    column = column + _LOW_BIN
    value = power[frame, column]
    flat = spread.ravel()
    stride = spread.shape[1]
    base = (frame + _PAD_BEFORE) * stride + column

    def narrow(keep: NDArray[np.bool_]) -> None:
        nonlocal frame, column, value, base
        frame, column, value, base = frame[keep], column[keep], value[keep], base[keep]

    narrow(value >= _FLOOR)
    for offset in _FREQUENCY_NEIGHBOURS:
        narrow(value > flat[base - 3 * stride + offset])
    for offset in _TIME_NEIGHBOURS:
        narrow(value > flat[base + offset * stride - 1])
    return frame, column


def _describe(
    power: NDArray[np.float64], frame: NDArray[np.int64], column: NDArray[np.int64]
) -> Peaks:
    """Magnitude, interpolated frequency and band of each peak, without those out of range."""

    def magnitude_at(offset: int) -> NDArray[np.float64]:
        return np.log(np.maximum(_FLOOR, power[frame, column + offset])) * 1477.3 + 6144

    magnitude, before, after = magnitude_at(0), magnitude_at(-1), magnitude_at(1)
    curvature = magnitude * 2 - before - after
    # A flat top exactly at the floor has no curvature (the original stops there): not a peak.
    curvature[curvature <= 0] = np.inf
    exact_bin = column * 64 + (after - before) * 32 / curvature
    hz = exact_bin * HZ_PER_BIN64
    keep = (hz >= 250) & (hz <= 5500) & np.isfinite(curvature)
    band = np.searchsorted([520.0, 1450.0, 3500.0], hz[keep], side="right")
    return Peaks(
        frame[keep],
        magnitude[keep].astype(np.int64),
        exact_bin[keep].astype(np.int64),
        band.astype(np.int64),
    )
