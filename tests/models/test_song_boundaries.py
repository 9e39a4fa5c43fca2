"""Exact cuts near the instants that the networks hear."""

from __future__ import annotations

import numpy as np

from utawaku.models.songs.boundaries import refined_start, refined_stop
from utawaku.models.songs.boundary_features import STEP_HOPS, Cues


def cues(level_db: np.ndarray, floor_db: float = -70.0) -> Cues:
    n_steps = len(level_db) // STEP_HOPS
    return Cues(
        (),
        np.zeros((n_steps, 0), np.float32),
        np.full(n_steps, 4.0),
        np.zeros(n_steps),
        level_db.astype(np.float64),
        floor_db,
    )


def test_cuts_fall_into_the_silence_nearby() -> None:
    level = np.full(1000, -3.0)
    level[285:297] = level[705:720] = -75.0
    assert refined_start(cues(level), 300, 0) == 297 - 2
    assert refined_stop(cues(level), 700, 1000) == 705 + 2


def test_cuts_do_not_reach_into_soft_music_before_or_behind_a_song() -> None:
    level = np.full(1000, -30.0)  # a bed of music, above the noise floor
    level[300:700] = -3.0
    assert abs(refined_start(cues(level), 300, 0) - 300) <= 10
    assert abs(refined_stop(cues(level), 700, 1000) - 700) <= 10
