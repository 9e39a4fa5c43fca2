"""Channels and the rules that the user gave them."""

from dataclasses import asdict, fields

import sqlalchemy as sa

from library.errors import NotFoundError
from library.records import Channel
from library.schema import channels
from library.store.connections import Connections, upsert

_COLUMNS = [channels.c[field.name] for field in fields(Channel)]


class Channels:
    """Whom the user follows."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def find(self, channel_id: str) -> Channel | None:
        """The channel with this id, or None."""
        query = sa.select(*_COLUMNS).where(channels.c.id == channel_id)
        with self._catalogue.read() as connection:
            row = connection.execute(query).first()
        return Channel(*row) if row else None

    def get(self, channel_id: str) -> Channel:
        """The channel with this id.

        Raises:
            NotFoundError: there is none.
        """
        found = self.find(channel_id)
        if found is None:
            raise NotFoundError(
                "no such channel", subject=channel_id, next_step="`utawaku channels` lists them"
            )
        return found

    def all(self, *, followed_only: bool = False) -> list[Channel]:
        """Channels by title."""
        query = sa.select(*_COLUMNS).order_by(channels.c.title, channels.c.id)
        if followed_only:
            query = query.where(channels.c.followed)
        with self._catalogue.read() as connection:
            return [Channel(*row) for row in connection.execute(query)]

    def save(self, channel: Channel) -> None:
        """Insert or update."""
        values = asdict(channel)
        keys = {"id": values.pop("id")}
        with self._catalogue.write() as connection:
            upsert(connection, channels, keys, values)
