"""Connections that a store takes from the catalogue, to read and to write."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

T = TypeVar("T")


class Connections(Protocol):
    """Implemented by `utawaku.library.catalogue.Catalogue`."""

    def read(self) -> AbstractContextManager[sa.Connection]:
        """A consistent view for a few queries."""
        ...

    def write(self) -> AbstractContextManager[sa.Connection]:
        """One transaction."""
        ...


def write_options(engine: sa.Engine) -> dict[str, Any]:
    """Execution options of a connection that writes."""
    options: dict[str, Any] = {"utawaku_write": True}
    if engine.dialect.name != "sqlite":
        # Each statement of a writer sees what was committed before it: one view for the whole
        # transaction would be older than the lock that the writer waited for.
        options["isolation_level"] = "READ COMMITTED"
    return options


def upsert(
    connection: sa.Connection, table: sa.Table, keys: dict[str, object], values: dict[str, object]
) -> None:
    """Update the row with these keys, or insert it; inside the caller's transaction."""
    where = [table.c[name] == value for name, value in keys.items()]
    if values and connection.execute(table.update().where(*where).values(**values)).rowcount:
        return
    if not values and connection.execute(sa.select(sa.literal(1)).where(*where)).first():
        return
    connection.execute(table.insert().values(**keys, **values))


def batches(values: Sequence[T], n: int) -> Iterator[Sequence[T]]:
    """Pieces of at most `n`: a statement takes only so many values."""
    for at in range(0, len(values), n):
        yield values[at : at + n]
