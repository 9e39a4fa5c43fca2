"""Label guesses of songs, ranked, and the one that was applied."""

import time
from collections.abc import Sequence
from dataclasses import fields

import sqlalchemy as sa

from utawaku.library.records import LabelCandidate
from utawaku.library.schema import labels
from utawaku.library.store.connections import Connections

_COLUMNS = [labels.c[field.name] for field in fields(LabelCandidate)]


class Labels:
    """Candidates by song. Reading them for a screen is `utawaku.library.store.insights`."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def of_song(self, song_id: str) -> list[LabelCandidate]:
        """Return what the song may be, the likeliest first."""
        query = (
            sa.select(*_COLUMNS)
            .where(labels.c.song_id == song_id)
            .order_by(labels.c.score.desc(), labels.c.id)
        )
        with self._catalogue.read() as connection:
            return [LabelCandidate(*row) for row in connection.execute(query)]

    def applied(self, song_id: str) -> LabelCandidate | None:
        """The candidate that names the song now, by an engine or by the user."""
        query = (
            sa.select(*_COLUMNS)
            .where(labels.c.song_id == song_id, labels.c.chosen_by != "")
            .order_by(labels.c.chosen_by.desc(), labels.c.id)
            .limit(1)
        )
        with self._catalogue.read() as connection:
            row = connection.execute(query).first()
        return LabelCandidate(*row) if row else None

    def replace_found(
        self,
        song_id: str,
        candidates: Sequence[LabelCandidate],
        applied: LabelCandidate | None,
        *,
        engine_version: str,
    ) -> None:
        """Put these candidates in place of what engines found before; the user's choice stays."""
        with self._catalogue.write() as connection:
            connection.execute(
                labels.delete().where(labels.c.song_id == song_id, labels.c.chosen_by != "user")
            )
            users = {
                (row.source, row.title, row.artist)
                for row in connection.execute(sa.select(labels).where(labels.c.song_id == song_id))
            }
            for candidate in candidates:
                if (candidate.source, candidate.title, candidate.artist) in users:
                    continue
                connection.execute(
                    labels.insert().values(
                        song_id=song_id,
                        title=candidate.title,
                        artist=candidate.artist,
                        source=candidate.source,
                        score=candidate.score,
                        evidence=dict(candidate.evidence),
                        isrc=candidate.isrc,
                        cover_url=candidate.cover_url,
                        chosen_by="engine" if candidate == applied else "",
                        engine_version=engine_version,
                        at=time.time(),
                    )
                )
