"""A whole catalogue copied into another database, and checked there row by row."""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import CatalogueError
from utawaku.library.schema import (
    channels,
    fingerprints,
    metadata,
    requests,
    service_answers,
    service_gates,
    streams,
)

_BATCH = 1000
TOLD_BY = (streams, channels, requests)
"""Tables that hold nothing in a catalogue that is new."""
ONLY_SHARED = (fingerprints, service_answers, service_gates)
"""Tables that stay empty on SQLite, which has files for what is in them."""


def is_new(catalogue: Catalogue) -> bool:
    """Return whether a catalogue holds nothing of the user's yet."""
    with catalogue.read() as connection:
        return not any(connection.execute(sa.select(table).limit(1)).first() for table in TOLD_BY)


def copy_catalogue(
    source: Catalogue, target: Catalogue, told: Callable[[str, int], None] = lambda *_: None
) -> int:
    """Put every row of `source` in place of what `target` holds; returns how many rows.

    Nobody writes into either meanwhile. All of it is one change of `target`: where a row reads back
    differently nothing is changed.

    Args:
        source: stays as it is.
        target: of the same schema.
        told: called with the name of each table and its number of rows when it is copied.

    Raises:
        CatalogueError: a row cannot be written, or reads back differently.
    """
    n_rows = 0
    with source.write() as reading, target.write() as writing:
        for table in reversed(metadata.sorted_tables):
            writing.execute(table.delete())
        for table in metadata.sorted_tables:
            if table in ONLY_SHARED and writing.dialect.name == "sqlite":
                continue
            for rows in _batches(reading, table):
                writing.execute(table.insert(), rows)
            n_rows += (n := _check(reading, writing, table))
            told(table.name, n)
        if writing.dialect.name != "sqlite":
            from utawaku.library.postgres import set_counters

            set_counters(writing)
    return n_rows


def _batches(connection: sa.Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """Yield all rows in the order of the primary key, which is the same on every database."""
    on_sqlite = connection.dialect.name == "sqlite"
    order = [
        key.collate("C") if isinstance(key.type, sa.Text) and not on_sqlite else key
        for key in table.primary_key
    ]
    # Read as they come: a large table is never in memory as a whole.
    result = connection.execute(
        sa.select(table).order_by(*order), execution_options={"yield_per": _BATCH}
    )
    for rows in result.mappings().partitions(_BATCH):
        yield [dict(row) for row in rows]


def _check(reading: sa.Connection, writing: sa.Connection, table: sa.Table) -> int:
    """Compare all rows of a table; returns how many there are."""
    there, n_rows = _rows(writing, table), 0
    for row in _rows(reading, table):
        if next(there, None) != row:
            break
        n_rows += 1
    else:
        if next(there, None) is None:
            return n_rows
    raise CatalogueError(
        f"row {n_rows + 1} of the table {table.name} reads back differently",
        next_step="Nothing was changed; report it",
    )


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[dict[str, Any]]:
    for rows in _batches(connection, table):
        yield from rows
