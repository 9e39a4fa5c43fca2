"""Products of one decode pass: mel frames in a temporary file, curves in memory."""

import tempfile
import threading
from types import TracebackType

import numpy as np

from utawaku.models.segmentation import HOP_S, N_BANDS, n_hops
from utawaku.models.segmenter.features import FRAME_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ
from utawaku.models.segmenter.network import N_INPUT_BANDS

_FLOOR_DB = -120.0
_FRAMES_A_HOP = round(HOP_S * SAMPLE_RATE_HZ / HOP_SAMPLES)
_SAMPLES_A_HOP = round(HOP_S * SAMPLE_RATE_HZ)
_DB_A_NAT = 10 / np.log(10)


class MelSpool:
    """Log-mel frames float32 (n_frames, 21) of a whole recording, kept on disk.

    An hour takes 30 MB there; a 12-hour stream needs no more memory than a short one. One thread
    appends while others read what has been appended.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="utawaku-mel-", buffering=0)  # noqa: SIM115 - closed by __exit__
        self._lock = threading.Lock()
        self.n_frames = 0

    def __enter__(self) -> "MelSpool":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, mel: np.ndarray) -> None:
        """Add frames, float (n, at least 21); the lowest 21 bands are kept."""
        if not len(mel):
            return
        data = np.ascontiguousarray(mel[:, :N_INPUT_BANDS], np.float32).data.cast("B")
        with self._lock:
            self._file.seek(self.n_frames * N_INPUT_BANDS * 4)
            while data:
                data = data[self._file.write(data) :]
        self.n_frames += len(mel)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Frames [start, stop), float32 (n_frames, 21)."""
        frames = np.empty((stop - start, N_INPUT_BANDS), np.float32)
        if stop <= start:
            return frames
        left = frames.data.cast("B")
        with self._lock:
            self._file.seek(start * N_INPUT_BANDS * 4)
            while left:
                n = self._file.readinto(left)
                if not n:
                    raise EOFError(f"frames {start} to {stop} of {self.n_frames}")
                left = left[n:]
        return frames


class Curves:
    """Collects the per-hop curves of `utawaku.models.segmentation.Segmentation` during decoding."""

    def __init__(self) -> None:
        self._wave: list[np.ndarray] = []
        self._wave_rest = np.zeros(0, np.float32)
        self._bands: list[np.ndarray] = []
        self._energy: list[np.ndarray] = []
        self._mel_rest = np.zeros((0, N_BANDS), np.float32)
        self._energy_rest = np.zeros(0, np.float32)

    def add_samples(self, samples: np.ndarray) -> None:
        """Extend the waveform's envelope by samples, float32 (n,)."""
        if len(self._wave_rest):
            samples = np.concatenate([self._wave_rest, samples])
        n = len(samples) // _SAMPLES_A_HOP
        rows = samples[: n * _SAMPLES_A_HOP].reshape(n, _SAMPLES_A_HOP)
        self._wave_rest = samples[n * _SAMPLES_A_HOP :].copy()
        self._wave.append(np.stack([rows.min(axis=1), rows.max(axis=1)], axis=1))

    def add_frames(self, mel: np.ndarray, log_energy: np.ndarray) -> None:
        """Extend band levels and energy by frames, float (n, 24) and (n,), natural logarithms."""
        if len(self._energy_rest):
            mel = np.concatenate([self._mel_rest, mel])
            log_energy = np.concatenate([self._energy_rest, log_energy])
        n = len(mel) // _FRAMES_A_HOP
        whole = n * _FRAMES_A_HOP
        self._mel_rest, self._energy_rest = mel[whole:].copy(), log_energy[whole:].copy()
        self._level_rows(mel[:whole], log_energy[:whole], _FRAMES_A_HOP)

    def _level_rows(self, mel: np.ndarray, log_energy: np.ndarray, n_each: int) -> None:
        if not len(mel):
            return
        levels = np.maximum(mel * np.float32(_DB_A_NAT), np.float32(_FLOOR_DB))
        self._bands.append(levels.reshape(-1, n_each, N_BANDS).mean(axis=1).astype(np.float16))
        power = np.exp(log_energy.astype(np.float64)).reshape(-1, n_each).mean(axis=1)
        floor = 10 ** (_FLOOR_DB / 10)
        self._energy.append(10 * np.log10(np.maximum(power / FRAME_SAMPLES, floor)))

    def finish(self, duration_s: float) -> dict[str, np.ndarray]:
        """The arrays by their names in `Segmentation`, each with `n_hops(duration_s)` rows.

        They are float16 or float32, (n_hops,) or (n_hops, n_bands); levels are in dB.
        """
        if len(self._energy_rest):
            self._level_rows(self._mel_rest, self._energy_rest, len(self._energy_rest))
        if len(self._wave_rest):
            ends = [[self._wave_rest.min(), self._wave_rest.max()]]
            self._wave.append(np.array(ends, np.float32))
        n = n_hops(duration_s)
        wave = _fit(self._wave, n, (2,), 0.0)
        return {
            "energy_db": _fit(self._energy, n, (), _FLOOR_DB),
            "bands_db": _fit(self._bands, n, (N_BANDS,), _FLOOR_DB),
            "wave_min": np.ascontiguousarray(wave[:, 0]),
            "wave_max": np.ascontiguousarray(wave[:, 1]),
        }


def _fit(parts: list[np.ndarray], n: int, shape: tuple[int, ...], fill: float) -> np.ndarray:
    """Join `parts` to exactly n rows; the last hops may have no whole frame and take `fill`."""
    joined = np.full((n, *shape), fill, np.float32)
    at = 0
    for part in parts:
        rows = part[: n - at]
        joined[at : at + len(rows)] = rows
        at += len(rows)
    return joined
