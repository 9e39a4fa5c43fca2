"""Channels, the rules that the user gave them, and what they have listed so far."""

import time
from collections.abc import Collection, Iterable
from dataclasses import asdict, fields, replace

import sqlalchemy as sa

from utawaku.library.errors import NotFoundError
from utawaku.library.records import Channel, ChannelEntry, Stream
from utawaku.library.requests import SUBSCRIPTION, Ingest
from utawaku.library.schema import channel_entries, channels, requests, streams
from utawaku.library.store.connections import Connections, upsert

_COLUMNS = [channels.c[field.name] for field in fields(Channel)]
_ENTRY = [channel_entries.c[field.name] for field in fields(ChannelEntry)]

_CLOCK_SLACK_S = 60.0


class Channels:
    """Followed channels."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def find(self, channel_id: str) -> Channel | None:
        """The channel with this id, or None."""
        return self._first(channels.c.id == channel_id)

    def by_url(self, url: str) -> Channel | None:
        """The channel that is followed at this address, or None."""
        return self._first(channels.c.url == url)

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

    def of_stream(self, stream: Stream) -> Channel | None:
        """The channel whose rules hold for a stream: the one that listed it, else its owner."""
        whole = stream.url.partition("?p=")[0]  # a part of a video that was listed
        asked = (
            sa.select(*_COLUMNS)
            .join(channel_entries, channel_entries.c.channel_id == channels.c.id)
            .where(
                channel_entries.c.key.in_((stream.id, stream.url))
                | (channel_entries.c.url == whole)
            )
            .order_by(channel_entries.c.state, channel_entries.c.first_seen_at)
        )
        with self._catalogue.read() as connection:
            row = connection.execute(asked).first()
        return Channel(*row) if row else self.find(f"{stream.site}:{stream.channel_id}")

    def all(self, *, followed_only: bool = False) -> list[Channel]:
        """Channels by title."""
        query = sa.select(*_COLUMNS).order_by(channels.c.title, channels.c.id)
        if followed_only:
            query = query.where(channels.c.followed)
        with self._catalogue.read() as connection:
            return [Channel(*row) for row in connection.execute(query)]

    def due(self, now: float, *, limit: int | None = None) -> list[Channel]:
        """Followed channels to look at, the longest waiting first.

        A next look that lies more than a month ahead, or follows on one that has not been yet, was
        written by a clock that was wrong.
        """
        month_s = 31 * 86_400
        query = (
            sa.select(*_COLUMNS)
            .where(
                channels.c.followed,
                sa.or_(
                    channels.c.next_look_at.is_(None),
                    channels.c.next_look_at <= now,
                    channels.c.next_look_at > now + month_s,
                    channels.c.last_look_at > now + _CLOCK_SLACK_S,
                ),
            )
            .order_by(sa.func.coalesce(channels.c.next_look_at, 0.0), channels.c.id)
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return [Channel(*row) for row in connection.execute(query)]

    def save(self, channel: Channel) -> None:
        """Insert or update."""
        values = asdict(channel)
        keys = {"id": values.pop("id")}
        with self._catalogue.write() as connection:
            upsert(connection, channels, keys, values)

    def delete(self, channel_id: str) -> None:
        """Forget a channel and what it listed; its streams stay."""
        with self._catalogue.write() as connection:
            connection.execute(channels.delete().where(channels.c.id == channel_id))

    def put_off(self, channel_id: str, until: float, error: str = "") -> None:
        """Set the next look, with the reason where the last one failed."""
        last = channels.c.last_look_at
        # What a wrong clock wrote counts once: from here on the new time does.
        known = sa.case((last > time.time() + _CLOCK_SLACK_S, sa.null()), else_=last)
        with self._catalogue.write() as connection:
            connection.execute(
                channels.update()
                .where(channels.c.id == channel_id)
                .values(next_look_at=until, last_error=error, last_look_at=known)
            )

    def entries(
        self, channel_id: str, *, state: str | None = None, limit: int | None = None
    ) -> list[ChannelEntry]:
        """Return what the channel has listed, the latest seen first."""
        query = (
            sa.select(*_ENTRY)
            .where(channel_entries.c.channel_id == channel_id)
            .order_by(channel_entries.c.first_seen_at.desc(), channel_entries.c.key)
            .limit(limit)
        )
        if state is not None:
            query = query.where(channel_entries.c.state == state)
        with self._catalogue.read() as connection:
            return [ChannelEntry(*row) for row in connection.execute(query)]

    def entry(self, channel_id: str, key: str) -> ChannelEntry | None:
        """One entry, or None."""
        query = sa.select(*_ENTRY).where(
            channel_entries.c.channel_id == channel_id, channel_entries.c.key == key
        )
        with self._catalogue.read() as connection:
            row = connection.execute(query).first()
        return ChannelEntry(*row) if row else None

    def tally(self, channel_id: str) -> dict[str, int]:
        """Return how many entries were asked for, and how many the rules left out."""
        query = (
            sa.select(channel_entries.c.state, sa.func.count())
            .where(channel_entries.c.channel_id == channel_id)
            .group_by(channel_entries.c.state)
        )
        with self._catalogue.read() as connection:
            found = {row[0]: row[1] for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in ("asked", "skipped")}

    def known_streams(self, keys: Collection[str]) -> set[str]:
        """Return which of these stream ids or addresses are streams of the catalogue already."""
        wanted = list(keys)
        found: set[str] = set()
        with self._catalogue.read() as connection:
            for at in range(0, len(wanted), 400):
                some = wanted[at : at + 400]
                query = sa.select(streams.c.id, streams.c.url).where(
                    sa.or_(streams.c.id.in_(some), streams.c.url.in_(some))
                )
                for row in connection.execute(query):
                    found |= {row.id, row.url}
        return found

    def record_look(
        self,
        channel: Channel,
        seen: Iterable[ChannelEntry],
        *,
        ask: Collection[str],
        now: float | None = None,
    ) -> int:
        """Write what a look at a channel found, all in one transaction.

        `channel` comes with its new cursor and next look. For every key in `ask` a request to
        ingest the entry is filed, unless the entry has been asked for before. A crash leaves either
        all of this or nothing, so a cursor never runs ahead of its requests.
        Returns how many requests were filed.
        """
        at = time.time() if now is None else now
        n_asked = 0
        values = asdict(channel)
        channel_id = values.pop("id")
        # Rules and following are the user's: what they changed meanwhile stays.
        for name in ("rules", "followed", "followed_at", "url"):
            values.pop(name)
        with self._catalogue.write() as connection:
            connection.execute(
                channels.update().where(channels.c.id == channel_id).values(**values)
            )
            for entry in seen:
                where = (
                    channel_entries.c.channel_id == channel_id,
                    channel_entries.c.key == entry.key,
                )
                known = connection.execute(sa.select(*_ENTRY).where(*where)).first()
                entry = replace(entry, channel_id=channel_id, last_seen_at=at)
                if known is not None and known.state == "asked":
                    entry = replace(
                        entry, state="asked", reason=known.reason, request_id=known.request_id
                    )
                elif entry.key in ask:
                    request_id = connection.execute(
                        requests.insert()
                        .values(
                            **Ingest(source=entry.url, channel=channel_id, entry=entry.key).row(),
                            asked_by=SUBSCRIPTION,
                            created_at=at,
                        )
                        .returning(requests.c.id)
                    ).scalar_one()
                    entry = replace(entry, state="asked", reason="", request_id=request_id)
                    n_asked += 1
                first_seen_at = known.first_seen_at if known is not None else at
                row = asdict(replace(entry, first_seen_at=first_seen_at))
                keys = {name: row.pop(name) for name in ("channel_id", "key")}
                upsert(connection, channel_entries, keys, row)
        return n_asked

    def skip_entry(self, channel_id: str, key: str, reason: str) -> None:
        """A look at the stream itself showed that the rules do not let it through."""
        with self._catalogue.write() as connection:
            connection.execute(
                channel_entries.update()
                .where(channel_entries.c.channel_id == channel_id, channel_entries.c.key == key)
                .values(state="skipped", reason=reason)
            )

    def _first(self, where: sa.ColumnElement[bool]) -> Channel | None:
        with self._catalogue.read() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(where)).first()
        return Channel(*row) if row else None
