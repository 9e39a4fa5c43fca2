"""The review queue, and how well the taste model has predicted so far."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from utawaku.library.doubt import DOUBTFUL_BELOW
from utawaku.library.records import Song
from utawaku.library.schema import grades, songs
from utawaku.library.store.connections import Connections, batches
from utawaku.library.store.songs import COLUMNS, song_from_row

Why = Literal["promising", "uncertain", "random"]
ORDER: tuple[Why, ...] = ("promising", "uncertain", "promising", "uncertain", "random")
"""Mostly what the user will like or what teaches most; one in five is anything at all, so that
the model hears of what it would never have shown."""
_DRAWN_FROM = 8
"""Numbers that are tried for each song that is wanted at random."""
_DOUBTFUL = (
    songs.c.state == "kept",
    songs.c.boundary_source != "user",
    songs.c.confidence < DOUBTFUL_BELOW,
)
"""As `library.doubt.is_doubtful` has it."""


@dataclass(frozen=True)
class Pick:
    """A song to be graded, and why it was chosen."""

    song: Song
    why: str
    """One of `Why`, or the taste model's own word."""


@dataclass(frozen=True)
class Guess:
    """A grade, and what the model had said before it was given."""

    taste: float
    liked: bool

    @property
    def right(self) -> bool:
        """Return whether the model would have told likes from the rest."""
        return (self.taste >= 0.5) == self.liked


class Review:
    """Ungraded songs in a helpful order."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def picks(self, n: int, *, without: Sequence[str] = (), seed: int | None = None) -> list[Pick]:
        """Up to `n` ungraded songs, each once.

        Args:
            n: how many.
            without: ids of songs that were skipped just now.
            seed: for the random ones.
        """
        skipped = set(without)
        ungraded = (songs.c.state == "kept", songs.c.grade.is_(None))
        room = n + len(skipped)
        with self._catalogue.read() as connection:
            known = (*ungraded, songs.c.taste.is_not(None))
            promising = self._ids(connection, *known, order=songs.c.taste.desc(), limit=room * 3)
            uncertain = self._uncertain(connection, known, room)
            drawn = self._drawn(connection, ungraded, room * 3, random.Random(seed))
            pools: dict[Why, list[int]] = {
                "promising": promising,
                "uncertain": uncertain,
                "random": drawn,
            }
            chosen: dict[int, Why] = {}
            while len(chosen) < room and any(pools.values()):
                for why in ORDER:
                    pool = pools[why] or pools["random"]
                    used: Why = why if pools[why] else "random"
                    while pool:
                        number = pool.pop(0)
                        if number not in chosen:
                            chosen[number] = used
                            break
            rows: dict[int, Song] = {}
            wanted = list(chosen)
            for at in range(0, len(wanted), 500):
                query = sa.select(*COLUMNS).where(songs.c.number.in_(wanted[at : at + 500]))
                rows |= {row.number: song_from_row(row) for row in connection.execute(query)}
        picks = [Pick(rows[number], why) for number, why in chosen.items() if number in rows]
        return [pick for pick in picks if pick.song.id not in skipped][:n]

    def doubtful(self, n: int, *, without: Sequence[str] = ()) -> list[Song]:
        """Up to `n` songs whose cuts are doubtful, the most doubtful first.

        Args:
            n: how many.
            without: ids of songs that are not asked about now.
        """
        query = (
            sa.select(*COLUMNS)
            .where(*_DOUBTFUL)
            .order_by(songs.c.confidence, songs.c.number)
            .limit(n + len(without))
        )
        with self._catalogue.read() as connection:
            found = [song_from_row(row) for row in connection.execute(query)]
        return [song for song in found if song.id not in set(without)][:n]

    def n_doubtful(self) -> int:
        """Return how many songs have a doubtful cut."""
        query = sa.select(sa.func.count()).select_from(songs).where(*_DOUBTFUL)
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())

    def guesses(self, *, limit: int = 1000) -> list[Guess]:
        """Return what the model had said of songs when they were graded in review, the oldest
        first.
        """
        query = (
            sa.select(grades.c.grade, grades.c.context)
            .where(grades.c.grade.in_((-1, 1)))
            .order_by(grades.c.id.desc())
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            rows = list(connection.execute(query))
        found = [
            Guess(float(row.context["taste"]), row.grade == 1)
            for row in rows
            if isinstance(row.context.get("taste"), (int, float))
        ]
        return found[::-1]

    def n_graded(self, *, since: float = 0.0) -> int:
        """Return how many songs were graded since a moment, and still are."""
        query = (
            sa.select(sa.func.count(sa.distinct(grades.c.song_id)))
            .join(songs, songs.c.id == grades.c.song_id)
            .where(grades.c.grade.is_not(None), grades.c.at >= since, songs.c.grade.is_not(None))
        )
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())

    @staticmethod
    def _uncertain(
        connection: sa.Connection, where: Sequence[sa.ColumnElement[bool]], limit: int
    ) -> list[int]:
        """Return the songs whose taste score is nearest to 0.5, the nearest first."""
        taste = songs.c.taste
        found: list[tuple[float, int]] = []
        # Each side in the order of the index: no other song is looked at.
        for side, order in ((taste >= 0.5, taste.asc()), (taste < 0.5, taste.desc())):
            query = sa.select(taste, songs.c.number).where(*where, side)
            rows = connection.execute(query.order_by(order).limit(limit))
            found += [(abs(row.taste - 0.5), row.number) for row in rows]
        return [number for _distance, number in sorted(found)[:limit]]

    @staticmethod
    def _drawn(
        connection: sa.Connection,
        where: Sequence[sa.ColumnElement[bool]],
        n: int,
        chance: random.Random,
    ) -> list[int]:
        """Draw up to `n` songs, each as likely as the others, in the order drawn."""
        top = connection.execute(sa.select(sa.func.max(songs.c.number))).scalar() or 0
        query = sa.select(songs.c.number).where(*where)
        if top > _DRAWN_FROM * n:
            # By number, without a look at all songs; enough unless most are graded.
            tried = chance.sample(range(1, top + 1), _DRAWN_FROM * n)
            fit: set[int] = set()
            for some in batches(tried, 500):
                fit.update(connection.execute(query.where(songs.c.number.in_(some))).scalars())
            if len(fit) >= n:
                return [number for number in tried if number in fit][:n]
        every = list(connection.execute(query.order_by(songs.c.number)).scalars())
        return chance.sample(every, min(len(every), n))

    @staticmethod
    def _ids(
        connection: sa.Connection,
        *where: sa.ColumnElement[bool],
        order: sa.ColumnElement[float],
        limit: int,
    ) -> list[int]:
        query = sa.select(songs.c.number).where(*where).order_by(order, songs.c.number).limit(limit)
        return list(connection.execute(query).scalars())
