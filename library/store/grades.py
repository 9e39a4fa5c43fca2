"""Grades of songs: every grade is kept, the latest one counts."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from utawaku.library.errors import NotFoundError
from utawaku.library.schema import grades, labels, plays, songs
from utawaku.library.store.connections import Connections


@dataclass(frozen=True)
class Play:
    """A span of a song that was listened to."""

    number: int
    """Higher for later plays."""
    song_id: str
    start_s: float
    stop_s: float
    at: float
    """The end, in seconds since the epoch."""


class Grades:
    """Grades (-1, 0, +1), stars (1-5) and plays."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def give(
        self,
        song_id: str,
        *,
        grade: int | None = None,
        stars: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """Grade a song. What is None keeps its earlier value.

        Raises:
            ValueError: a grade outside -1..1 or stars outside 1..5.
            NotFoundError: no such song.
        """
        if grade is not None and grade not in (-1, 0, 1):
            raise ValueError(f"a grade is -1, 0 or 1, not {grade}")
        if stars is not None and not 1 <= stars <= 5:
            raise ValueError(f"stars are 1 to 5, not {stars}")
        now = time.time()
        values: dict[str, int] = {}
        if grade is not None:
            values["grade"] = grade
        if stars is not None:
            values["stars"] = stars
        if not values:
            return
        with self._catalogue.write() as connection:
            change = songs.update().where(songs.c.id == song_id).values(**values)
            if not connection.execute(change).rowcount:
                raise NotFoundError("no such song", subject=song_id)
            connection.execute(
                grades.insert().values(
                    song_id=song_id, grade=grade, stars=stars, context=dict(context or {}), at=now
                )
            )

    def take_stars_off(self, song_id: str, *, context: Mapping[str, Any] | None = None) -> None:
        """Remove the stars of a song; its grade and the history stay."""
        with self._catalogue.write() as connection:
            connection.execute(songs.update().where(songs.c.id == song_id).values(stars=None))
            told = {**(context or {}), "cleared": "stars"}
            connection.execute(
                grades.insert().values(song_id=song_id, context=told, at=time.time())
            )

    def clear(self, song_id: str) -> None:
        """Take the marks off a song; the history keeps them."""
        with self._catalogue.write() as connection:
            connection.execute(
                songs.update().where(songs.c.id == song_id).values(grade=None, stars=None)
            )
            connection.execute(
                grades.insert().values(song_id=song_id, context={"cleared": True}, at=time.time())
            )

    def history(self, song_id: str) -> list[sa.Row[Any]]:
        """All marks of a song `(grade, stars, context, at)`, the latest first."""
        query = (
            sa.select(grades.c.grade, grades.c.stars, grades.c.context, grades.c.at)
            .where(grades.c.song_id == song_id)
            .order_by(grades.c.at.desc(), grades.c.id.desc())
        )
        with self._catalogue.read() as connection:
            return list(connection.execute(query))

    def played(self, song_id: str, start_s: float, stop_s: float) -> None:
        """Record that a span of the song was listened to (seconds within the song)."""
        now = time.time()
        with self._catalogue.write() as connection:
            connection.execute(
                plays.insert().values(song_id=song_id, start_s=start_s, stop_s=stop_s, at=now)
            )
            connection.execute(
                songs.update()
                .where(songs.c.id == song_id)
                .values(play_count=songs.c.play_count + 1, last_played_at=now)
            )

    def plays_since(self, number: int, *, limit: int) -> list[Play]:
        """Return the plays after play `number`, the earliest first."""
        columns = (plays.c.id, plays.c.song_id, plays.c.start_s, plays.c.stop_s, plays.c.at)
        query = sa.select(*columns).where(plays.c.id > number).order_by(plays.c.id).limit(limit)
        with self._catalogue.read() as connection:
            return [Play(*row) for row in connection.execute(query)]

    def last_play(self, *, before: float) -> int:
        """Return the number of the last play before a moment; 0 where there is none."""
        query = sa.select(sa.func.max(plays.c.id)).where(plays.c.at < before)
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar() or 0)

    def with_labels(self) -> list[tuple[int, Mapping[str, Any]]]:
        """Return each graded song's grade and the evidence of the label that names it.

        The song that was graded last comes last.
        """
        graded = (
            sa.select(grades.c.song_id, sa.func.max(grades.c.id).label("number"))
            .where(grades.c.grade.is_not(None))
            .group_by(grades.c.song_id)
            .subquery()
        )
        query = (
            sa.select(songs.c.id, songs.c.grade, labels.c.evidence)
            .join(labels, labels.c.song_id == songs.c.id)
            .join(graded, graded.c.song_id == songs.c.id)
            .where(songs.c.grade.is_not(None), labels.c.chosen_by != "")
            # A name that the user chose comes after an engine's, and so replaces it.
            .order_by(graded.c.number, labels.c.chosen_by, labels.c.id.desc())
        )
        with self._catalogue.read() as connection:
            found = {row.id: (row.grade, row.evidence) for row in connection.execute(query)}
        return list(found.values())

    def since(self, number: int) -> tuple[int, int]:
        """Number of the latest mark, and how many grades and stars came after mark `number`."""
        query = sa.select(sa.func.max(grades.c.id), sa.func.count()).where(
            grades.c.id > number,
            sa.or_(grades.c.grade.is_not(None), grades.c.stars.is_not(None)),
        )
        with self._catalogue.read() as connection:
            latest, n_new = connection.execute(query).one()
        return latest or number, n_new
