"""A list whose lines stand at the heard starts tells where the others are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.models.song_timelines import Timeline
from utawaku.library.records import SetlistLine, SongSpan
from utawaku.models.songs import SongRules
from utawaku.models.songs.boundary_features import STEP_HOPS, STEP_S, cues_of
from utawaku.models.songs.listed_starts import at_listed_starts
from utawaku.models.songs.smart import Hearing, song_span

STARTS_S = (60, 200, 340, 480, 620)
LENGTH_S = 100
LATE_S = 14
"""The host talks over the first bars of the third song, which was cut where the talk stopped."""
ON_TIME = {0: 0, 1: 1, 2: 0, 3: -1, 4: 1}


def heard(third_odds: float) -> tuple[Hearing, list[SongSpan]]:
    """Return an evening of five songs, and its cuts; `third_odds` are those of the late start."""
    segmentation = Timeline().talk(740).segmentation()
    evidence = np.full((1480, 3), -6.0, np.float32)
    spans = []
    for place, start_s in enumerate(STARTS_S):
        first, last = int(start_s / STEP_S), int((start_s + LENGTH_S) / STEP_S)
        evidence[first:last, 0], evidence[last, 2] = 4.0, 3.0
        evidence[first, 1] = 3.0
        if place == 2:
            evidence[first, 1] = -3.0
            late = first + int(LATE_S / STEP_S)
            evidence[first:late, 0] = -0.5
            evidence[late, 1] = third_odds
            first = late
        spans.append((first * STEP_HOPS, last * STEP_HOPS))
    hearing = Hearing(segmentation, cues_of(segmentation, None), evidence, tuple(spans), True)
    songs = [song_span(hearing, span, SongRules(), index) for index, span in enumerate(spans)]
    return hearing, songs


def starts(off_s: dict[int, float], third_odds: float = 0.0) -> list[float]:
    """Return the starts by a list whose lines are so many seconds off, in seconds."""
    hearing, songs = heard(third_odds)
    lines = {
        place: SetlistLine(STARTS_S[place] + seconds, f"Song {place}")
        for place, seconds in off_s.items()
    }
    moved = at_listed_starts(hearing, songs, lines, SongRules())
    assert [song.stop_s for song in moved] == [song.stop_s for song in songs]
    assert [song.index for song in moved] == [0, 1, 2, 3, 4]
    return [round(song.start_s, 1) for song in moved]


HEARD = [60.0, 200.0, 340.0 + LATE_S, 480.0, 620.0]


def test_an_unsure_start_moves_to_where_the_list_has_it_and_sure_ones_stay() -> None:
    moved = starts(ON_TIME)
    assert moved[2] == pytest.approx(340, abs=2)
    assert moved[:2] + moved[3:] == HEARD[:2] + HEARD[3:]


def test_the_habit_of_a_list_is_taken_out() -> None:
    early = {place: off_s - 6 for place, off_s in ON_TIME.items()}
    assert starts(early)[2] == pytest.approx(340, abs=2)


def test_a_start_that_is_clearly_heard_stays_where_a_line_is_mistaken() -> None:
    assert starts(ON_TIME | {1: -30, 3: 20}, third_odds=4.0) == HEARD


def test_a_list_whose_lines_scatter_moves_nothing() -> None:
    assert starts({0: 5, 1: 22, 2: 0, 3: 11, 4: 17}) == HEARD


def test_a_list_of_few_lines_moves_nothing() -> None:
    assert starts({1: 1, 2: 0, 3: 0}) == HEARD


def test_no_start_moves_into_the_song_before_or_close_to_its_own_end() -> None:
    moved = starts(ON_TIME | {2: -39})
    assert moved[2] >= STARTS_S[1] + LENGTH_S
    hearing, songs = heard(0.0)
    lines = {place: SetlistLine(start_s, "x") for place, start_s in enumerate(STARTS_S)}
    near_end = lines | {2: SetlistLine(439.0, "x")}
    late = at_listed_starts(hearing, songs, near_end, SongRules(setlist_tolerance_s=200))
    assert late[2].stop_s - late[2].start_s >= 10


def test_a_moved_song_keeps_its_name_and_says_that_a_list_moved_it() -> None:
    hearing, songs = heard(0.0)
    songs[2] = replace(songs[2], title="Paper Boats", artist="Ida Holm")
    lines = {place: SetlistLine(start_s, "x") for place, start_s in enumerate(STARTS_S)}
    moved = at_listed_starts(hearing, songs, lines, SongRules())
    assert (moved[2].title, moved[2].artist, moved[2].source) == (
        "Paper Boats", "Ida Holm", "setlist",
    )  # fmt: skip
    assert moved[0] is songs[0]
