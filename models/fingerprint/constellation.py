"""Spectral peaks on a logarithmic frequency axis: what is left of a song under voice and noise.

On this axis a transposition moves every peak by the same number of bins, and a change of tempo
scales their times, so one set of peaks serves every key and tempo (after Wang 2003, whose axis was
linear). The level does not matter: peaks are chosen by how far they stand out around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from utawaku.library.errors import FingerprintError

SAMPLE_RATE_HZ = 16_000
HOP = 512
FRAME_S = HOP / SAMPLE_RATE_HZ
BINS_PER_SEMITONE = 3
N_BINS = 162
"""Four and a half octaves from `LOWEST_HZ` on: up to about 4.1 kHz."""

LOWEST_HZ = 180.0
PEAKS_PER_S = 30.0

_N_FFT = 4096
_BLOCK = 64
_REACH_FRAMES, _REACH_BINS = 4, 4
_SILENCE_DB = -70.0


@dataclass(frozen=True)
class Constellation:
    """The peaks of a recording, by time and then frequency."""

    frame: NDArray[np.uint16]
    """(n_peaks,), in units of `FRAME_S`."""
    bin: NDArray[np.uint8]
    """(n_peaks,), thirds of a semitone above `LOWEST_HZ`."""
    strength: NDArray[np.uint8]
    """(n_peaks,), decibels above the surroundings."""
    n_frames: int

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def duration_s(self) -> float:
        """Length of the recording, in whole frames."""
        return self.n_frames * FRAME_S

    def to_bytes(self) -> bytes:
        """Four bytes a peak after the frame count, little endian."""
        rows = np.empty(len(self), dtype=_ROW)
        rows["frame"], rows["bin"], rows["strength"] = self.frame, self.bin, self.strength
        return int(self.n_frames).to_bytes(4, "little") + rows.tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> Constellation:
        """Inverse of `to_bytes`. Raises FingerprintError for another length."""
        if len(data) < 4 or (len(data) - 4) % _ROW.itemsize:
            raise FingerprintError("stored peaks are damaged", next_step="Add the recording again")
        rows = np.frombuffer(data, dtype=_ROW, offset=4)
        return Constellation(
            rows["frame"], rows["bin"], rows["strength"], int.from_bytes(data[:4], "little")
        )


_ROW = np.dtype([("frame", "<u2"), ("bin", "u1"), ("strength", "u1")])


def find_constellation(audio: NDArray[np.float32]) -> Constellation:
    """Peaks of `audio`, float32 (n_samples,) at 16 kHz, at most `PEAKS_PER_S` on average.

    Raises FingerprintError for another shape or more than 34 minutes.
    """
    return peaks_of_spectrogram(log_spectrogram(audio))


def log_spectrogram(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level in dB, float32 (n_frames, N_BINS); frame `i` is centred at `(i + 0.5) * FRAME_S`.

    Raises FingerprintError for another shape or more than 34 minutes.
    """
    if audio.ndim != 1:
        raise FingerprintError(f"expected mono audio, got shape {audio.shape}")
    if len(audio) // HOP >= 1 << 16:
        raise FingerprintError("longer than 34 minutes", next_step="Cut the recording into songs")
    n_frames = len(audio) // HOP
    if n_frames == 0:
        return np.zeros((0, N_BINS), dtype=np.float32)
    before = (_N_FFT - HOP) // 2
    padded = np.pad(audio.astype(np.float32, copy=False), (before, _N_FFT))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::HOP][:n_frames]
    window = np.hanning(_N_FFT + 1)[:-1].astype(np.float32) * np.float32(2 / _N_FFT)
    low, high, weight = _axis()
    used = slice(int(low[0]), int(high[-1]) + 1)
    low, high = low - used.start, high - used.start
    level = np.empty((n_frames, N_BINS), dtype=np.float32)
    for first in range(0, n_frames, _BLOCK):
        # SciPy transforms several frames at once.
        spectrum = rfft(frames[first : first + _BLOCK] * window, axis=1)[:, used]
        decibel = 10 * np.log10(np.abs(spectrum) ** 2 + 1e-12)
        # Interpolated in dB: a partial between two FFT bins keeps its place to a third of a bin.
        mixed = decibel[:, low] * (1 - weight) + decibel[:, high] * weight
        level[first : first + _BLOCK] = mixed
    return level


def _axis() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    hz = LOWEST_HZ * 2 ** (np.arange(N_BINS) / (12 * BINS_PER_SEMITONE))
    place = hz * _N_FFT / SAMPLE_RATE_HZ
    low = np.floor(place).astype(np.int64)
    return low, low + 1, place - low


def peaks_of_spectrogram(level: NDArray[np.float32]) -> Constellation:
    """Peaks of a log spectrogram, float32 (n_frames, N_BINS)."""
    from scipy import ndimage

    if len(level) == 0:
        return Constellation(
            np.zeros(0, np.uint16), np.zeros(0, np.uint8), np.zeros(0, np.uint8), 0
        )
    reach = (2 * _REACH_FRAMES + 1, 2 * _REACH_BINS + 1)
    summit = (level >= ndimage.maximum_filter(level, reach)) & (level > _SILENCE_DB)
    around = ndimage.uniform_filter(level, (63, 31), mode="nearest")
    frame, column = np.nonzero(summit)
    standing = level[frame, column] - around[frame, column]
    keep = _strongest(frame, standing, len(level))
    frame, column, standing = frame[keep], column[keep], standing[keep]
    return Constellation(
        frame.astype(np.uint16),
        column.astype(np.uint8),
        np.clip(np.rint(standing), 0, 255).astype(np.uint8),
        len(level),
    )


def _strongest(
    frame: NDArray[np.int64], standing: NDArray[np.float32], n_frames: int
) -> NDArray[np.bool_]:
    """The strongest peaks of every second, so that quiet parts are described as well as loud."""
    window = round(1 / FRAME_S)
    quota = round(PEAKS_PER_S * window * FRAME_S)
    keep = np.zeros(len(frame), dtype=bool)
    edges = np.searchsorted(frame, np.arange(0, n_frames + window, window))
    for first, last in pairwise(edges.tolist()):
        order = np.argsort(-standing[first:last], kind="stable")[:quota]
        keep[first + order] = True
    keep &= standing > 3.0
    return keep
