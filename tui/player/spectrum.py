"""The spectrum of what is heard, as levels of bands."""

import numpy as np

LOW_HZ, HIGH_HZ = 60.0, 14_000.0
FLOOR_DB = -66.0
"""Level that is drawn as nothing."""


def band_edges(n_bands: int) -> np.ndarray:
    """Return float64 (n_bands + 1,): edges in Hz, as far apart as musical intervals."""
    return np.geomspace(LOW_HZ, HIGH_HZ, n_bands + 1)


def band_levels(samples: np.ndarray, rate_hz: int, n_bands: int) -> np.ndarray:
    """Return float32 (n_bands,) in [0, 1]: the level of each band, 1 at full scale.

    Args:
        samples: float32 (n_samples,) in [-1, 1], the latest last.
        rate_hz: their rate.
        n_bands: bands from 60 Hz to 14 kHz.
    """
    n = len(samples)
    if n < 2 or n_bands < 1:
        return np.zeros(max(0, n_bands), np.float32)
    window = np.hanning(n)
    amplitude = np.abs(np.fft.rfft(samples * window)) * 2 / window.sum()
    places = band_edges(n_bands) * n / rate_hz
    first = np.clip(np.floor(places[:-1]).astype(int), 1, len(amplitude) - 1)
    last = np.clip(np.ceil(places[1:]).astype(int), first + 1, len(amplitude))
    peaks = np.array([amplitude[a:b].max() for a, b in zip(first, last, strict=True)])
    level_db = 20 * np.log10(np.maximum(peaks, 1e-9))
    levels: np.ndarray = np.clip(1 - level_db / FLOOR_DB, 0, 1).astype(np.float32)
    return levels
