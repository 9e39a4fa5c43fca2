"""What the user is asked about next."""

import time
from collections import Counter

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue


def test_picks_are_ungraded_each_once_and_mixed_by_reason(catalogue: Catalogue) -> None:
    fill(catalogue, 120, now=1_700_000_000.0)
    picks = catalogue.review.picks(20, seed=1)
    assert len({pick.song.id for pick in picks}) == 20
    assert all(pick.song.grade is None for pick in picks)
    promising = [pick.song.taste or 0 for pick in picks if pick.why == "promising"]
    uncertain = [abs((pick.song.taste or 0) - 0.5) for pick in picks if pick.why == "uncertain"]
    assert min(promising) > 0.8
    assert max(uncertain) < 0.2
    assert sum(pick.why == "random" for pick in picks) >= 3
    skipped = [pick.song.id for pick in picks[:5]]
    again = catalogue.review.picks(20, without=skipped, seed=1)
    assert not {pick.song.id for pick in again} & set(skipped)


def test_every_song_is_asked_about_in_the_end(catalogue: Catalogue) -> None:
    fill(catalogue, 30, now=1_700_000_000.0)
    ungraded = {song.id for song in catalogue.songs.select() if song.grade is None}
    assert {pick.song.id for pick in catalogue.review.picks(1000)} == ungraded
    for song_id in ungraded:
        catalogue.grades.give(song_id, grade=1, context={"taste": 0.8})
    assert catalogue.review.picks(10) == []
    guesses = catalogue.review.guesses()
    assert len(guesses) == len(ungraded)
    assert all(guess.right for guess in guesses)
    assert catalogue.review.n_graded(since=1.0) == len(ungraded)


def test_a_song_graded_twice_counts_once_and_not_when_its_mark_is_taken_off(
    catalogue: Catalogue,
) -> None:
    fill(catalogue, 30, now=1_700_000_000.0)
    first, second = [song.id for song in catalogue.songs.select() if song.grade is None][:2]
    since = time.time()
    for song_id, grade in ((first, 1), (first, -1), (second, 1)):
        catalogue.grades.give(song_id, grade=grade)
    assert catalogue.review.n_graded(since=since) == 2
    catalogue.grades.clear(second)
    assert catalogue.review.n_graded(since=since) == 1


def test_songs_at_random_come_from_a_large_library_as_from_a_small_one(
    catalogue: Catalogue,
) -> None:
    fill(catalogue, 600, now=1_700_000_000.0)
    every = catalogue.songs.select()
    ungraded = {song.id for song in every if song.grade is None}
    drawn: Counter[str] = Counter()
    for seed in range(60):
        picks = catalogue.review.picks(10, seed=seed)
        drawn.update(pick.song.id for pick in picks if pick.why == "random")
    assert set(drawn) <= ungraded
    # Two of ten are drawn: 120 songs, hardly ever one of them more than three times.
    assert drawn.total() == 120
    assert max(drawn.values()) <= 4
    places = [every.index(song) / len(every) for song in every if song.id in drawn]
    assert 0.35 < sum(places) / len(places) < 0.65


def test_the_most_uncertain_songs_are_those_nearest_to_the_middle(catalogue: Catalogue) -> None:
    fill(catalogue, 400, now=1_700_000_000.0)
    ungraded = [song for song in catalogue.songs.select() if song.grade is None]
    nearest = sorted(abs((song.taste or 0) - 0.5) for song in ungraded)
    picks = catalogue.review.picks(25, seed=2)
    uncertain = [abs((pick.song.taste or 0) - 0.5) for pick in picks if pick.why == "uncertain"]
    assert uncertain == nearest[: len(uncertain)]
    assert len(uncertain) >= 9
