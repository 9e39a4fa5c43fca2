"""The review queue: songs of the library, and streams that the crawler found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from utawaku.library.catalogue import Catalogue
from utawaku.library.language import msg
from utawaku.library.records import Candidate
from utawaku.library.store.candidates import OPEN
from utawaku.library.store.review import Guess, Pick

AHEAD = 20
SONGS_A_FIND = 3
"""After so many songs comes one stream that the crawler found, while there are any."""
WINDOW = 20
"""Grades that one rate is of."""
REASONS = {
    "promising": msg("promising: the model thinks you will like it"),
    "uncertain": msg("uncertain: your answer teaches the model most here"),
    "varied": msg("varied: chosen by chance, so that nothing is missed"),
    "random": msg("random: so that the model hears of everything"),
    "doubtful": msg("doubtful: is it cut where it starts and ends?"),
    "found": msg("new: nobody has judged it yet, not even the model"),
}
PROMISING = 0.6


@dataclass(frozen=True)
class Find:
    """A stream that the crawler found, and why it is asked about."""

    candidate: Candidate
    why: str
    """One of `REASONS`."""


Asked = Pick | Find


@dataclass(frozen=True)
class Round:
    """The next questions, and the results so far."""

    asked: list[Asked]
    numbers: dict[str, int]
    """Numbers of the songs by id."""
    n_songs: int
    """In the library."""
    n_today: int
    """Graded since midnight, by the clock on the wall."""
    guesses: list[Guess]
    aucs: list[float]
    """Of each training, out of fold, the oldest first."""
    n_doubtful: int
    """Songs of the library with a doubtful cut."""
    liked: list[float]
    """Share of likes among the last `WINDOW` marks of the review, after each mark."""


def read_round(
    catalogue: Catalogue, without: Sequence[Asked], skipped: Sequence[str], *, cuts: bool = False
) -> Round:
    """Read it; off the event loop.

    Args:
        catalogue: where.
        without: what is asked about already.
        skipped: songs that were skipped just now.
        cuts: ask about doubtful cuts, the most doubtful first, instead of songs to grade.
    """
    song_ids = [*skipped, *(asked.song.id for asked in without if isinstance(asked, Pick))]
    find_ids = {asked.candidate.id for asked in without if isinstance(asked, Find)}
    asked: list[Asked] = []
    if cuts:
        asked += doubtful_picks(catalogue, song_ids)
    else:
        asked += mixed(ungraded_picks(catalogue, song_ids), finds(catalogue, find_ids))
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    return Round(
        asked,
        catalogue.browser.numbers_of([one.song.id for one in asked if isinstance(one, Pick)]),
        len(catalogue.browser.search("")),
        catalogue.review.n_graded(since=midnight)
        + catalogue.candidates.n_decided(since=midnight, one_by_one=True),
        catalogue.review.guesses(),
        [model.auc for model in catalogue.taste.models() if model.auc is not None],
        catalogue.review.n_doubtful(),
        [share for _at, share in catalogue.taste.liked_share(window=WINDOW)],
    )


def doubtful_picks(catalogue: Catalogue, without: Sequence[str]) -> list[Pick]:
    """Songs whose cut is to be checked, the most doubtful first."""
    return [Pick(song, "doubtful") for song in catalogue.review.doubtful(AHEAD, without=without)]


def ungraded_picks(catalogue: Catalogue, song_ids: Sequence[str]) -> list[Pick]:
    """Songs to grade, without these."""
    picks = queued_picks(catalogue, song_ids)
    if len(picks) < AHEAD // 2:
        # Nothing was trained yet, or its questions are used up.
        known = [*song_ids, *(pick.song.id for pick in picks)]
        never = catalogue.taste.not_to_be_asked()
        own = catalogue.review.picks(AHEAD * 2, without=known)
        picks += [pick for pick in own if pick.song.id not in never][:AHEAD]
    return picks


def queued_picks(catalogue: Catalogue, without: Sequence[str]) -> list[Pick]:
    """Return what the taste model wants to know, in its order, without what was asked just now."""
    left = set(without)
    reasons = {song_id: why for song_id, why in catalogue.taste.queue() if song_id not in left}
    songs = catalogue.browser.songs_by_id(list(reasons)[: AHEAD * 2])
    return [Pick(song, reasons[song.id]) for song in songs]


def finds(catalogue: Catalogue, without: set[int]) -> list[Find]:
    """Open candidates: those that can be heard first, the most promising of them first."""
    stored = catalogue.candidates.in_state(*OPEN, limit=4 * AHEAD)
    stored.sort(key=lambda one: not one.preview_path)
    return [Find(one, why_of(one)) for one in stored if one.id not in without][:AHEAD]


def why_of(candidate: Candidate) -> str:
    """Return why a stream is worth a question."""
    if candidate.score is None:
        return "found"
    return "promising" if candidate.score >= PROMISING else "uncertain"


def mixed(picks: Sequence[Pick], found: Sequence[Find]) -> list[Asked]:
    """Songs with a find after every few; what is left over of either comes last."""
    asked: list[Asked] = []
    waiting = list(found)
    for n, pick in enumerate(picks, start=1):
        asked.append(pick)
        if n % SONGS_A_FIND == 0 and waiting:
            asked.append(waiting.pop(0))
    return [*asked, *waiting]


def hit_rates(guesses: Sequence[Guess], *, points: int = 24) -> list[float]:
    """Share of right guesses among each `WINDOW` grades in a row, at up to `points` moments."""
    if len(guesses) < WINDOW:
        return []
    right = [guess.right for guess in guesses]
    stops = range(WINDOW, len(right) + 1)
    step = max(1, len(stops) // points)
    chosen = [*stops][::-1][::step][:points][::-1]
    return [sum(right[stop - WINDOW : stop]) / WINDOW for stop in chosen]
