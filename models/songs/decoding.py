"""The best sequence of songs for a stream's evidence, by dynamic programming."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_SONG_WEIGHT = 0.15
"""Neighbouring half-second steps say much the same: each counts for this much."""
_SONG_CLIP = 5.0
_EDGE_CLIP = (-6.0, 4.0)
_TURN_SCALE = 2.0
"""A turn is a stop and a start at once: its log-odds count for both."""
LEAST_STEPS = 20
"""No song is shorter than 10 s: evidence of one edge, spread over steps, counts once."""
_NEVER = float("-inf")
_WITHIN_STEPS = (5, 9)
"""A start within 2.5 s and a stop within 4.5 s of the true one are right, with half a second left
for the search for silence."""
_REACH_STEPS = 20
_LEAST_GAIN = 0.1
"""An edge moves only where that makes it likelier by so much to be right."""


def best_songs(
    evidence: npt.NDArray[np.float32],
    boundary_bias: float = 0.0,
    turn_bias: float = 0.0,
    turns: npt.NDArray[np.float32] | None = None,
) -> list[tuple[int, int]]:
    """Spans of steps `(first, after_last)` of the most likely songs, in order and apart.

    `evidence` is (n_steps, 3): log-odds that the step sounds of a song, that a song starts at
    the step's beginning, that one stops there. A path outside songs scores 0 a step; inside it
    scores the song evidence; entering, leaving, and turning from one song straight into the next
    score the evidence of start, stop and both, plus the biases. `turns` (n_steps,), the log-odds
    that one song turns into the next, counts there in place of both where it says more. A song in
    progress at the end of the stream stops there. Linear in the number of steps.
    """
    n = len(evidence)
    total = _sounded(evidence).tolist()
    starts, stops = ((_edge_odds(evidence, kind) + boundary_bias).tolist() for kind in (1, 2))
    turning_gain = turning_gains(evidence, boundary_bias, turn_bias, turns).tolist()
    outside = [0.0] * (n + 1)
    entered = [_NEVER] * (n + 1)
    inside = [_NEVER] * (n + 1)
    """`inside[t]`: best score at instant t within a song that has lasted long enough to stop."""
    left_here = [False] * (n + 1)
    turned_here = [False] * (n + 1)
    entry_of = [-1] * (n + 1)
    """The instant at which the song of `inside[t]` was entered."""
    for t in range(n + 1):
        if t > 0:
            outside[t] = outside[t - 1]
            inside[t] = inside[t - 1] + total[t] - total[t - 1]
            entry_of[t] = entry_of[t - 1]
        young = t - LEAST_STEPS
        if young >= 0 and entered[young] + total[t] - total[young] > inside[t]:
            inside[t] = entered[young] + total[t] - total[young]
            entry_of[t] = young
        if t == n:
            break
        left = inside[t] + stops[t]
        if left > outside[t]:
            outside[t], left_here[t] = left, True
        entered[t] = outside[t] + starts[t]
        turning = inside[t] + turning_gain[t]
        if turning > entered[t] or left_here[t]:
            # entering at the very instant of leaving is turning, and pays for it
            before = (outside[t - 1] if t > 0 else 0.0) + starts[t]
            entered[t], turned_here[t] = (turning, True) if turning > before else (before, False)
    return _traced(n, inside[n] > outside[n], left_here, turned_here, entry_of)


def turning_gains(
    evidence: npt.NDArray[np.float32],
    boundary_bias: float = 0.0,
    turn_bias: float = 0.0,
    turns: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.float64]:
    """Return what turning from one song into the next scores at each step: float64 (n_steps,).

    Arguments are as for `best_songs`.
    """
    starts, stops = (_edge_odds(evidence, kind) + boundary_bias for kind in (1, 2))
    both = np.add(starts, stops, dtype=np.float64)
    if turns is not None:
        both = np.maximum(both, _TURN_SCALE * np.clip(turns.astype(np.float64), *_EDGE_CLIP))
    return np.asarray(both + turn_bias)


def likeliest_edges(
    songs: Sequence[tuple[int, int]], evidence: npt.NDArray[np.float32]
) -> list[tuple[int, int]]:
    """Move edges by up to 10 s to where they are likeliest to be right.

    The best path has the likeliest instant of each edge. Where the evidence for it is spread, a cut
    elsewhere may have more of it within the tolerance that a listener has.

    Args:
        songs: spans of steps, as `best_songs` returns them.
        evidence: float32 (n_steps, 3), as for `best_songs`.

    Turns from one song straight into the next stay.
    """
    n = len(evidence)
    starts, stops = start_scores(evidence), _stop_scores(evidence)
    moved: list[tuple[int, int]] = []
    for position, (first, last) in enumerate(songs):
        before = songs[position - 1][1] if position else -1
        after = songs[position + 1][0] if position + 1 < len(songs) else n
        new_first, new_last = first, last
        if before < first - 1:
            low = max(before + 1, first - _REACH_STEPS)
            high = min(first + _REACH_STEPS + 1, last - LEAST_STEPS)
            new_first = _likeliest(starts[low:high], first - low, _WITHIN_STEPS[0]) + low
        if last + 1 < after:
            low = max(new_first + LEAST_STEPS, last - _REACH_STEPS)
            high = min(last + _REACH_STEPS + 1, after)
            new_last = _likeliest(stops[low:high], last - low, _WITHIN_STEPS[1]) + low
        moved.append((new_first, new_last))
    return moved


def start_scores(evidence: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return log odds, up to a constant, that a song starts at each step: float64 (n_steps,).

    `evidence` is as for `best_songs`; of two starts the later one leaves out what sounds between.
    """
    return np.asarray(_edge_odds(evidence, 1) - _sounded(evidence)[:-1])


