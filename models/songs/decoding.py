"""The best sequence of songs for a stream's evidence, by dynamic programming over two states."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_SONG_WEIGHT = 0.15
"""Neighbouring half-second steps say much the same: each counts for this much."""
_SONG_CLIP = 5.0
_EDGE_CLIP = (-6.0, 4.0)
_STAY, _STEP, _TURN = 0, 1, 2


def best_songs(
    evidence: npt.NDArray[np.float32], boundary_bias: float = 0.0
) -> list[tuple[int, int]]:
    """Spans of steps `(first, after_last)` of the most likely songs, in order and apart.

    `evidence` is (n_steps, 3): log-odds that the step sounds of a song, that a song starts at
    the step's beginning, that one stops there. A path outside songs scores 0 a step; inside it
    scores the song evidence; entering, leaving, and turning from one song straight into the next
    score the evidence of start, stop and both. Linear in the number of steps.
    """
    inside = (_SONG_WEIGHT * np.clip(evidence[:, 0], -_SONG_CLIP, _SONG_CLIP)).tolist()
    starts = (np.clip(evidence[:, 1], *_EDGE_CLIP) + boundary_bias).tolist()
    stops = (np.clip(evidence[:, 2], *_EDGE_CLIP) + boundary_bias).tolist()
    outside_score, inside_score = 0.0, float("-inf")
    came: list[tuple[int, int]] = []
    for gain, start, stop in zip(inside, starts, stops, strict=True):
        left = inside_score + stop
        came_out = _STEP if left > outside_score else _STAY
        best, came_in = inside_score, _STAY
        if outside_score + start > best:
            best, came_in = outside_score + start, _STEP
        if left + start > best:
            best, came_in = left + start, _TURN
        outside_score = max(outside_score, left)
        inside_score = best + gain
        came.append((came_out, came_in))
    songs: list[tuple[int, int]] = []
    in_song = inside_score > outside_score
    stop_at = len(came)
    for step in range(len(came) - 1, -1, -1):
        how = came[step][in_song]
        if not in_song:
            if how == _STEP:
                in_song, stop_at = True, step
        elif how != _STAY:
            songs.append((step, stop_at))
            stop_at = step
            in_song = how == _TURN
    return songs[::-1]
