"""The chance that a song was cut clean."""

import numpy as np

from utawaku.models.songs.doubt import clean_chance


def evidence(start: float = 3.0, stop: float = 3.0, sounds: float = 6.0) -> np.ndarray:
    made = np.full((600, 3), -8.0, np.float32)
    made[100:400, 0] = sounds
    made[100, 1] = start
    made[400, 2] = stop
    return made


def test_a_song_with_sure_edges_is_likely_clean() -> None:
    assert clean_chance(evidence(), 100, 400) > 0.9


def test_unsure_edges_a_weak_middle_and_a_start_inside_make_it_doubtful() -> None:
    sure = clean_chance(evidence(), 100, 400)
    assert clean_chance(evidence(start=-4.0), 100, 400) < sure - 0.1
    assert clean_chance(evidence(stop=-5.0), 100, 400) < sure
    assert clean_chance(evidence(sounds=0.5), 100, 400) < 0.5
    two = evidence()
    two[250, 1] = 3.0
    assert clean_chance(two, 100, 400) < sure - 0.05


def test_the_ends_of_a_recording_and_nothing_at_all_have_a_chance() -> None:
    made = evidence()
    assert 0 < clean_chance(made, 0, 599) < 1
    assert 0 < clean_chance(made, 590, 600) < 1
    assert clean_chance(made, 600, 600) == 0.0
