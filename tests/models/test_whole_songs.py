"""Recordings that are one song as a whole, told from streams by what is heard."""

import pytest

from tests.models.song_timelines import Timeline
from utawaku.models.songs import SongRules, find_songs, is_one_song, whole_song


def taken_whole(timeline: Timeline, n_listed: int = 0, **rules: object) -> bool:
    heard = timeline.segmentation()
    wanted = SongRules.model_validate(rules)
    return is_one_song(heard, find_songs(heard, wanted), n_listed, wanted)


@pytest.mark.parametrize(
    "track",
    [
        Timeline().song(200),
        Timeline().silence(9).song(120).silence(4),
        Timeline().song(80).silence(3.5).music(20),
        Timeline().talk(6).song(40),
        Timeline().song(30),
    ],
    ids=["music alone", "silence around", "a break before its end", "a word before", "short"],
)
def test_music_from_start_to_stop_is_one_song(track: Timeline) -> None:
    assert taken_whole(track)


@pytest.mark.parametrize(
    "recording",
    [
        Timeline().talk(120),
        Timeline().talk(30).silence(3).song(150, 1).silence(3).talk(30),
        Timeline().song(100, 1).silence(4).song(100, 2),
        Timeline().song(20),
        Timeline().song(700),
        Timeline().silence(60),
    ],
    ids=["talk", "a song amid talk", "two songs", "a jingle", "a long mix", "nothing"],
)
def test_anything_else_is_none(recording: Timeline) -> None:
    assert not taken_whole(recording)


def test_two_lines_of_a_list_are_two_songs() -> None:
    assert taken_whole(Timeline().song(200), n_listed=1)
    assert not taken_whole(Timeline().song(200), n_listed=2)


def test_a_rule_takes_everything_whole_or_nothing() -> None:
    assert taken_whole(Timeline().talk(700), whole="always")
    assert not taken_whole(Timeline().song(200), whole="never")


def test_a_whole_song_is_as_long_as_its_recording_and_flagged_as_others_are() -> None:
    span = whole_song(Timeline().silence(10).song(30).segmentation(), SongRules())
    assert (span.start_s, span.stop_s, span.flags) == (0.0, 40.0, ("short",))
    assert span.confidence == 1.0
    long = whole_song(Timeline().song(601).segmentation(), SongRules())
    assert long.flags == ("long",)
