"""The count of changes of the searchable texts: what was read of them holds until the next one."""

import time

import sqlalchemy as sa

from utawaku.library.schema import memories
from utawaku.library.store.connections import upsert

_STATE = "song_search"


def state_of(connection: sa.Connection) -> int:
    """Return how often `song_search` was changed."""
    query = sa.select(memories.c.value).where(memories.c.name == _STATE)
    return int(connection.execute(query).scalar() or 0)


def texts_changed(connection: sa.Connection) -> None:
    """Count a change of `song_search`, in the transaction that makes it."""
    value = state_of(connection) + 1
    upsert(connection, memories, {"name": _STATE}, {"value": value, "at": time.time()})
