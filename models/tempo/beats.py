"""Beats at a known tempo (dynamic programming after D. Ellis, 2007)."""

import numpy as np
import numpy.typing as npt

from utawaku.models.tempo.features import FRAME_RATE_HZ, Heard

_TIGHTNESS = 100.0
_LATENCY_S = 0.002
"""An onset shows a little before its peak: measured on clips with known beats."""


def beat_times(heard: Heard, bpm: float) -> npt.NDArray[np.float64]:
    """Times of the beats in seconds, float64 (n_beats,); empty where nothing starts."""
    onsets = heard.onsets
    if not onsets.any():
        return np.zeros(0)
    period = 60 * FRAME_RATE_HZ / bpm
    spread = np.exp(-0.5 * (np.arange(-round(period), round(period) + 1) * 32 / period) ** 2)
    local = np.convolve(onsets / onsets.std(), spread, "same")
    back = np.arange(round(period / 2), round(2 * period) + 1)
    penalty = -_TIGHTNESS * np.log(back / period) ** 2
    total = local.astype(np.float64).copy()
    came_from = np.full(len(local), -1)
    for at in range(back[0], len(local)):
        before = at - back
        known = before >= 0
        scores = total[before[known]] + penalty[known]
        best = int(scores.argmax())
        if scores[best] > 0:
            total[at] += scores[best]
            came_from[at] = before[known][best]
    at = int(total[-round(period) :].argmax()) + max(0, len(total) - round(period))
    beats = []
    while at >= 0:
        beats.append(at)
        at = int(came_from[at])
    return np.maximum(0, np.array(beats[::-1]) / FRAME_RATE_HZ + _LATENCY_S)
