"""Thresholds are fitted to the user's corrections, and stay where nothing else is better."""

from collections.abc import Sequence

import pytest

from tests.models.song_timelines import Timeline
from utawaku.models.songs import SongRules, find_songs
from utawaku.models.training.judgements import Span, without_covered
from utawaku.models.training.song_rules import JudgedStream, fit_rules


def evening() -> tuple[Timeline, list[Span]]:
    """Songs of 100, 70 and 66 s between talk; the classic strategy takes the first alone."""
    timeline = Timeline().talk(40)
    songs = []
    for duration_s in (100.0, 70.0, 66.0):
        start_s = timeline.now_s
        timeline.music(duration_s)
        songs.append((start_s, timeline.now_s))
        timeline.talk(40)
    return timeline, songs


def judged_stream(
    timeline: Timeline, songs: Sequence[Span], **more: Sequence[Span]
) -> JudgedStream:
    segmentation = timeline.segmentation()

    def find(rules: SongRules) -> list[Span]:
        return [(one.start_s, one.stop_s) for one in find_songs(segmentation, rules)]

    return JudgedStream(songs, more.get("no_songs", ()), more.get("unjudged", ()), (), find)


def test_a_threshold_that_loses_songs_is_lowered_and_the_others_stay() -> None:
    timeline, songs = evening()
    fit = fit_rules(SongRules(strategy="classic"), [judged_stream(timeline, songs)])
    assert (fit.before.n_clean, fit.before.n_finds) == (1, 1)
    assert (fit.after.n_clean, fit.after.clean_f1, fit.after.found_f1) == (3, 1.0, 1.0)
    assert set(fit.changes) == {"classic_min_song_s"}
    assert fit.fitted.classic_min_song_s < 69
    assert fit.is_better
    assert fit.n_changed == 2


@pytest.mark.slow
def test_the_smart_strategy_learns_the_shortest_song() -> None:
    timeline, songs = evening()
    stream = judged_stream(timeline, songs)
    fit = fit_rules(SongRules(min_song_s=90.0), [stream])
    assert fit.before.n_clean == 1
    assert fit.after.n_clean == 3
    assert set(fit.changes) == {"min_song_s"}


def test_a_find_that_the_user_dropped_raises_a_threshold() -> None:
    timeline, songs = evening()
    low = SongRules(strategy="classic", classic_min_song_s=60.0)
    fit = fit_rules(low, [judged_stream(timeline, songs[:2], no_songs=songs[2:])])
    assert fit.before.n_finds == 3
    assert fit.after.clean_f1 == 1.0
    assert fit.changes == {"classic_min_song_s": 70.0}


def test_rules_that_cut_as_the_user_does_stay() -> None:
    timeline, songs = evening()
    fit = fit_rules(
        SongRules(strategy="classic", classic_min_song_s=60), [judged_stream(timeline, songs)]
    )
    assert not fit.is_better
    assert (fit.changes, fit.n_changed) == ({}, 0)


def test_songs_that_nobody_judged_count_neither_way_and_finds_beside_all_songs_do() -> None:
    timeline, songs = evening()
    half = judged_stream(timeline, songs[:1], unjudged=songs[1:])
    counts = half.counts([*songs, (0.0, 35.0)])
    assert (counts.n_songs, counts.n_finds, counts.n_clean) == (1, 2, 1)
    swallowed = half.counts([(songs[0][0], songs[1][1])])
    assert (swallowed.n_finds, swallowed.n_found, swallowed.n_clean) == (1, 0, 0)


def test_a_song_that_was_merged_into_another_is_no_find_that_is_none() -> None:
    dropped: list[Span] = [(100.0, 200.0), (300.0, 400.0)]
    assert without_covered(dropped, [(0.0, 200.0)]) == [(300.0, 400.0)]
