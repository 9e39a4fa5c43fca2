"""Orders of all songs, kept in memory and brought up to date where only a few songs have changed.

On SQLite triggers write down which songs were changed last (`song_changes`). On PostgreSQL nobody
does: whoever keeps orders clears them after a change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Self

import numpy as np
import sqlalchemy as sa

from utawaku.library.query.fields import FIELDS
from utawaku.library.query.results import Sort
from utawaku.library.schema import songs
from utawaku.library.store.joined_numbers import numbers_of_query

MOST_CHANGED = 200
"""For more changed songs an order is read anew, which is no slower."""
_STEPS = 16
"""Songs that are compared at once while the place of a changed one is looked for."""
_LOG = sa.table("song_changes", sa.column("change", sa.Integer), sa.column("number", sa.Integer))
_NUMBERS = sa.select(songs.c.number).where(
    songs.c.number.in_(
        sa.select(sa.func.json_each(sa.bindparam("numbers")).table_valued("value").c.value)
    )
)
Key = tuple[Any, ...]
"""Values of one song that an order compares."""


@dataclass(frozen=True)
class Order:
    """An order of songs: the first of `columns` that differs decides; a song's number is last."""

    columns: tuple[tuple[sa.ColumnElement[Any], bool], ...]
    """Each with True where the order descends."""
    only_kept: bool = True
    last: sa.ColumnElement[bool] | None = None
    """Songs of which this is true come after all others."""

    @classmethod
    def of(cls, sort: Sort) -> Self:
        """Return the order of a field; songs without a value come last."""
        column = FIELDS[sort.field].sort
        assert column is not None
        last = None
        if isinstance(column.type, sa.Text):
            last = column == ""
        elif getattr(column, "nullable", True):
            last = column.is_(None)
        return cls(((column, sort.descending), (songs.c.number, sort.descending)), last=last)

    def read(self, connection: sa.Connection) -> np.ndarray:
        """Read the numbers of all songs in this order: int64 (n_songs,)."""
        query = sa.select(songs.c.number).order_by(
            *(_ordered(connection, column, down) for column, down in self.columns)
        )
        if self.only_kept:
            query = query.where(songs.c.state == "kept")
        if self.last is None:
            return numbers_of_query(connection, query)
        # In two parts, each in the order of an index, which one query could not read so.
        with_value, without = (query.where(~self.last), query.where(self.last))
        return np.concatenate(
            [numbers_of_query(connection, part) for part in (with_value, without)]
        )

    def keys(self, connection: sa.Connection, numbers: Sequence[int]) -> dict[int, Key]:
        """Read what is compared of some songs, by their numbers; SQLite only."""
        last = [] if self.last is None else [self.last]
        query = _NUMBERS.add_columns(*last, *(column for column, _down in self.columns))
        if self.only_kept:
            query = query.where(songs.c.state == "kept")
        rows = connection.execute(query, {"numbers": str(list(numbers))})
        return {row[0]: tuple(row[1:]) for row in rows}

    def compare(self, one: Key, other: Key) -> int:
        """Return less than 0 where `one` comes before `other`, more than 0 where after it."""
        downs = [False] * (len(one) - len(self.columns)) + [down for _column, down in self.columns]
        for mine, others, down in zip(one, other, downs, strict=True):
            if mine != others:
                return -1 if (mine < others) != down else 1
        return 0


def _ordered(
    connection: sa.Connection, column: sa.ColumnElement[Any], down: bool
) -> sa.ColumnElement[Any]:
    if isinstance(column.type, sa.Text) and connection.dialect.name != "sqlite":
        # By code points on both databases, which is also much faster than by a language's rules.
        column = column.collate("C")
    return column.desc() if down else column.asc()


@dataclass(frozen=True)
class KeptOrder:
    """An order as it was after a change."""

    change: int
    """The latest one that it holds; 0 where no changes are written down."""
    numbers: np.ndarray
    """int64 (n_songs,)"""


