"""Audio moved in pitch or stretched in time, without a file in between.

A phase vocoder with identity phase locking (Laroche and Dolson 1999): between two frames each
spectral peak's phase is advanced by its own frequency, and the bins around it keep their phase
relative to the peak, which avoids the reverberant sound of the plain vocoder.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_N_FFT = 2048
_HOP = 512


def time_stretch(audio: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Make `audio`, (n_samples,), `factor` times as long at the same pitch.

    Both are float32.
    """
    if factor <= 0:
        raise ValueError(f"stretch factor must be positive, got {factor}")
    if abs(factor - 1) < 1e-6 or len(audio) == 0:
        return audio.copy()
    window = np.hanning(_N_FFT + 1)[:-1].astype(np.float32)
    padded = np.pad(audio.astype(np.float32, copy=False), (_N_FFT // 2, _N_FFT + _HOP))
    n_out = max(round(len(audio) * factor), 1)
    n_frames = n_out // _HOP + 2
    # Where in the input each output frame stands, and the frame one hop before it.
    places = np.minimum(
        np.round(np.arange(n_frames) * _HOP / factor).astype(np.int64), len(padded) - _N_FFT
    )
    here = _spectra(padded, places, window)
    before = _spectra(padded, np.maximum(places - _HOP, 0), window)
    magnitude = np.abs(here)
    turned = _advance(here, before, magnitude)
    out = np.zeros(n_frames * _HOP + _N_FFT, dtype=np.float32)
    weight = np.full(len(out), 1e-6, dtype=np.float32)
    frames = np.fft.irfft(turned, n=_N_FFT, axis=1).astype(np.float32) * window
    squared = window**2
    for index in range(n_frames):
        span = slice(index * _HOP, index * _HOP + _N_FFT)
        out[span] += frames[index]
        weight[span] += squared
    half = _N_FFT // 2
    return (out / np.maximum(weight, np.float32(0.1)))[half : half + n_out].astype(np.float32)


def pitch_shift(
    audio: NDArray[np.float32], semitones: float, sample_rate_hz: int
) -> NDArray[np.float32]:
    """Move `audio`, (n_samples,), by `semitones` at the same length.

    Both are float32.
    """
    if abs(semitones) < 1e-6:
        return audio.copy()
    import soxr

    ratio = 2.0 ** (semitones / 12)
    stretched = time_stretch(audio, ratio)
    moved = soxr.resample(stretched, sample_rate_hz * ratio, sample_rate_hz)
    if len(moved) < len(audio):
        moved = np.pad(moved, (0, len(audio) - len(moved)))
    return np.asarray(moved[: len(audio)], dtype=np.float32)


def _spectra(
    padded: NDArray[np.float32], places: NDArray[np.int64], window: NDArray[np.float32]
) -> NDArray[np.complex128]:
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[places]
    return np.fft.rfft(frames * window, axis=1)


def _advance(
    here: NDArray[np.complex128],
    before: NDArray[np.complex128],
    magnitude: NDArray[np.float64],
) -> NDArray[np.complex128]:
    """Spectra with the phases that a continuous output needs, (n_frames, n_bins)."""
    turned = np.empty_like(here)
    turned[0] = here[0]
    phase = np.angle(here)
    step = phase - np.angle(before)
    accumulated = phase[0]
    for index in range(1, len(here)):
        owner = _owners(magnitude[index])
        # A peak goes on from where its own bin was in the last output frame.
        rotation = (accumulated + step[index] - phase[index])[owner]
        accumulated = phase[index] + rotation
        turned[index] = magnitude[index] * np.exp(1j * accumulated)
    return turned


def _owners(magnitude: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each bin, the nearest spectral peak (a bin above its two neighbours on either side)."""
    m = magnitude
    inner = (m[2:-2] > m[1:-3]) & (m[2:-2] > m[:-4]) & (m[2:-2] >= m[3:-1]) & (m[2:-2] >= m[4:])
    peaks = np.flatnonzero(inner) + 2
    bins = np.arange(len(m))
    if len(peaks) == 0:
        return bins
    borders = (peaks[1:] + peaks[:-1] + 1) // 2
    return peaks[np.searchsorted(borders, bins, side="right")]
