"""Streams that the crawler came across, until the user has decided about them."""

import time
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from utawaku.library.errors import NotFoundError
from utawaku.library.records import Candidate
from utawaku.library.requests import CANDIDATE, Ingest
from utawaku.library.schema import candidates, channel_entries, requests, streams
from utawaku.library.store.connections import Connections

_COLUMNS = [candidates.c[field.name] for field in fields(Candidate)]
OF_LISTS = "your list"
"""The source of songs that the user liked or disliked elsewhere."""
OPEN = ("found", "previewed", "scored")


class Candidates:
    """Found, previewed, scored; then accepted or rejected."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def add(self, found: Iterable[Candidate]) -> int:
        """Add those that are new: neither candidates, nor streams, nor listed by a channel.

        Returns how many.
        """
        now = time.time()
        n_added = 0
        with self._catalogue.write() as connection:
            for one in found:
                known = (
                    sa.select(candidates.c.key).where(candidates.c.key == one.key),
                    sa.select(streams.c.id).where(
                        sa.or_(streams.c.id == one.key, streams.c.url == one.url)
                    ),
                    sa.select(channel_entries.c.key).where(channel_entries.c.key == one.key),
                )
                if any(connection.execute(query.limit(1)).first() for query in known):
                    continue
                connection.execute(_insert(one, now))
                n_added += 1
        return n_added

    def get(self, candidate_id: int) -> Candidate:
        """One candidate.

        Raises:
            NotFoundError: there is none with this number.
        """
        found = self._select(candidates.c.id == candidate_id)
        if not found:
            raise NotFoundError(
                "no such candidate",
                subject=str(candidate_id),
                next_step="`utawaku candidates` lists them",
            )
        return found[0]

    def in_state(self, *states: str, limit: int | None = None) -> list[Candidate]:
        """Candidates in these states: the most promising first, then the oldest."""
        return self._select(candidates.c.state.in_(states), limit=limit)

    def change(self, candidate_id: int, **values: Any) -> None:
        """Write what became known of a candidate."""
        with self._catalogue.write() as connection:
            connection.execute(
                candidates.update()
                .where(candidates.c.id == candidate_id)
                .values(**values, changed_at=time.time())
            )

    def decide(self, candidate_id: int, *, grade: int) -> bool:
        """The user's mark: +1 takes the stream in, -1 rejects it, 0 leaves it out without blame.

        Mark, state and request are written in one transaction. False when it was decided before.
        """
        if grade not in (-1, 0, 1):
            raise ValueError(f"a grade is -1, 0 or 1, not {grade}")
        candidate = self.get(candidate_id)
        now = time.time()
        state = "accepted" if grade > 0 else "rejected"
        with self._catalogue.write() as connection:
            changed = connection.execute(
                candidates.update()
                .where(candidates.c.id == candidate_id, candidates.c.state.in_((*OPEN, "failed")))
                .values(state=state, grade=grade, changed_at=now)
            ).rowcount
            if changed and grade > 0:
                connection.execute(
                    requests.insert().values(
                        asked_by=CANDIDATE,
                        **Ingest(source=candidate.url, candidate=candidate_id).row(),
                        created_at=now,
                    )
                )
        return bool(changed)

    def teach(self, found: Iterable[Candidate], *, grade: int, previews: str) -> list[Candidate]:
        """Note songs that the user has graded elsewhere; they are not ingested for it.

        What the crawler found itself before is graded; what the user has decided about stays.

        Args:
            found: songs of the user's lists.
            grade: +1 for liked ones, -1 for disliked ones.
            previews: folder of previews in the cache.

        Returns those that are new as lessons.
        """
        if grade not in (-1, 1):
            raise ValueError(f"what teaches is -1 or 1, not {grade}")
        taught: list[int] = []
        now = time.time()
        state = "accepted" if grade > 0 else "rejected"
        with self._catalogue.write() as connection:
            for one in found:
                known = connection.execute(
                    sa.select(candidates.c.id, candidates.c.grade, candidates.c.preview_path).where(
                        candidates.c.key == one.key
                    )
                ).first()
                if known is not None and known.grade is not None:
                    continue
                number = known.id if known is not None else None
                if number is None:
                    number = connection.execute(
                        _insert(one, now).returning(candidates.c.id)
                    ).scalar_one()
                path = (known.preview_path if known is not None else "") or (
                    f"{previews}/{number}.mka"
                )
                connection.execute(
                    candidates.update()
                    .where(candidates.c.id == number)
                    .values(state=state, grade=grade, preview_path=path, changed_at=now)
                )
                taught.append(number)
        return [self.get(number) for number in taught]

    def skip(self, candidate_id: int) -> bool:
        """Leave it out without a mark, and do not ask again; False when it was decided before."""
        with self._catalogue.write() as connection:
            changed = connection.execute(
                candidates.update()
                .where(candidates.c.id == candidate_id, candidates.c.state.in_((*OPEN, "failed")))
                .values(state="rejected", grade=None, changed_at=time.time())
            ).rowcount
        return bool(changed)

    def undecide(self, before: Candidate) -> bool:
        """Take a decision back: the candidate is open again, as it was before.

        What was asked of the pipeline because of it is withdrawn. False when the pipeline has begun
        already: then the decision stands.
        """
        of_it = (
            requests.c.kind == Ingest.kind,
            requests.c.target == before.url,
            requests.c.arguments["candidate"].as_integer() == before.id,
        )
        now = time.time()
        with self._catalogue.write() as connection:
            begun = sa.select(requests.c.id).where(
                *of_it, requests.c.state.in_(("running", "done"))
            )
            if connection.execute(begun.limit(1)).first():
                return False
            connection.execute(
                requests.update()
                .where(*of_it, requests.c.state == "queued")
                .values(state="cancelled", finished_at=now)
            )
            connection.execute(
                candidates.update()
                .where(candidates.c.id == before.id)
                .values(state=before.state, grade=before.grade, changed_at=now)
            )
        return True

    def n_decided(self, *, since: float = 0.0, one_by_one: bool = False) -> int:
        """Return how many marks candidates were given since a moment.

        Args:
            since: seconds since the epoch.
            one_by_one: without songs of lists that were graded as a whole (`teach`).
        """
        query = (
            sa.select(sa.func.count())
            .select_from(candidates)
            .where(candidates.c.grade.is_not(None), candidates.c.changed_at >= since)
        )
        if one_by_one:
            query = query.where(candidates.c.source != OF_LISTS)
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())

    def graded(self) -> list[Candidate]:
        """Candidates with a mark and a preview: what training can learn from."""
        return self._select(candidates.c.grade.is_not(None), candidates.c.preview_path != "")

    def _select(self, *where: sa.ColumnElement[bool], limit: int | None = None) -> list[Candidate]:
        query = (
            sa.select(*_COLUMNS)
            .where(*where)
            .order_by(candidates.c.score.desc().nulls_last(), candidates.c.id)
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return [Candidate(*row) for row in connection.execute(query)]


def _insert(one: Candidate, now: float) -> sa.Insert:
    return candidates.insert().values(
        key=one.key,
        url=one.url,
        title=one.title,
        channel=one.channel,
        duration_s=one.duration_s,
        source=one.source,
        found_at=now,
        changed_at=now,
    )