class KeptOrders:
    """Orders by their field, or by a name. One call at a time."""

    def __init__(self) -> None:
        self._kept: dict[Sort | str, KeptOrder] = {}

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def is_near(self, connection: sa.Connection, name: Sort | str) -> bool:
        """Return whether an order is there that needs no reading anew."""
        kept = self._kept.get(name)
        return kept is not None and changed_since(connection, kept.change) is not None

    def put(self, name: Sort | str, kept: KeptOrder) -> None:
        """Keep an order that `read_order` has read."""
        self._kept[name] = kept

    def get(self, connection: sa.Connection, name: Sort | str, order: Order) -> np.ndarray:
        """Return the numbers of all songs in an order, as `connection` sees them: int64 (n,)."""
        kept = self._kept.get(name)
        changed = None if kept is None else changed_since(connection, kept.change)
        if kept is None or changed is None:
            kept = read_order(connection, order)
        elif changed.numbers:
            numbers = moved(connection, order, kept.numbers, changed.numbers)
            kept = KeptOrder(changed.change, numbers)
        self._kept[name] = kept
        return kept.numbers


@dataclass(frozen=True)
class Changed:
    """Songs that were added, changed or removed."""

    change: int
    """The latest change."""
    numbers: list[int]


def read_order(connection: sa.Connection, order: Order) -> KeptOrder:
    """Read an order of all songs."""
    return KeptOrder(latest_change(connection), order.read(connection))


def latest_change(connection: sa.Connection) -> int:
    """Return the number of the latest change of a song; 0 where none is written down."""
    if connection.dialect.name != "sqlite":
        return 0
    return connection.execute(sa.select(sa.func.max(_LOG.c.change))).scalar() or 0


def changed_since(connection: sa.Connection, change: int) -> Changed | None:
    """Return what was changed after a change; None where that is too much or not known."""
    latest = latest_change(connection)
    if latest == change:
        return Changed(change, [])
    if not change < latest <= change + MOST_CHANGED:
        return None
    query = sa.select(_LOG.c.change, _LOG.c.number).where(_LOG.c.change > change)
    rows = connection.execute(query).all()
    if len(rows) != latest - change:
        return None  # some are no longer written down
    return Changed(latest, sorted({row.number for row in rows}))


def moved(
    connection: sa.Connection, order: Order, numbers: np.ndarray, changed: Sequence[int]
) -> np.ndarray:
    """Return an order with some songs taken out and put where they belong now: int64 (n,).

    Args:
        connection: sees the songs as they are now.
        order: how they are compared.
        numbers: int64 (n_before,), all songs, in order but for those that have changed.
        changed: numbers of songs, also of such as are no more.
    """
    is_changed = np.zeros(1 + max(int(numbers.max(initial=0)), *changed), bool)
    is_changed[list(changed)] = True
    rest = numbers[~is_changed[numbers]]
    known = order.keys(connection, changed)

    def compare(one: int, other: int) -> int:
        return order.compare(known[one], known[other])

    put = sorted(known, key=cmp_to_key(compare))
    places = _places(connection, order, rest, [known[number] for number in put])
    return np.insert(rest, places, np.array(put, np.int64))


def _places(
    connection: sa.Connection, order: Order, rest: np.ndarray, keys: Sequence[Key]
) -> list[int]:
    """Return for each key how many of `rest` come before it."""
    low, high = [0] * len(keys), [len(rest)] * len(keys)
    while any(a < b for a, b in zip(low, high, strict=True)):
        tried = [list(_between(a, b)) for a, b in zip(low, high, strict=True)]
        numbers = {int(rest[place]) for places in tried for place in places}
        known = order.keys(connection, sorted(numbers))
        for which, places in enumerate(tried):
            for place in places:
                if order.compare(known[int(rest[place])], keys[which]) < 0:
                    low[which] = place + 1
                else:
                    high[which] = place
                    break
    return low


def _between(low: int, high: int) -> Iterator[int]:
    """Yield some places from `low` to before `high`, evenly spread, the lowest first."""
    n = min(_STEPS, high - low)
    for step in range(1, n + 1):
        yield low + (high - low) * step // (n + 1) if n < high - low else low + step - 1
