"""Counts of changes of the searchable texts, and of what sounds alike.

What was read of them holds until the next one.
"""

import time

import sqlalchemy as sa

from utawaku.library.schema import memories
from utawaku.library.store.connections import upsert

TEXTS = "song_search"
LINKS = "sound_links"


def state_of(connection: sa.Connection, what: str = TEXTS) -> int:
    """Return how often `TEXTS` or `LINKS` were changed."""
    query = sa.select(memories.c.value).where(memories.c.name == what)
    return int(connection.execute(query).scalar() or 0)


def count_change(connection: sa.Connection, what: str = TEXTS) -> None:
    """Count a change of `TEXTS` or `LINKS`, in the transaction that makes it."""
    value = state_of(connection, what) + 1
    upsert(connection, memories, {"name": what}, {"value": value, "at": time.time()})
