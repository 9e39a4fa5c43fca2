"""The chance that a song was cut clean, told from the evidence that it was cut by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.boundary_features import STEP_S

_NEAR_STEPS = 8
_EDGE_CLIP, _SONG_CLIP = 6.0, 5.0
_INNER_STEPS = 20
"""Steps at each end of a song in which another start or stop is no sign of two songs."""
_START, _STOP, _SOUNDS, _LEAST, _INNER, _LENGTH = 0.339, 0.126, 0.492, 0.094, -0.156, -0.272
_CONSTANT = -1.872
"""Fitted on the songs of 14 held-out evenings; see "Songs" in benchmarks/RESULTS.md."""


def clean_chance(evidence: npt.NDArray[np.float32], first: int, last: int) -> float:
    """The chance, 0 to 1, that a song from step `first` to step `last` is cut clean.

    `evidence` is float32 (n_steps, 3): log-odds that a song sounds, starts, stops. Sure starts,
    stops and middles speak for it; a start or stop inside speaks against it, and so does length.
    """
    inside = evidence[first:last, 0].astype(np.float64)
    if not len(inside):
        return 0.0
    middle = evidence[first + _INNER_STEPS : last - _INNER_STEPS, 1:]
    long_enough = last - first > 3 * _INNER_STEPS
    log_odds = (
        _CONSTANT
        + _START * _peak(evidence[:, 1], first)
        + _STOP * _peak(evidence[:, 2], last)
        + _SOUNDS * float(np.clip(inside, -_SONG_CLIP, _SONG_CLIP).mean())
        + _LEAST * float(np.percentile(inside, 10))
        + _INNER * (float(middle.max()) if long_enough else -_EDGE_CLIP)
        + _LENGTH * float(np.log((last - first) * STEP_S))
    )
    return float(1 / (1 + np.exp(-log_odds)))


def _peak(odds: npt.NDArray[np.float32], at: int) -> float:
    """Best log-odds within four seconds of a step, of float32 (n_steps,)."""
    near = odds[max(0, at - _NEAR_STEPS) : at + _NEAR_STEPS + 1]
    return float(np.clip(near.max(initial=-_EDGE_CLIP), -_EDGE_CLIP, _EDGE_CLIP))
