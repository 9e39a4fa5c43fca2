"""Spans without music that viewers marked: weighed with the ear, and never against it alone."""

import numpy as np

from tests.models.song_timelines import Timeline
from utawaku.library.records import SongSpan
from utawaku.models.songs import find_songs
from utawaku.models.songs.boundary_features import STEP_S
from utawaku.models.songs.off_topic import SONG, START, STOP, OffTopic, with_off_topic

BREAK_S = (190.0, 196.0)


def joined() -> Timeline:
    """Two songs with a vamp between them, which the ear takes for one."""
    timeline = Timeline(seed=3).talk(40).song(150, 1).music(6, 5, -24, odds=0)
    return timeline.song(150, 2).talk(40)


def ends(songs: list[SongSpan]) -> list[tuple[float, float]]:
    return [(song.start_s, song.stop_s) for song in songs]


def test_a_break_that_several_marked_divides_what_the_ear_takes_for_one_song() -> None:
    stream = joined().segmentation()
    (one,) = find_songs(stream)
    span = OffTopic(BREAK_S[0] + 0.7, BREAK_S[1] - 0.5, has_edges=True, votes=3)
    first, second = find_songs(stream, off_topic=[span])
    assert abs(first.stop_s - BREAK_S[0]) < 3
    assert abs(second.start_s - BREAK_S[1]) < 3
    assert (first.start_s, second.stop_s) == (one.start_s, one.stop_s)
    assert one.confidence > 0


def test_what_one_person_marked_or_an_advert_changes_nothing_that_is_heard() -> None:
    stream = joined().segmentation()
    heard = ends(find_songs(stream))
    for span in (
        OffTopic(*BREAK_S, has_edges=True),
        OffTopic(100.0, 105.0, has_edges=True, votes=9),
        OffTopic(100.0, 120.0, has_edges=False, locked=True),
        OffTopic(900.0, 950.0, has_edges=True, votes=9),
    ):
        assert ends(find_songs(stream, off_topic=[span])) == heard


def test_edges_speak_for_a_stop_and_a_start_and_not_at_the_ends_of_the_recording() -> None:
    evidence = np.zeros((200, 3), np.float32)
    whole_s = len(evidence) * STEP_S
    told = with_off_topic(evidence, [OffTopic(20.0, 40.0, has_edges=True)])
    at = [int(second / STEP_S) for second in (10, 20, 30, 40)]
    assert [told[step, SONG] < 0 for step in at] == [False, True, True, False]
    assert told[at[3], START] > 0 == told[at[1], START]
    assert told[at[1], STOP] > 0 == told[at[3], STOP]
    all_over = with_off_topic(evidence, [OffTopic(0.0, whole_s, has_edges=True, locked=True)])
    assert not all_over[:, 1:].any()
    advert = with_off_topic(evidence, [OffTopic(20.0, 40.0, has_edges=False)])
    assert not advert[:, 1:].any()
    assert not evidence.any()
