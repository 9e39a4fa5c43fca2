"""Streams whose times counted samples, carried to the recording's own clock."""

from collections.abc import Callable

import sqlalchemy as sa

from utawaku.library.schema import asset_states, songs, streams
from utawaku.library.store.connections import Connections

COUNTED, OWN = 0, 1
"""Values of `streams.clock`: times count decoded samples; times are the recording's own."""


class Timelines:
    """The clock that the times of a stream's songs follow."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def counted(self) -> list[str]:
        """Return ids of streams that were segmented when times still counted samples."""
        query = (
            sa.select(streams.c.id)
            .join(asset_states, asset_states.c.stream_id == streams.c.id)
            .where(
                streams.c.clock == COUNTED,
                asset_states.c.asset == "segments",
                asset_states.c.made_at.is_not(None),
                asset_states.c.engine_version != "",
            )
        )
        with self._catalogue.read() as connection:
            return list(connection.execute(query).scalars())

    def confirm(self, stream_id: str) -> None:
        """Note that both clocks tell the same times of a stream."""
        with self._catalogue.write() as connection:
            connection.execute(streams.update().where(streams.c.id == stream_id).values(clock=OWN))

    def outdate(self, stream_id: str) -> None:
        """Make the segments of a stream stale: its times change when they are made again."""
        with self._catalogue.write() as connection:
            connection.execute(
                asset_states.update()
                .where(asset_states.c.stream_id == stream_id, asset_states.c.asset == "segments")
                .values(engine_version="")
            )

    def carry(
        self,
        stream_id: str,
        moved: Callable[[float], float],
        file_moved: Callable[[float], float | None],
    ) -> int:
        """Carry the songs of a stream to its own clock; return how many moved.

        Identity, grades, names and files stay. It happens once: a stream that is on its own clock
        already is not touched.

        Args:
            stream_id: the stream.
            moved: gives the place of a boundary on the recording's own timeline.
            file_moved: the same for where the song's present file was cut; None where that is not
                known, so that the file is cut again.
        """
        n_moved = 0
        with self._catalogue.write() as connection:
            clock = connection.execute(
                sa.select(streams.c.clock).where(streams.c.id == stream_id)
            ).scalar()
            if clock != COUNTED:
                return 0
            query = sa.select(
                songs.c.id,
                songs.c.start_s,
                songs.c.stop_s,
                songs.c.file_start_s,
                songs.c.file_stop_s,
            ).where(songs.c.stream_id == stream_id)
            for song_id, start_s, stop_s, file_start_s, file_stop_s in connection.execute(
                query
            ).all():
                values: dict[str, float | None] = {
                    "start_s": moved(start_s),
                    "stop_s": moved(stop_s),
                }
                if file_start_s is not None and file_stop_s is not None:
                    values |= {
                        "file_start_s": file_moved(file_start_s),
                        "file_stop_s": file_moved(file_stop_s),
                    }
                n_moved += values["start_s"] != start_s
                connection.execute(songs.update().where(songs.c.id == song_id).values(**values))
            connection.execute(streams.update().where(streams.c.id == stream_id).values(clock=OWN))
        return n_moved
