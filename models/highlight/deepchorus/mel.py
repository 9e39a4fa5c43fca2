"""The mel spectrogram that DeepChorus listens to, a chunk at a time.

22,050 Hz, frames of 2048 every 512, 128 bands from 20 to 5000 Hz on Slaney's scale, each of area
1, of magnitudes (not of power, no logarithm): what librosa makes with `power=1`.
"""

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft

from utawaku.models.highlight.deepchorus.architecture import N_MELS

Array = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 22_050
N_FFT = 2048
HOP = 512
FRAMES_PER_S = SAMPLE_RATE_HZ / HOP
_LOWEST_HZ, _HIGHEST_HZ = 20.0, 5_000.0
_AT_ONCE = 512


class MelStream:
    """Takes float32 (n_samples,) again and again and gives frames as they are complete."""

    def __init__(self) -> None:
        self._window = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
        self._filters = mel_filters()
        # Frames are centred: the first one lies half before the song.
        self._rest = np.zeros(N_FFT // 2, np.float32)

    def add(self, samples: Array) -> Array:
        """Frames that are complete: float32 (n_frames, 128)."""
        self._rest = np.concatenate([self._rest, np.nan_to_num(samples)])
        if len(self._rest) < N_FFT:
            return np.zeros((0, N_MELS), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(self._rest, N_FFT)[::HOP]
        made = [
            (np.abs(rfft(frames[at : at + _AT_ONCE] * self._window, axis=1)) @ self._filters)
            for at in range(0, len(frames), _AT_ONCE)
        ]
        self._rest = self._rest[len(frames) * HOP :]
        return np.concatenate(made).astype(np.float32)

    def end(self) -> Array:
        """The frames of the end, where silence follows."""
        return self.add(np.zeros(N_FFT // 2, np.float32))


def mel_of(samples: Array) -> Array:
    """All frames of float32 (n_samples,) at 22,050 Hz: float32 (1 + n_samples // 512, 128)."""
    stream = MelStream()
    return np.concatenate([stream.add(samples), stream.end()])


def mel_filters() -> Array:
    """Triangles on Slaney's scale, float32 (1025, 128): linear to 1 kHz, logarithmic above."""
    edges_hz = _to_hz(np.linspace(_to_mel(_LOWEST_HZ), _to_mel(_HIGHEST_HZ), N_MELS + 2))
    bins_hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE_HZ / N_FFT
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rise = (bins_hz[:, None] - low) / (centre - low)
    fall = (high - bins_hz[:, None]) / (high - centre)
    return (np.maximum(0, np.minimum(rise, fall)) * 2 / (high - low)).astype(np.float32)


def band_centres_hz() -> npt.NDArray[np.float64]:
    """Centre of each band: float64 (128,)."""
    return _to_hz(np.linspace(_to_mel(_LOWEST_HZ), _to_mel(_HIGHEST_HZ), N_MELS + 2))[1:-1]


_LOG_STEP = np.log(6.4) / 27


def _to_mel(hz: float) -> float:
    return hz * 3 / 200 if hz < 1000 else 15 + float(np.log(hz / 1000)) / _LOG_STEP


def _to_hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(_LOG_STEP * (mel - 15)))
