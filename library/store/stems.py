"""Separated songs, the engine of each, and the paths of their stems."""

import time
from dataclasses import dataclass, fields

import sqlalchemy as sa

from utawaku.library.schema import songs, stems
from utawaku.library.store.connections import Connections


@dataclass(frozen=True, slots=True)
class SongStems:
    """The stems of one song by one engine; paths are relative to the library root."""

    song_id: str
    engine: str
    vocals_path: str
    accompaniment_path: str
    model_version: str = ""
    at: float = 0.0


_COLUMNS = [stems.c[field.name] for field in fields(SongStems)]


class StemRecords:
    """Stems by song and engine."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def of(self, song_id: str) -> list[SongStems]:
        """Stems of a song, the latest first."""
        return self._select(stems.c.song_id == song_id)

    def of_stream(self, stream_id: str, engine: str) -> dict[str, SongStems]:
        """Stems that an engine made of a stream's songs, by song id."""
        inside = sa.select(songs.c.id).where(songs.c.stream_id == stream_id)
        rows = self._select(stems.c.song_id.in_(inside), stems.c.engine == engine)
        return {row.song_id: row for row in rows}

    def separated(self, stream_id: str) -> list[str]:
        """Ids of a stream's kept songs that have stems, of any engine."""
        inside = sa.select(songs.c.id).where(
            songs.c.stream_id == stream_id, songs.c.state == "kept"
        )
        return list(dict.fromkeys(row.song_id for row in self._select(stems.c.song_id.in_(inside))))

    def put(self, made: SongStems) -> None:
        """Record what was written; an earlier result of the same engine gives way."""
        with self._catalogue.write() as connection:
            connection.execute(
                stems.delete().where(stems.c.song_id == made.song_id, stems.c.engine == made.engine)
            )
            connection.execute(
                stems.insert().values(
                    song_id=made.song_id,
                    engine=made.engine,
                    vocals_path=made.vocals_path,
                    accompaniment_path=made.accompaniment_path,
                    model_version=made.model_version,
                    at=made.at or time.time(),
                )
            )

    def wanting(
        self, engine: str, *, min_taste: float | None, min_grade: int | None, limit: int = 100
    ) -> list[str]:
        """Ids of kept songs with a file that are good enough, and have no stems of `engine`.

        A song is good enough by its taste score or by the user's grade; None switches one off.
        """
        good = []
        if min_taste is not None:
            good.append(songs.c.taste >= min_taste)
        if min_grade is not None:
            good.append(songs.c.grade >= min_grade)
        if not good:
            return []
        made = sa.select(stems.c.song_id).where(stems.c.engine == engine)
        query = (
            sa.select(songs.c.id)
            .where(
                songs.c.state == "kept",
                songs.c.file_path != "",
                sa.or_(*good),
                songs.c.id.not_in(made),
            )
            .order_by(songs.c.number)
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return [row.id for row in connection.execute(query)]

    def _select(self, *where: sa.ColumnElement[bool]) -> list[SongStems]:
        query = sa.select(*_COLUMNS).where(*where).order_by(stems.c.at.desc())
        with self._catalogue.read() as connection:
            return [SongStems(*row) for row in connection.execute(query)]
