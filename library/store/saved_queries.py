"""Searches with a name: playlists that fill themselves."""

import time

import sqlalchemy as sa

from utawaku.library.query.syntax import parse
from utawaku.library.schema import saved_queries
from utawaku.library.store.connections import Connections, upsert


class SavedQueries:
    """Names and their searches."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def all(self) -> dict[str, str]:
        """Searches by name, in the order of names."""
        query = sa.select(saved_queries.c.name, saved_queries.c.query).order_by(
            saved_queries.c.name
        )
        with self._catalogue.read() as connection:
            return {row.name: row.query for row in connection.execute(query)}

    def save(self, name: str, query: str) -> None:
        """Keep a search under a name; an older one of that name gives way.

        Raises:
            QueryError: the search cannot be understood.
        """
        parse(query)
        with self._catalogue.write() as connection:
            upsert(
                connection,
                saved_queries,
                {"name": name},
                {"query": query, "created_at": time.time()},
            )

    def delete(self, name: str) -> bool:
        """Forget one; False when there was none of that name."""
        with self._catalogue.write() as connection:
            return bool(
                connection.execute(
                    saved_queries.delete().where(saved_queries.c.name == name)
                ).rowcount
            )
