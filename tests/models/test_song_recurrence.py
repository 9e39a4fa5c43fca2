"""Music that comes again: one song is not cut in two, and two songs are not one."""

from __future__ import annotations

import numpy as np

from tests.models.song_cues import cues
from utawaku.models.songs.features import N_SEMITONES
from utawaku.models.songs.recurrence import divided, joined, recurrence


def tune(seed: int, n_hops: int = 400) -> np.ndarray:
    """Notes of half a second with two partials: float32 (n_hops, N_SEMITONES) in dB."""
    rng = np.random.default_rng(seed)
    levels = np.full((n_hops, N_SEMITONES), -60.0, np.float32)
    for begin in range(0, n_hops, 5):
        levels[begin : begin + 5, rng.integers(N_SEMITONES, size=2)] = -20.0
    return levels + rng.normal(0, 3, levels.shape).astype(np.float32)


def song(seed: int) -> np.ndarray:
    """A tune that is played three times: 120 s."""
    return np.tile(tune(seed), (3, 1))


def test_what_a_song_repeats_is_heard_on_both_sides_of_a_cut_and_another_song_is_not() -> None:
    pitch = np.concatenate([song(1), song(2)])
    assert recurrence(pitch, (0, 550), (550, 1200)) > 0.8
    assert recurrence(pitch, (0, 1200), (1200, 2400)) < 0.2


def test_a_verse_that_comes_only_once_is_the_same_song_where_the_one_before_it_comes_again() -> (
    None
):
    pitch = np.concatenate([tune(1), tune(2), tune(1)])
    assert recurrence(pitch, (0, 400), (400, 1200)) > 0.8


def test_parts_too_short_to_tell_do_not_come_again() -> None:
    pitch = song(1)
    assert recurrence(pitch, (0, 50), (50, 1200)) == 0.0
    assert recurrence(pitch, (0, 1200), (1200, 1200)) == 0.0


def test_only_five_minutes_on_each_side_are_searched() -> None:
    between = [tune(seed) for seed in range(10, 20)]
    pitch = np.concatenate([tune(1), *between, tune(1, 200)])
    assert recurrence(pitch[400 - 100 :], (0, 4100), (4100, 4300)) < 0.3
    near = np.concatenate([tune(1), *between[:3], tune(1, 200)])
    assert recurrence(near, (0, 1600), (1600, 1800)) > 0.8


def test_finds_that_touch_are_joined_where_one_sounds_again_in_the_other() -> None:
    pitch = np.concatenate([song(1), song(2)])
    assert joined([(0, 500), (510, 1200), (1200, 2400)], pitch) == [(0, 1200), (1200, 2400)]


def test_finds_with_talk_between_stay_apart_though_the_song_is_sung_again() -> None:
    pitch = np.concatenate([song(1), song(1)])
    assert joined([(0, 1100), (1150, 2400)], pitch) == [(0, 1100), (1150, 2400)]


def test_a_find_is_divided_at_a_likely_turn_where_neither_side_comes_again() -> None:
    pitch = np.concatenate([song(1), song(2)])
    level = np.zeros(2400)
    level[1200] = -9.0
    turning = np.full(480, -8.0)
    turning[[120, 240]] = -1.0  # inside the first song, and between the songs
    spans = divided([(0, 2400)], turning, pitch, cues(level))
    assert [round(hop, -1) for span in spans for hop in span] == [0, 1200, 1200, 2400]


def test_a_find_is_not_divided_where_no_turn_is_likely_or_an_end_is_near() -> None:
    pitch = np.concatenate([song(1), song(2)])
    turning = np.full(480, -8.0)
    turning[[30, 470]] = 4.0
    assert divided([(0, 2400)], turning, pitch, cues(np.zeros(2400))) == [(0, 2400)]
    assert divided([(0, 100)], turning, pitch, cues(np.zeros(2400))) == [(0, 100)]