def _stop_scores(evidence: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    return np.asarray(_edge_odds(evidence, 2) + _sounded(evidence)[:-1])


def _edge_odds(evidence: npt.NDArray[np.float32], kind: int) -> npt.NDArray[np.float32]:
    return np.clip(evidence[:, kind], *_EDGE_CLIP)


def _sounded(evidence: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the sum of the song evidence before each step, and of all: float64 (n_steps + 1,)."""
    gains = _SONG_WEIGHT * np.clip(evidence[:, 0].astype(np.float64), -_SONG_CLIP, _SONG_CLIP)
    return np.concatenate([[0.0], np.cumsum(gains)])


def _likeliest(score: npt.NDArray[np.float64], decoded: int, within: int) -> int:
    """Return the instant that is within `within` steps of most of the probability.

    `score` is float64 (n,), log-odds up to a constant; `decoded` stays where little is gained.
    """
    if not 0 <= decoded < len(score):
        return decoded
    chances = np.exp(score - score.max())
    chances /= chances.sum()
    sums = np.concatenate([[0.0], np.cumsum(chances)])
    at = np.arange(len(score))
    low, high = np.maximum(at - within, 0), np.minimum(at + within + 1, len(score))
    right = sums[high] - sums[low]
    best = int(right.argmax())
    if right[best] <= right[decoded] + _LEAST_GAIN:
        return decoded
    near = slice(low[best], high[best])
    return round(float((at[near] * chances[near]).sum() / right[best]))


def _traced(
    n: int,
    in_song: bool,
    left_here: list[bool],
    turned_here: list[bool],
    entry_of: list[int],
) -> list[tuple[int, int]]:
    songs: list[tuple[int, int]] = []
    t = n
    while t > 0 or in_song:
        if in_song:
            entry = entry_of[t]
            songs.append((entry, t))
            in_song = turned_here[entry]
            t = entry if in_song else entry - 1
            if t < 0:
                break
        elif left_here[t]:
            in_song = True
        else:
            t -= 1
    return songs[::-1]
