"""Streams and their segments."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace

import sqlalchemy as sa

from utawaku.library.errors import NotFoundError
from utawaku.library.records import Segment, Stream
from utawaku.library.schema import segments, songs, streams
from utawaku.library.store.connections import Connections
from utawaku.library.store.songs import index_songs

_FIELDS = [field.name for field in fields(Stream)]
_COLUMNS = [streams.c[name] for name in _FIELDS]


class Streams:
    """Archived broadcasts."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def get(self, stream_id: str) -> Stream:
        """The stream with this id.

        Raises:
            NotFoundError: there is none.
        """
        found = self.find(stream_id)
        if found is None:
            raise NotFoundError(
                "no such stream in the catalogue",
                subject=stream_id,
                next_step="`utawaku status` lists the streams",
            )
        return found

    def find(self, stream_id: str) -> Stream | None:
        """The stream with this id, or None."""
        with self._catalogue.read() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(streams.c.id == stream_id)).first()
        return Stream(*row) if row else None

    def by_url(self, url: str) -> Stream | None:
        """The stream that was taken from this address, or None."""
        with self._catalogue.read() as connection:
            row = connection.execute(sa.select(*_COLUMNS).where(streams.c.url == url)).first()
        return Stream(*row) if row else None

    def all(self, *, limit: int | None = None, offset: int = 0) -> list[Stream]:
        """Streams, the newest first."""
        query = (
            sa.select(*_COLUMNS)
            .order_by(streams.c.added_at.desc(), streams.c.id)
            .limit(limit)
            .offset(offset)
        )
        with self._catalogue.read() as connection:
            return [Stream(*row) for row in connection.execute(query)]

    def of_ids(self, stream_ids: Iterable[str]) -> list[Stream]:
        """Some hundred streams, by id."""
        wanted = streams.c.id.in_(list(stream_ids))
        with self._catalogue.read() as connection:
            query = sa.select(*_COLUMNS).where(wanted).order_by(streams.c.id)
            return [Stream(*row) for row in connection.execute(query)]

    def ids(self) -> set[str]:
        """Ids of all streams."""
        with self._catalogue.read() as connection:
            return set(connection.execute(sa.select(streams.c.id)).scalars())

    def titles(self, stream_ids: Iterable[str]) -> dict[str, str]:
        """Titles by id."""
        wanted = list(stream_ids)
        found: dict[str, str] = {}
        with self._catalogue.read() as connection:
            for at in range(0, len(wanted), 500):
                query = sa.select(streams.c.id, streams.c.title).where(
                    streams.c.id.in_(wanted[at : at + 500])
                )
                found |= {row.id: row.title for row in connection.execute(query)}
        return found

    def count(self) -> int:
        """Return how many there are."""
        with self._catalogue.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(streams)).scalar_one()

    def save(self, stream: Stream) -> Stream:
        """Insert or update; `added_at` of a known stream stays. Returns what is stored."""
        with self._catalogue.write() as connection:
            known = connection.execute(
                sa.select(streams.c.added_at).where(streams.c.id == stream.id)
            ).scalar()
            stream = replace(stream, added_at=known or stream.added_at or time.time())
            values = asdict(stream)
            if known is None:
                connection.execute(streams.insert().values(**values))
            else:
                connection.execute(
                    streams.update().where(streams.c.id == stream.id).values(**values)
                )
                connection.execute(
                    songs.update()
                    .where(songs.c.stream_id == stream.id)
                    .values(
                        stream_title=stream.title,
                        channel=stream.channel,
                        stream_url=stream.url,
                        uploaded_on=stream.uploaded_on,
                    )
                )
                index_songs(connection, songs.c.stream_id == stream.id)
        return stream

    def delete(self, stream_id: str) -> None:
        """Forget a stream and everything that was derived from it."""
        with self._catalogue.write() as connection:
            connection.execute(streams.delete().where(streams.c.id == stream_id))

    def segments(self, stream_id: str) -> list[Segment]:
        """The stream's segments in order."""
        query = (
            sa.select(segments.c.label, segments.c.start_s, segments.c.stop_s)
            .where(segments.c.stream_id == stream_id)
            .order_by(segments.c.position)
        )
        with self._catalogue.read() as connection:
            return [Segment(*row) for row in connection.execute(query)]

    def replace_segments(self, stream_id: str, new: Iterable[Segment] | Sequence[Segment]) -> None:
        """Put these segments in place of the old ones."""
        rows = [
            {
                "stream_id": stream_id,
                "position": position,
                "label": segment.label,
                "start_s": float(segment.start_s),
                "stop_s": float(segment.stop_s),
            }
            for position, segment in enumerate(new)
        ]
        with self._catalogue.write() as connection:
            connection.execute(segments.delete().where(segments.c.stream_id == stream_id))
            if rows:
                connection.execute(segments.insert(), rows)
