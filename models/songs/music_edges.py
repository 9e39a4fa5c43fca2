"""Cuts moved to where the music of a song begins and ends.

Hosts talk over the first and the last bars of a song. What is heard there is half talk, so a cut
may fall where the talk stops; but the sequence network hears the music under it, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.boundaries import refined_start, refined_stop
from utawaku.models.songs.boundary_features import STEP_HOPS, Cues
from utawaku.models.songs.filters import Span
from utawaku.models.songs.sequence import OUTPUTS, TURN

Array = npt.NDArray[np.float32]

_START, _STOP, _MUSIC = (OUTPUTS.index(name) for name in ("start", "stop", "music"))
_LEAST_STEPS = 2
_FARTHEST_STEPS = 80
"""Music that goes on for 40 s outside of a cut is music under talk, not a part of the song."""
_NEAR_STEPS = 2
_SURE = 1.0
_WEAKER = 4.0
"""A cut stays where its edge is heard with log-odds of `_SURE`, or by `_WEAKER` more than one where
the music begins or ends; see `benchmarks/RESULTS.md`, "Talk over the first and last bars"."""


def moved_to_music(spans: Sequence[Span], evidence: Array, heard: Array, cues: Cues) -> list[Span]:
    """Move unsure starts back to where the music begins, and unsure ends on to where it ends.

    Args:
        spans: spans of hops, in order and apart; they stay so.
        evidence: float32 (n_steps, 3), log-odds that a song sounds, starts, stops.
        heard: float32 (n_steps, n_outputs), log-odds of the sequence network.
        cues: the cues of the recording.
    """
    n_hops = len(cues.level_db)
    music = heard[:, _MUSIC] > 0
    starts, stops = (np.maximum(evidence[:, kind], heard[:, TURN]) for kind in (_START, _STOP))
    backward = np.append(starts, np.float32(-np.inf))[::-1]  # a start lies before its step
    moved: list[Span] = []
    for position, (start, stop) in enumerate(spans):
        earliest = moved[-1][1] if moved else 0
        latest = spans[position + 1][0] if position + 1 < len(spans) else n_hops
        begins = _edge(music[::-1], backward, len(music) - start // STEP_HOPS)
        if begins is not None and (len(music) - begins) * STEP_HOPS > earliest:
            start = refined_start(cues, (len(music) - begins) * STEP_HOPS, earliest)
        ends = _edge(music, stops, stop // STEP_HOPS)
        if ends is not None and ends * STEP_HOPS < latest:
            stop = refined_stop(cues, ends * STEP_HOPS, latest)
        moved.append((start, stop))
    return moved


def _edge(music: npt.NDArray[np.bool_], edges: Array, cut: int) -> int | None:
    """Return the step before which music that sounds at step `cut` ends; none if the cut stays.

    `music` is bool (n_steps,), `edges` float32 (n_steps,), the log-odds of an end at each step.
    """
    quiet = np.flatnonzero(~music[cut : cut + _FARTHEST_STEPS])
    if not len(quiet) or quiet[0] < _LEAST_STEPS:
        return None
    at_cut, at_end = _peak(edges, cut), _peak(edges, cut + int(quiet[0]))
    if at_cut >= _SURE or at_cut - at_end >= _WEAKER:
        return None
    return cut + int(quiet[0])


def _peak(odds: Array, at: int) -> float:
    """Return the best log-odds within a second of a step, of float32 (n_steps,)."""
    return float(odds[max(0, at - _NEAR_STEPS) : at + _NEAR_STEPS + 1].max(initial=-np.inf))
