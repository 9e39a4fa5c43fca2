"""Windows to listen to: the stretches of a song that identify it best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.models.fingerprint.constellation import FRAME_S, SAMPLE_RATE_HZ, log_spectrogram

WINDOW_S = 12.0
"""Long enough for a sure answer, and safely under the 15 s that Shazam never matches."""

SHORTEST_S = 4.0
_EDGE_S = 6.0
_STEP_S = 0.5
_SILENCE_DB = -62.0


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a song to be asked about; samples are at 16 kHz."""

    start_s: float
    stop_s: float
    salience: float
    """Its loudness, fullness and tonality; comparable within one song only."""

    def cut(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """The window's samples.

        `audio` is float32 (n_samples,) mono at 16 kHz, and so is the result.
        """
        return audio[round(self.start_s * SAMPLE_RATE_HZ) : round(self.stop_s * SAMPLE_RATE_HZ)]


def place_windows(
    audio: NDArray[np.float32], n_windows: int, *, window_s: float = WINDOW_S
) -> list[Window]:
    """Up to `n_windows` windows of `audio`, float32 (n_samples,) at 16 kHz, the best first.

    Salience is level and tonality (how far the strongest partials of a frame stand out of it):
    choruses over the full band score, breaks, speech and applause do not. Windows do not overlap
    and keep apart, so that they show different parts; beginnings and ends, where the host
    talks over the music, are left out of songs that are long enough. Silence gives no window.
    """
    duration_s = len(audio) / SAMPLE_RATE_HZ
    if duration_s < SHORTEST_S:
        return []
    level = log_spectrogram(audio)
    curve = _salience(level)
    length_s = min(window_s, duration_s)
    edge_s = _EDGE_S if duration_s >= window_s + 4 * _EDGE_S else 0.0
    starts = np.arange(edge_s, max(duration_s - edge_s - length_s, edge_s) + 1e-9, _STEP_S)
    total = np.concatenate(([0.0], np.cumsum(curve)))
    first = np.minimum((starts / FRAME_S).astype(np.int64), len(curve))
    last = np.minimum(((starts + length_s) / FRAME_S).astype(np.int64), len(curve))
    scores = (total[last] - total[first]) / np.maximum(last - first, 1)
    loud = np.concatenate(([0], np.cumsum(level.max(axis=1) > _SILENCE_DB)))
    heard = (loud[last] - loud[first]) / np.maximum(last - first, 1)
    usable = np.where(heard >= 0.3, scores, -np.inf)
    spread = _spread(starts, usable, n_windows, max(length_s, 0.5 * duration_s / (n_windows + 1)))
    if len(spread) < n_windows <= (duration_s - 2 * edge_s) / length_s:
        # The best places left too little room between them: one from each part instead.
        spread = _one_a_part(starts, usable, n_windows, length_s)
    return [Window(float(starts[i]), float(starts[i]) + length_s, float(scores[i])) for i in spread]


def _spread(
    starts: NDArray[np.float64], scores: NDArray[np.float64], n_windows: int, apart_s: float
) -> list[int]:
    """Indices of the best starts that keep `apart_s`, best first."""
    chosen: list[int] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        if len(chosen) == n_windows or not np.isfinite(scores[index]):
            break
        if all(abs(starts[index] - starts[other]) >= apart_s for other in chosen):
            chosen.append(index)
    return chosen


def _one_a_part(
    starts: NDArray[np.float64], scores: NDArray[np.float64], n_windows: int, length_s: float
) -> list[int]:
    """The best start within each of `n_windows` equal parts, best first."""
    begin_s, room_s = starts[0], (starts[-1] + length_s - starts[0]) / n_windows
    chosen: list[int] = []
    for part in range(n_windows):
        first_s = begin_s + part * room_s
        inside = (starts >= first_s - 1e-9) & (starts + length_s <= first_s + room_s + 1e-9)
        held = np.where(inside, scores, -np.inf)
        best = int(np.argmax(held))
        if np.isfinite(held[best]):
            chosen.append(best)
    return sorted(chosen, key=lambda index: -scores[index])


def _salience(level: NDArray[np.float32]) -> NDArray[np.float64]:
    """Level plus tonality of every frame, in decibels, float64 (n_frames,)."""
    ordered = np.partition(level, level.shape[1] - 12, axis=1)
    strongest = ordered[:, -12:].mean(axis=1)
    tonality = strongest - np.median(level, axis=1)
    loudness = np.maximum(strongest, -80.0)
    result: NDArray[np.float64] = (0.5 * loudness + tonality).astype(np.float64)
    return result
