"""One cheap pass over a song: mel bands, onsets and pitch classes.

Everything about tempo, key and highlights is worked out from what this pass leaves: a few hundred
numbers a second, in memory that grows by 7 KB a second of audio.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.fft import rfft
from scipy.sparse import csr_array

from utawaku.library.errors import NoAudioError
from utawaku.library.progress import Progress, silent
from utawaku.media.decode import decode

Array = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 11_025
HOP = 128
"""Samples between frames: 86 frames a second."""
FRAME_RATE_HZ = SAMPLE_RATE_HZ / HOP
N_FFT = 512
N_BANDS = 40
LOWEST_HZ, HIGHEST_HZ = 30.0, 5_500.0
_BLOCK_FRAMES = 256
"""Frames worked on at once: what they take stays in the processor's cache."""
_BLOCK_PITCH_FRAMES = 64
N_PITCH_FFT = 4096
PITCH_HOP = 2048
PITCH_RATE_HZ = SAMPLE_RATE_HZ / PITCH_HOP
_LOWEST_MIDI, _HIGHEST_MIDI = 40, 88
_COMPRESSION = 1_000.0
_PARTS = 3
"""Bins of pitch classes a semitone, so that a recording's tuning can be found."""


@dataclass(frozen=True)
class Heard:
    """The result of the pass over a song."""

    bands: Array
    """float32 (n_frames, 40): compressed mel energies log(1 + 1000 m), 86 frames a second."""
    chroma: Array
    """float32 (n_pitch_frames, 36): energy of each third of a semitone above C, folded."""
    n_samples: int
    """At 11,025 Hz."""

    @property
    def duration_s(self) -> float:
        """Length of the song."""
        return self.n_samples / SAMPLE_RATE_HZ

    @cached_property
    def onsets(self) -> Array:
        """float32 (n_frames,): how much new sound starts in each frame, free of slow trends."""
        if len(self.bands) < 2:
            return np.zeros(len(self.bands), np.float32)
        rise = np.einsum("ij->i", np.maximum(0, self.bands[1:] - self.bands[:-1]))
        rise = rise / self.bands.shape[1]
        rise = np.concatenate([[0], rise]).astype(np.float32)
        n_around = round(FRAME_RATE_HZ)
        total = np.cumsum(np.concatenate([[0], rise.astype(np.float64)]))
        index = np.arange(len(rise))
        low = np.maximum(0, index - n_around // 2)
        high = np.minimum(len(rise), index + n_around // 2 + 1)
        around = (total[high] - total[low]) / (high - low)
        result: Array = np.maximum(0, rise - around).astype(np.float32)
        return result


class Listener:
    """Takes a song in chunks of 11,025 Hz mono. Without pitch the key cannot be told."""

    def __init__(self, *, with_pitch: bool = True) -> None:
        self._with_pitch = with_pitch
        self._window = np.hanning(N_FFT + 1)[:-1].astype(np.float32)
        self._pitch_window = np.hanning(N_PITCH_FFT + 1)[:-1].astype(np.float32)
        # Sparse: a bin is in two bands at most, and BLAS would have threads wait for one another
        # over products as small as these, which costs most on a busy machine.
        self._mel = csr_array(mel_filters(SAMPLE_RATE_HZ, N_FFT, N_BANDS, LOWEST_HZ, HIGHEST_HZ).T)
        self._classes = _pitch_filters()
        self._rest = np.zeros(N_FFT // 2, np.float32)
        self._pitch_rest = np.zeros(N_PITCH_FFT // 2, np.float32)
        self._bands: list[Array] = []
        self._chroma: list[Array] = []
        self.n_samples = 0

    def add(self, samples: Array) -> None:
        """Take float32 (n_samples,)."""
        self.n_samples += len(samples)
        self._feed(np.nan_to_num(samples))

    def _feed(self, samples: Array) -> None:
        self._rest = np.concatenate([self._rest, samples])
        if len(self._rest) >= N_FFT:
            frames = np.lib.stride_tricks.sliding_window_view(self._rest, N_FFT)[::HOP]
            self._rest = self._rest[len(frames) * HOP :]
            for at in range(0, len(frames), _BLOCK_FRAMES):
                spectrum = rfft(frames[at : at + _BLOCK_FRAMES] * self._window, axis=1)
                magnitude = np.abs(spectrum) * np.float32(2 / N_FFT)
                self._bands.append(np.log1p(_COMPRESSION * (self._mel @ magnitude.T).T))
        if not self._with_pitch:
            return
        self._pitch_rest = np.concatenate([self._pitch_rest, samples])
        if len(self._pitch_rest) >= N_PITCH_FFT:
            frames = np.lib.stride_tricks.sliding_window_view(self._pitch_rest, N_PITCH_FFT)
            frames = frames[::PITCH_HOP]
            self._pitch_rest = self._pitch_rest[len(frames) * PITCH_HOP :]
            for at in range(0, len(frames), _BLOCK_PITCH_FRAMES):
                spectrum = rfft(frames[at : at + _BLOCK_PITCH_FRAMES] * self._pitch_window, axis=1)
                magnitude = np.abs(spectrum) * np.float32(2 / N_PITCH_FFT)
                self._chroma.append(np.sqrt(magnitude) @ self._classes)

    def result(self) -> Heard:
        """Return what was heard; zeros are put behind so that every sample lies in a frame."""
        self._feed(np.zeros(N_FFT // 2, np.float32))
        bands = np.concatenate(self._bands) if self._bands else np.zeros((0, N_BANDS), np.float32)
        chroma = (
            np.concatenate(self._chroma) if self._chroma else np.zeros((0, 12 * _PARTS), np.float32)
        )
        return Heard(bands.astype(np.float32), chroma.astype(np.float32), self.n_samples)


def listen(samples: Array, *, with_pitch: bool = True) -> Heard:
    """Listen to float32 (n_samples,) at 11,025 Hz."""
    listener = Listener(with_pitch=with_pitch)
    listener.add(samples)
    return listener.result()


def listen_file(
    path: Path,
    *,
    start_s: float = 0.0,
    stop_s: float | None = None,
    progress: Progress = silent,
) -> Heard:
    """Listen to a media file, or a span of it.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`; NoAudioError
            also where the track is there and empty.
    """
    listener = Listener()
    for chunk in decode(
        path,
        sample_rate_hz=SAMPLE_RATE_HZ,
        n_channels=1,
        start_s=start_s,
        stop_s=stop_s,
        progress=progress,
    ):
        listener.add(chunk)
    heard = listener.result()
    if not heard.n_samples:
        raise NoAudioError("there is no sound in it", subject=str(path))
    return heard


def mel_filters(
    sample_rate_hz: int, n_fft: int, n_bands: int, lowest_hz: float, highest_hz: float
) -> Array:
    """Triangles of area 1, evenly spaced on the HTK mel scale: float32 (n_fft // 2 + 1, n_bands).

    A band narrower than the bins takes the bin nearest to its centre.
    """
    mels = np.linspace(_mel(lowest_hz), _mel(highest_hz), n_bands + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    bins = np.arange(n_fft // 2 + 1)[:, None] * sample_rate_hz / n_fft
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    weights = np.maximum(0, np.minimum(rising, falling))
    nearest = np.rint(centre * n_fft / sample_rate_hz).astype(int)
    empty = weights.sum(axis=0) == 0
    weights[nearest[empty], np.flatnonzero(empty)] = 1
    result: Array = (weights / weights.sum(axis=0)).astype(np.float32)
    return result


def _mel(frequency_hz: float) -> float:
    return float(2595 * np.log10(1 + frequency_hz / 700))


def _pitch_filters() -> Array:
    """Bins to thirds of semitones, weighted to the singing and chord range: (n_bins, 36)."""
    bins = np.arange(N_PITCH_FFT // 2 + 1)
    frequencies = np.maximum(bins, 1) * SAMPLE_RATE_HZ / N_PITCH_FFT
    midi = 69 + 12 * np.log2(frequencies / 440)
    filters = np.zeros((len(bins), 12 * _PARTS), np.float32)
    for part in range(12 * _PARTS):
        distance = (midi * _PARTS - part + 6 * _PARTS) % (12 * _PARTS) - 6 * _PARTS
        filters[:, part] = np.maximum(0, 1 - np.abs(distance) / 1.5)
    inside = np.clip(1 - np.abs(midi - (_LOWEST_MIDI + _HIGHEST_MIDI) / 2) / 30, 0, 1)
    return filters * inside[:, None].astype(np.float32)
