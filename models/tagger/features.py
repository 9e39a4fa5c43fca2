"""The log-mel spectrogram that musicnn was trained on.

Power spectrogram of 512-point periodic Hann frames every 256 samples at 16 kHz, 96 mel bands up to
8 kHz (Slaney's scale, bands of equal area), log10(1 + 10000 x). Upstream rounds the mel energies
to float16, which overflows on loud audio; here they stay float32.
"""

from functools import cache

import numpy as np
from scipy.fft import rfft

SAMPLE_RATE_HZ = 16_000
N_FFT = 512
HOP = 256
N_MELS = 96
N_FRAMES = 187
"""Frames of a patch: 3 s."""
PATCH_SAMPLES = (N_FRAMES - 1) * HOP + N_FFT
"""Samples that a patch needs: 3.008 s."""

_LINEAR_HZ_PER_MEL = 200 / 3
_LOG_FROM_HZ = 1000.0
_LOG_FROM_MEL = _LOG_FROM_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


def patch_of(samples: np.ndarray) -> np.ndarray:
    """One patch, float32 (187, 96), of float32 (48128,) samples at 16 kHz.

    Raises:
        ValueError: another number of samples.
    """
    if samples.shape != (PATCH_SAMPLES,):
        raise ValueError(f"a patch takes {PATCH_SAMPLES} samples, not {samples.shape}")
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
    # SciPy's transform stays in single precision.
    spectrum = rfft(np.asarray(frames * _window(), np.float32), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    result: np.ndarray = np.log10(1 + 10_000 * (power @ mel_bands())).astype(np.float32)
    return result


@cache
def _window() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


@cache
def mel_bands() -> np.ndarray:
    """Weights of the FFT bins in each band: float32 (257, 96)."""
    edges = _hz_of(np.linspace(0, _mel_of(SAMPLE_RATE_HZ / 2), N_MELS + 2))
    bins = np.linspace(0, SAMPLE_RATE_HZ / 2, N_FFT // 2 + 1)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - low) / (middle - low)
    falling = (high - bins) / (high - middle)
    bands = np.maximum(0, np.minimum(rising, falling)) * (2 / (high - low))
    result: np.ndarray = bands.astype(np.float32)
    return result


def _mel_of(hz: float) -> float:
    """Slaney's scale: linear up to 1 kHz, logarithmic above."""
    if hz < _LOG_FROM_HZ:
        return hz / _LINEAR_HZ_PER_MEL
    return float(_LOG_FROM_MEL + np.log(hz / _LOG_FROM_HZ) / _LOG_STEP)


def _hz_of(mel: np.ndarray) -> np.ndarray:
    logarithmic = _LOG_FROM_HZ * np.exp(_LOG_STEP * (mel - _LOG_FROM_MEL))
    return np.where(mel < _LOG_FROM_MEL, mel * _LINEAR_HZ_PER_MEL, logarithmic)
