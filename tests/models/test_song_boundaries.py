"""Exact cuts near the instants that the networks hear."""

from __future__ import annotations

import numpy as np

from tests.models.song_cues import cues
from utawaku.models.songs.boundaries import refined_start, refined_stop


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
