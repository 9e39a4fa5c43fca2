"""Results of engines for a song: stems, interest curve, label guesses. Read only."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import sqlalchemy as sa

from utawaku.library.records import LabelCandidate
from utawaku.library.schema import highlights, labels, song_tags, stems
from utawaku.library.store.connections import Connections

_CANDIDATE = [labels.c[field.name] for field in fields(LabelCandidate)]


class Insights:
    """Derived facts, for looking at."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def stem_paths(self, song_id: str) -> dict[str, str]:
        """Files of `vocals` and `accompaniment`, relative to the library root; the latest engine's.

        Empty when the song was not separated.
        """
        query = (
            sa.select(stems.c.vocals_path, stems.c.accompaniment_path)
            .where(stems.c.song_id == song_id)
            .order_by(stems.c.at.desc())
            .limit(1)
        )
        with self._catalogue.read() as connection:
            row = connection.execute(query).first()
        return {"vocals": row[0], "accompaniment": row[1]} if row else {}

    def interest_curve(self, song_id: str) -> np.ndarray:
        """float32 (n_seconds,) in [0, 1]; empty when there is none."""
        query = sa.select(highlights.c.curve).where(highlights.c.song_id == song_id)
        with self._catalogue.read() as connection:
            curve = connection.execute(query).scalar()
        return np.frombuffer(curve or b"", "<f4").astype(np.float32)

    def candidates(self, song_id: str) -> list[LabelCandidate]:
        """Return what the song may be, the likeliest first."""
        query = (
            sa.select(*_CANDIDATE)
            .where(labels.c.song_id == song_id)
            .order_by(labels.c.score.desc(), labels.c.title)
        )
        with self._catalogue.read() as connection:
            return [LabelCandidate(*row) for row in connection.execute(query)]

    def tags_by_user(self, song_ids: Sequence[str]) -> dict[str, list[str]]:
        """The tags that the user gave, by song."""
        found: dict[str, list[str]] = {song_id: [] for song_id in song_ids}
        with self._catalogue.read() as connection:
            for at in range(0, len(song_ids), 500):
                query = (
                    sa.select(song_tags.c.song_id, song_tags.c.tag)
                    .where(
                        song_tags.c.song_id.in_(song_ids[at : at + 500]),
                        song_tags.c.source == "user",
                    )
                    .order_by(song_tags.c.tag)
                )
                for row in connection.execute(query):
                    found[row.song_id].append(row.tag)
        return found
