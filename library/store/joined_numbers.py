"""Numbers of many songs, read as one text that the database joins by itself.

That is off the interpreter's lock, so a screen goes on meanwhile, and several times less work than
to read rows.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

_NO_NUMBER = 0
"""Between two groups; songs count from 1."""


def joined(
    connection: sa.Connection, column: sa.ColumnElement[Any], separator: str = " "
) -> sa.ColumnElement[str]:
    """Return an aggregate: the values of a column in one text."""
    if connection.dialect.name == "sqlite":
        return sa.func.group_concat(column, separator)
    return sa.func.string_agg(column.cast(sa.Text), separator)


def numbers_of_query(connection: sa.Connection, query: sa.Select[Any]) -> np.ndarray:
    """int64 (n,): the one column of a query, in its order."""
    (column,) = query.subquery().c
    return _read(connection.execute(sa.select(joined(connection, column))).scalar())


def numbers_by(
    connection: sa.Connection, number: sa.ColumnElement[int], by: sa.ColumnElement[Any]
) -> Iterator[tuple[Any, np.ndarray]]:
    """Yield each value of the column `by`, with the numbers that have it, int64 (n,)."""
    query = sa.select(by, joined(connection, number)).group_by(by)
    for value, text in connection.execute(query):
        yield value, _read(text)


def grouped_numbers(
    connection: sa.Connection,
    number: sa.ColumnElement[int],
    by: Sequence[sa.ColumnElement[Any]],
    where: sa.ColumnElement[bool],
) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers, and the group of each: those with the same values of `by`.

    Both are int64 (n,); groups count from 0.
    """
    groups = sa.select(joined(connection, number).label("numbers")).where(where).group_by(*by)
    between = f" {_NO_NUMBER} "
    query = sa.select(joined(connection, groups.subquery().c.numbers, between))
    found = _read(connection.execute(query).scalar())
    is_number = found != _NO_NUMBER
    return found[is_number], np.cumsum(~is_number)[is_number]


def _read(text: str | None) -> np.ndarray:
    return np.fromstring(text, np.int64, sep=" ") if text else np.zeros(0, np.int64)
