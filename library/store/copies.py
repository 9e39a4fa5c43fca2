"""Copies of one song: which songs are, and which of them is the best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import sqlalchemy as sa

from utawaku.library.schema import song_search, songs
from utawaku.library.store.joined_numbers import grouped_numbers
from utawaku.library.store.kept_orders import Order, changed_since, latest_change
from utawaku.library.store.sound_links import every_link, joined, linked_numbers
from utawaku.library.store.text_changes import LINKS, state_of


def best_copies(
    numbers: np.ndarray, groups: np.ndarray, ranks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best copy of each song, in the order of `numbers`, and how many there are.

    Both are int64 (n_groups,).

    Args:
        numbers: int64 (n,), song numbers in any order, none twice.
        groups: int64 (n_numbers,), from `KeptGroups`.
        ranks: int64 (n_numbers,), from `ranks_of`.
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


BEST_COPY = Order(
    (
        (sa.func.coalesce(songs.c.grade, 0), True),
        (sa.func.coalesce(songs.c.stars, 0), True),
        (sa.func.coalesce(songs.c.taste, 0.0), True),
        (songs.c.play_count, True),
        (songs.c.confidence, True),
        (songs.c.added_at, True),
        (songs.c.number, True),
    ),
    only_kept=False,
)
"""All songs, of two copies of one the better first."""


def ranks_of(best_first: np.ndarray, last: int) -> np.ndarray:
    """Return the place of each song number among all copies, the best 0: int64 (n_numbers,).

    `n_numbers` is more than `last`; `best_first` is int64 (n_songs,), in the order `BEST_COPY`.
    """
    ranks = np.zeros(1 + max(last, int(best_first.max(initial=0))), np.int64)
    ranks[best_first] = np.arange(len(best_first))
    return ranks


@dataclass(frozen=True)
class NamedGroups:
    """One value a title and artist, as they were after a change of the texts."""

    state: int
    groups: np.ndarray
    """int64 (n_numbers,), by song number; below 1 where a song has no name."""

    @classmethod
    def read(cls, connection: sa.Connection, last: int = 0) -> Self:
        """Read them; `n_numbers` is more than `last`."""
        state = state_of(connection)
        top = connection.execute(sa.select(sa.func.max(song_search.c.number))).scalar()
        groups = -np.arange(1 + max(last, top or 0))
        # Songs without a name are copies only of what sounds like them.
        named = song_search.c.title != ""
        names = (song_search.c.title, song_search.c.artist)
        numbers, group_of = grouped_numbers(connection, song_search.c.number, names, named)
        groups[numbers] = group_of + 1
        return cls(state, groups)


@dataclass(frozen=True)
class _Linked:
    """Groups of what has one name or sounds alike, and what they hold for."""

    named: NamedGroups
    links_state: int
    change: int
    """The latest change of songs that they hold."""
    linked: frozenset[int]
    """Numbers of songs that sound like others: whether two are one depends on who named them."""
    groups: np.ndarray


class KeptGroups:
    """The group of each song, read again when what decides it has changed. One call at a time.

    On PostgreSQL changes of songs are not written down: whoever keeps groups clears them then.
    """

    def __init__(self) -> None:
        self._named: NamedGroups | None = None
        self._linked: _Linked | None = None

    def clear(self) -> None:
        """Forget all."""
        self._named = self._linked = None

    def put(self, named: NamedGroups) -> None:
        """Keep what `NamedGroups.read` has read."""
        self._named = named

    def are_named(self, connection: sa.Connection) -> bool:
        """Return whether no name has changed since they were read."""
        return self._named is not None and self._named.state == state_of(connection)

    def get(self, connection: sa.Connection, last: int) -> np.ndarray:
        """Return one value a title and artist, for each song number: int64 (n_numbers,).

        `n_numbers` is more than `last`.
        """
        named = self._named
        if named is None or len(named.groups) <= last or not self.are_named(connection):
            named = self._named = NamedGroups.read(connection, last)
        linked = self._linked
        if linked is None or linked.named is not named or not _holds(connection, linked):
            linked = self._linked = _link(connection, named)
        return linked.groups


def _holds(connection: sa.Connection, linked: _Linked) -> bool:
    if linked.links_state != state_of(connection, LINKS):
        return False
    changed = changed_since(connection, linked.change)
    return changed is not None and linked.linked.isdisjoint(changed.numbers)


def _link(connection: sa.Connection, named: NamedGroups) -> _Linked:
    groups = named.groups
    links = [pair for pair in linked_numbers(connection) if max(pair) < len(groups)]
    if links:
        groups = groups.copy()
        _join(groups, links)
    return _Linked(
        named,
        state_of(connection, LINKS),
        latest_change(connection),
        frozenset(number for pair in every_link(connection) for number in pair),
        groups,
    )


def _join(groups: np.ndarray, links: Sequence[tuple[int, int]]) -> None:
    """Make one group of what linked songs belong to, in place."""
    linked = {number: int(groups[number]) for pair in links for number in pair}
    kept = {group: to for group, to in joined(linked, links).items() if group != to}
    if kept:
        changed = np.flatnonzero(np.isin(groups, list(kept)))
        groups[changed] = [kept[int(group)] for group in groups[changed]]
