"""Timestamps that people left for a stream; what the user pasted is kept apart."""

import time
from collections.abc import Sequence
from dataclasses import asdict

import sqlalchemy as sa

from utawaku.library.records import Setlist, SetlistLine
from utawaku.library.schema import setlists
from utawaku.library.store.connections import Connections


class Setlists:
    """Setlists by stream, the most trusted first."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def of_stream(self, stream_id: str, *, source: str | None = None) -> list[Setlist]:
        """Setlists of a stream, or those of one source."""
        query = (
            sa.select(setlists)
            .where(setlists.c.stream_id == stream_id)
            .order_by(setlists.c.score.desc(), setlists.c.id)
        )
        if source is not None:
            query = query.where(setlists.c.source == source)
        with self._catalogue.read() as connection:
            return [
                Setlist(
                    lines=tuple(SetlistLine(**line) for line in row.lines),
                    source=row.source,
                    score=row.score,
                    author=row.author,
                    evidence=row.evidence,
                )
                for row in connection.execute(query)
            ]

    def replace_found(self, stream_id: str, found: Sequence[Setlist]) -> None:
        """Put what was found on the page in place of what was found before."""
        self._replace(stream_id, setlists.c.source != "user", found)

    def set_users(self, stream_id: str, setlist: Setlist | None) -> None:
        """Keep the setlist that the user gave for a stream; None takes it back."""
        self._replace(stream_id, setlists.c.source == "user", [setlist] if setlist else [])

    def _replace(
        self, stream_id: str, which: sa.ColumnElement[bool], new: Sequence[Setlist]
    ) -> None:
        with self._catalogue.write() as connection:
            connection.execute(setlists.delete().where(setlists.c.stream_id == stream_id, which))
            for setlist in new:
                connection.execute(
                    setlists.insert().values(
                        stream_id=stream_id,
                        source=setlist.source,
                        score=setlist.score,
                        author=setlist.author,
                        lines=[asdict(line) for line in setlist.lines],
                        evidence=dict(setlist.evidence),
                        at=time.time(),
                    )
                )
