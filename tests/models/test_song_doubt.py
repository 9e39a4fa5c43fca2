"""The chance that a song and its ends were cut right, and how it is fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from utawaku.library.doubt import DOUBTFUL_BELOW
from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.songs.doubt import Chances, Doubt, doubt_cues, shipped_doubt
from utawaku.models.training.song_doubt import (
    LOWERING,
    RAISING,
    Judged,
    fitted_doubt,
    real_ones,
    reliability,
    reliability_lines,
    right_of,
    said_by_others,
)


def evidence(start: float = 3.0, stop: float = 3.0, sounds: float = 6.0) -> np.ndarray:
    made = np.full((600, 3), -8.0, np.float32)
    made[100:400, 0] = sounds
    made[100, 1] = start
    made[400, 2] = stop
    return made


def chances(made: np.ndarray, first: int = 100, last: int = 400) -> Chances:
    return shipped_doubt().chances(made, first, last)


def test_a_song_with_sure_edges_is_likely_clean_and_so_are_its_ends() -> None:
    found = chances(evidence())
    assert found.song > 0.9
    assert found.start > 0.9
    assert found.stop > 0.9


def test_unsure_edges_a_weak_middle_and_a_start_inside_make_it_doubtful() -> None:
    sure = chances(evidence()).song
    assert chances(evidence(start=-4.0)).song < sure - 0.1
    assert chances(evidence(stop=-5.0)).song < sure
    assert chances(evidence(sounds=0.5)).song < 0.5
    two = evidence()
    two[250, 1] = 3.0
    assert chances(two).song < sure - 0.05


def test_the_longer_the_talk_between_two_songs_the_less_sure_is_their_being_one() -> None:
    said = [chances(evidence()).song]
    for n_steps in (20, 40, 60):
        two = evidence()
        first, last = 250 - n_steps // 2, 250 + n_steps // 2
        two[first:last, 0] = -6.0
        two[first, 2] = two[last, 1] = 3.0
        said.append(chances(two).song)
    assert said == sorted(said, reverse=True)
    assert said[1] < said[0] - 0.1
    assert said[2] < DOUBTFUL_BELOW


def test_a_cue_never_speaks_the_wrong_way_whatever_the_finds_say() -> None:
    for curve in shipped_doubt().curves.values():
        assert all(curve[name] >= 0 for name in RAISING & set(curve))
        assert all(curve[name] <= 0 for name in LOWERING & set(curve))
    upside_down = [
        replace(find, right={kind: not right for kind, right in find.right.items()})
        for find in finds(200)
    ]
    assert fitted_doubt(upside_down).curves["start"]["edge"] == 0.0
    assert fitted_doubt(finds(200)).curves["start"]["edge"] > 0.5


def test_an_unsure_end_is_the_doubtful_one_and_leaves_the_other_alone() -> None:
    sure = chances(evidence())
    late = chances(evidence(start=-4.0))
    assert late.start < sure.start - 0.1
    assert late.stop == sure.stop
    rival = evidence()
    rival[440, 2] = 3.0
    assert chances(rival).stop < sure.stop
    assert chances(rival).start == sure.start


def test_a_song_is_never_surer_than_its_ends() -> None:
    for made in (evidence(), evidence(start=-4.0), evidence(stop=-5.0), evidence(sounds=0.5)):
        found = chances(made)
        assert found.song <= min(found.start, found.stop)


def test_the_ends_of_a_recording_and_nothing_at_all_have_a_chance() -> None:
    made = evidence()
    assert 0 < chances(made, 0, 599).song < 1
    assert 0 < chances(made, 590, 600).stop < 1
    assert chances(made, 600, 600) == Chances(0.0, 0.0, 0.0)


def finds(n: int) -> list[Judged]:
    """Finds whose start is right the more often the surer it looks."""
    rng = np.random.default_rng(1)
    made = []
    for number in range(n):
        odds = float(rng.uniform(-3, 3))
        is_right = bool(rng.random() < 1 / (1 + np.exp(-1.5 * odds)))
        cues = doubt_cues(evidence(start=odds), 100, 400)
        made.append(Judged(number % 10, cues, {"song": is_right, "start": is_right, "stop": True}))
    return made


def test_fitted_curves_say_of_other_streams_what_is_true() -> None:
    judged = finds(600)
    said = said_by_others(judged)
    rows = reliability(
        np.array([one.start for one in said]), np.array([find.right["start"] for find in judged])
    )
    assert sum(row.n for row in rows) == 600
    assert all(abs(row.said - row.right) < 0.15 for row in rows if row.n >= 30)
    assert sum(row.n >= 30 for row in rows) >= 4
    assert len(reliability_lines(said, [find.right for find in judged])) == 3 * (1 + len(rows))


def test_made_up_finds_teach_what_speaks_against_two_songs_in_one_and_no_more() -> None:
    judged = finds(200)
    two = evidence()
    two[240, 2] = two[260, 1] = 3.0
    wrong = {"song": False, "start": True, "stop": True}
    made_up = [Judged(i % 10, doubt_cues(two, 100, 400), wrong, 0.05) for i in range(60)]
    assert real_ones([*judged, *made_up]) == list(range(200))
    plain, taught = fitted_doubt(judged), fitted_doubt([*judged, *made_up])
    assert taught.chances(two, 100, 400).song < plain.chances(two, 100, 400).song - 0.05
    assert taught.curves["start"] == plain.curves["start"]
    assert taught.curves["stop"] == plain.curves["stop"]


def test_curves_are_the_same_after_they_were_written(tmp_path: Path) -> None:
    fitted = fitted_doubt(finds(100))
    fitted.save(tmp_path / "doubt.json")
    again = Doubt.load(tmp_path / "doubt.json")
    one, other = (doubt.chances(evidence(), 100, 400) for doubt in (fitted, again))
    assert one.start == pytest.approx(other.start, abs=0.01)
    with pytest.raises(WeightsMissingError):
        Doubt.load(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text('{"song": 3}')
    with pytest.raises(WeightsCorruptError):
        Doubt.load(tmp_path / "bad.json")


def test_a_find_is_right_as_the_song_has_it_that_it_holds_most_of() -> None:
    songs = [(100.0, 200.0), (300.0, 420.0)]
    assert right_of((102.0, 204.0), songs) == {"song": True, "start": True, "stop": True}
    assert right_of((104.0, 204.0), songs) == {"song": False, "start": False, "stop": True}
    assert right_of((102.0, 420.0), songs) == {"song": False, "start": False, "stop": True}
    assert right_of((210.0, 290.0), songs) == {"song": False, "start": False, "stop": False}
    assert right_of((1.0, 2.0), []) == {"song": False, "start": False, "stop": False}
