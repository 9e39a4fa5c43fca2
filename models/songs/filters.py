"""Filters of found songs: no opening or closing of the stream, no jingle, no false start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from utawaku.models.segmentation import HOP_S
from utawaku.models.songs.boundary_features import STEP_HOPS, Cues
from utawaku.models.songs.rules import SongRules

Span = tuple[int, int]
"""First hop and hop after the last."""

_COMPARED_HOPS = 200
_LAG_HOPS = 60
_SAME_OPENING = 0.4
_LEAST_COMPARED_HOPS = 50
_NEXT_WITHIN_S = 240.0


def sifted(
    spans: Sequence[Span],
    cues: Cues,
    profile: npt.NDArray[np.floating],
    duration_s: float,
    rules: SongRules,
) -> list[Span]:
    """The spans that are songs by the rules.

    `profile` is float (n_hops, n_bands) in dB: what false starts are recognised by.
    """
    kept = [
        (start, stop)
        for start, stop in spans
        if (stop - start) * HOP_S >= rules.min_song_s
        and _music_since(cues, start) * HOP_S > rules.edge_s
        and stop * HOP_S < duration_s - rules.end_edge_s
    ]
    if not rules.drop_false_starts:
        return kept
    return [
        span
        for span, following in zip(kept, [*kept[1:], None], strict=False)
        if following is None or not _is_false_start(span, following, profile, rules)
    ]


def _music_since(cues: Cues, start: int) -> int:
    """The hop since when there has been music without talk or silence up to hop `start`."""
    step = start // STEP_HOPS
    while step > 0 and cues.silent[step - 1] < 0.5 and cues.log_odds[step - 1] > 0:
        step -= 1
    return min(start, step * STEP_HOPS)


def _is_false_start(
    span: Span, following: Span, profile: npt.NDArray[np.floating], rules: SongRules
) -> bool:
    n = span[1] - span[0]
    apart_s = (following[0] - span[1]) * HOP_S
    if n * HOP_S >= rules.false_start_s or apart_s > _NEXT_WITHIN_S:
        return False
    if n > 0.8 * (following[1] - following[0]):
        return False
    return opening_likeness(span[0], following[0], profile, min(n, _COMPARED_HOPS)) > _SAME_OPENING


def opening_likeness(
    first: int, second: int, profile: npt.NDArray[np.floating], n_hops: int
) -> float:
    """Best correlation, over small lags, of the sound from hop `first` and from hop `second`.

    `profile` is float (n_hops, n_bands), in dB.

    1 for the same recording played again, about 0 for two songs.
    """
    n = min(n_hops, len(profile) - max(first, second) - _LAG_HOPS)
    if n < _LEAST_COMPARED_HOPS:
        return 0.0
    a = _whitened(profile[first : first + n])
    best = 0.0
    for lag in range(-_LAG_HOPS, _LAG_HOPS + 1):
        begin = second + lag
        if begin < 0:
            continue
        b = _whitened(profile[begin : begin + n])
        best = max(best, float((a * b).sum()))
    return best


def _whitened(frames: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Without the mean spectrum and the loudness curve, of unit norm."""
    values = np.maximum(frames.astype(np.float64), frames.max() - 60)
    values = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return np.asarray(values / (np.linalg.norm(values) + 1e-9))
