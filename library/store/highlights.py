"""The most interesting part of each song, and the curve that says so."""

import time
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from utawaku.library.schema import highlights, plays, songs
from utawaku.library.store.connections import Connections


@dataclass(frozen=True)
class SongHighlight:
    """Interest of one song, second by second, and its best span."""

    song_id: str
    start_s: float
    """From the start of the song."""
    stop_s: float
    curve: np.ndarray
    """float32 (n_seconds,) in [0, 1]."""
    source: str
    """`heatmap`, `lyrics`, `plays`, `chat` (with the model) or `model`."""
    engine_version: str = ""
    model_version: str = ""
    at: float = 0.0
    certainty: float | None = None
    """Chance that the span is a good one; see `Song.highlight_certainty`, where it is kept."""


class Highlights:
    """Interest curves and highlights by song."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def of(self, song_id: str) -> SongHighlight | None:
        """The highlight of a song; None before one was found."""
        found = self._select(highlights.c.song_id == song_id)
        return found[0] if found else None

    def of_stream(self, stream_id: str) -> dict[str, SongHighlight]:
        """The highlights of a stream's songs by song id."""
        inside = sa.select(songs.c.id).where(songs.c.stream_id == stream_id)
        return {found.song_id: found for found in self._select(highlights.c.song_id.in_(inside))}

    def put(
        self, found: SongHighlight, *, bpm: float | None = None, key: str | None = None
    ) -> None:
        """Record a highlight in both places it is read from; None leaves tempo or key as is."""
        values: dict[str, float | str | None] = {
            "highlight_start_s": found.start_s,
            "highlight_stop_s": found.stop_s,
            "highlight_certainty": found.certainty,
        }
        if bpm is not None:
            values["bpm"] = bpm
        if key is not None:
            values["key"] = key
        with self._catalogue.write() as connection:
            connection.execute(highlights.delete().where(highlights.c.song_id == found.song_id))
            connection.execute(
                highlights.insert().values(
                    song_id=found.song_id,
                    start_s=found.start_s,
                    stop_s=found.stop_s,
                    curve=found.curve.astype("<f4").tobytes(),
                    source=found.source,
                    engine_version=found.engine_version,
                    model_version=found.model_version,
                    at=found.at or time.time(),
                )
            )
            connection.execute(songs.update().where(songs.c.id == found.song_id).values(**values))

    def plays_of(self, song_id: str) -> list[tuple[float, float]]:
        """Return what the listener heard of a song: (start_s, stop_s) within it, the latest
        last.
        """
        query = (
            sa.select(plays.c.start_s, plays.c.stop_s)
            .where(plays.c.song_id == song_id)
            .order_by(plays.c.at, plays.c.id)
        )
        with self._catalogue.read() as connection:
            return [(row.start_s, row.stop_s) for row in connection.execute(query)]

    def _select(self, where: sa.ColumnElement[bool]) -> list[SongHighlight]:
        with self._catalogue.read() as connection:
            return [
                SongHighlight(
                    song_id=row.song_id,
                    start_s=row.start_s,
                    stop_s=row.stop_s,
                    curve=np.frombuffer(row.curve, "<f4").astype(np.float32),
                    source=row.source,
                    engine_version=row.engine_version,
                    model_version=row.model_version,
                    at=row.at,
                )
                for row in connection.execute(sa.select(highlights).where(where))
            ]
