"""Features beside the speech/music network: level, timbre, pitch, steadiness.

`SongListener` is fed the 16 kHz mono audio that the segmenter decodes anyway and keeps ten small
frames a second, so that a recording is read once and a re-cut with other rules needs no audio.
An hour costs about 1 CPU-second and 5 MB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.fft

Array = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000
HOP_S = 0.1
_HOP = 1_600
_WINDOW = 4_096
_BLOCK_FRAMES = 256
N_BANDS = 24
FIRST_SEMITONE = 48
"""MIDI number of the lowest pitch bin (C3, 130.8 Hz)."""
N_SEMITONES = 36
LEVELS_PER_HOP = 4
"""Level frames (25 ms) in one hop."""
SILENCE_DB = -120.0
"""The level of digital silence in every dB array."""


@dataclass(frozen=True)
class SongFeatures:
    """Frames of a recording, `HOP_S` apart; frame i describes the time around (i + 0.5) * HOP_S."""

    level_db: Array
    """(n_frames, LEVELS_PER_HOP) power of each 25 ms in dBFS."""
    bands_db: npt.NDArray[np.float16]
    """(n_frames, N_BANDS) power in mel-spaced bands, 60-7600 Hz, dB."""
    pitch_db: npt.NDArray[np.float16]
    """(n_frames, N_SEMITONES) power around each semitone from C3 up, dB."""
    flatness_db: npt.NDArray[np.float16]
    """(n_frames,) log mean minus mean log of the power in 200-3000 Hz: high where tones stand."""
    steadiness: npt.NDArray[np.float16]
    """(n_frames,) correlation in [-1, 1] of the log spectrum with the one 0.2 s before."""

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.level_db)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_frames * HOP_S

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Named arrays for an `.npz`; `from_arrays` reads them back.

        Each array is float32 or float16 and has a row for each hop (n_hops, ...).
        """
        return {f"song_{name}": np.asarray(getattr(self, name)) for name in _FIELDS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> SongFeatures | None:
        """The features that `to_arrays` wrote, or None where they are missing.

        Shapes and dtypes are those of the fields.
        """
        if any(f"song_{name}" not in arrays for name in _FIELDS):
            return None
        return cls(**{name: np.asarray(arrays[f"song_{name}"]) for name in _FIELDS})


_FIELDS = ("level_db", "bands_db", "pitch_db", "flatness_db", "steadiness")


def _triangles(edges_hz: npt.NDArray[np.float64]) -> Array:
    """Unit-sum triangular filters over FFT bins; (n_bins, len(edges_hz) - 2)."""
    bins_hz = np.arange(_WINDOW // 2 + 1) * (SAMPLE_RATE_HZ / _WINDOW)
    low, mid, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins_hz[:, None] - low) / (mid - low)
    falling = (high - bins_hz[:, None]) / (high - mid)
    weights = np.clip(np.minimum(rising, falling), 0, None)
    result: Array = (weights / np.maximum(weights.sum(axis=0), 1e-9)).astype(np.float32)
    return result


@lru_cache(maxsize=1)
def _filters() -> tuple[Array, Array]:
    """Window (_WINDOW,) and filters (n_bins, N_BANDS + N_SEMITONES)."""
    mel = np.linspace(1127 * np.log(1 + 60 / 700), 1127 * np.log(1 + 7600 / 700), N_BANDS + 2)
    semitones = FIRST_SEMITONE - 1 + np.arange(N_SEMITONES + 2)
    bands = _triangles(700 * (np.exp(mel / 1127) - 1))
    pitch = _triangles(440.0 * 2.0 ** ((semitones - 69) / 12))
    window = np.hanning(_WINDOW).astype(np.float32)
    window /= np.sqrt((window**2).sum() * _WINDOW / 2)
    return window, np.concatenate([bands, pitch], axis=1)


def _decibels(power: Array) -> Array:
    result: Array = np.maximum(10 * np.log10(power + 1e-12), SILENCE_DB).astype(np.float32)
    return result


class SongListener:
    """Turns 16 kHz mono chunks into `SongFeatures`. Not thread-safe; feed in order."""

    def __init__(self) -> None:
        self._pending: Array = np.zeros((_WINDOW - _HOP) // 2, np.float32)
        self._n_samples = 0
        self._last: Array = np.zeros((2, 0), np.float32)
        self._blocks: list[tuple[npt.NDArray[np.generic], ...]] = []

    def feed(self, chunk: Array) -> None:
        """Take the next samples, float32 in [-1, 1], shape (n_samples,), any length."""
        self._n_samples += len(chunk)
        self._pending = np.concatenate([self._pending, np.asarray(chunk, np.float32)])
        span = (_BLOCK_FRAMES - 1) * _HOP + _WINDOW
        while len(self._pending) >= span:
            self._take(_BLOCK_FRAMES)

    def finish(self) -> SongFeatures:
        """Pad the last frame with silence and return all frames."""
        n_done = sum(len(block[0]) for block in self._blocks)
        n_left = -(-self._n_samples // _HOP) - n_done
        if n_left > 0:
            missing = (n_left - 1) * _HOP + _WINDOW - len(self._pending)
            self._pending = np.pad(self._pending, (0, max(0, missing)))
            self._take(n_left)
        empty = (
            np.zeros((0, LEVELS_PER_HOP), np.float32),
            np.zeros((0, N_BANDS), np.float16),
            np.zeros((0, N_SEMITONES), np.float16),
            np.zeros(0, np.float16),
            np.zeros(0, np.float16),
        )
        joined = [np.concatenate(parts) for parts in zip(empty, *self._blocks, strict=True)]
        return SongFeatures(**dict(zip(_FIELDS, joined, strict=True)))

    def _take(self, n_frames: int) -> None:
        window, filters = _filters()
        frames = np.lib.stride_tricks.sliding_window_view(self._pending, _WINDOW)[::_HOP][:n_frames]
        middle = (_WINDOW - _HOP) // 2
        samples = frames[:, middle : middle + _HOP].reshape(n_frames, LEVELS_PER_HOP, -1)
        level = _decibels(np.mean(samples**2, axis=2))
        spectrum = scipy.fft.rfft(frames * window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        bank = _decibels(power @ filters)
        inner = power[:, 51:768] + np.float32(1e-12)  # 200-3000 Hz
        log_inner = 10 * np.log10(inner)
        flatness = 10 * np.log10(inner.mean(axis=1)) - log_inner.mean(axis=1)
        log_inner -= log_inner.mean(axis=1, keepdims=True)
        log_inner /= np.sqrt((log_inner**2).sum(axis=1, keepdims=True)) + np.float32(1e-6)
        if self._last.shape[1] == 0:
            self._last = log_inner[[0, 0]]
        before = np.concatenate([self._last, log_inner])[:n_frames]
        steadiness = (before * log_inner).sum(axis=1)
        self._last = np.concatenate([self._last, log_inner])[-2:]
        self._blocks.append(
            (
                level,
                bank[:, :N_BANDS].astype(np.float16),
                bank[:, N_BANDS:].astype(np.float16),
                flatness.astype(np.float16),
                steadiness.astype(np.float16),
            )
        )
        self._pending = self._pending[n_frames * _HOP :].copy()
