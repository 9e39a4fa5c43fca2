"""Copies of one song: which songs are, and which of them is the best."""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from utawaku.library.schema import song_search, songs
from utawaku.library.store.joined_numbers import grouped_numbers, numbers_of_query
from utawaku.library.store.sound_links import joined, linked_numbers


def best_copies(
    numbers: np.ndarray, groups: np.ndarray, ranks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best copy of each song, in the order of `numbers`, and how many there are.

    Both are int64 (n_groups,).

    Args:
        numbers: int64 (n,), song numbers in any order, none twice.
        groups: int64 (n_numbers,), from `read_groups`.
        ranks: int64 (n_numbers,), from `read_ranks`.
    """
    lowest = len(groups)  # a song without a name has the group -number
    group_of = groups[numbers] + lowest
    n_groups = 1 + lowest + max(0, int(groups.max(initial=0)))
    worst_first = np.argsort(ranks[numbers])[::-1]
    place_of = np.zeros(n_groups, np.int64)
    place_of[group_of[worst_first]] = worst_first  # what is written last stays
    counts = np.bincount(group_of, minlength=n_groups)
    places = np.sort(place_of[counts > 0])
    return numbers[places], counts[group_of[places]].astype(np.int64)


def read_ranks(connection: sa.Connection, last: int) -> np.ndarray:
    """Return the place of each song number among all copies, the best 0: int64 (n_numbers,).

    `n_numbers` is more than `last`.
    """
    query = sa.select(songs.c.number).order_by(
        sa.func.coalesce(songs.c.grade, 0).desc(),
        sa.func.coalesce(songs.c.stars, 0).desc(),
        sa.func.coalesce(songs.c.taste, 0.0).desc(),
        songs.c.play_count.desc(),
        songs.c.confidence.desc(),
        songs.c.added_at.desc(),
        songs.c.number.desc(),
    )
    numbers = numbers_of_query(connection, query)
    ranks = np.zeros(1 + max(last, int(numbers.max(initial=0))), np.int64)
    ranks[numbers] = np.arange(len(numbers))
    return ranks


def read_groups(connection: sa.Connection, last: int) -> np.ndarray:
    """Return one value a title and artist, for each song number: int64 (n_numbers,).

    `n_numbers` is more than `last`.
    """
    top = connection.execute(sa.select(sa.func.max(song_search.c.number))).scalar()
    groups = -np.arange(1 + max(last, top or 0))
    # Songs without a name are copies only of what sounds like them.
    named = song_search.c.title != ""
    names = (song_search.c.title, song_search.c.artist)
    numbers, group_of = grouped_numbers(connection, song_search.c.number, names, named)
    groups[numbers] = group_of + 1
    links = [pair for pair in linked_numbers(connection) if max(pair) < len(groups)]
    if links:
        _join(groups, links)
    return groups


def _join(groups: np.ndarray, links: Sequence[tuple[int, int]]) -> None:
    """Make one group of what linked songs belong to, in place."""
    linked = {number: int(groups[number]) for pair in links for number in pair}
    kept = {group: to for group, to in joined(linked, links).items() if group != to}
    if kept:
        changed = np.flatnonzero(np.isin(groups, list(kept)))
        groups[changed] = [kept[int(group)] for group in groups[changed]]
