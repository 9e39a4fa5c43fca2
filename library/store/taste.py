"""Grades, taste scores, and the songs to ask about next."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from utawaku.library.schema import (
    candidates,
    embeddings,
    grades,
    review_queue,
    review_skips,
    songs,
    streams,
    taste_scores,
)
from utawaku.library.store.connections import batches, upsert
from utawaku.library.store.embeddings import EMBEDDING_KIND, Embeddings
from utawaku.library.store.taste_models import TasteModels

if TYPE_CHECKING:
    from utawaku.library.config import TasteSettings

_BATCH = 10_000
"""Scores that one transaction writes."""


@dataclass(frozen=True)
class Mark:
    """The user's judgement of a song, all grades considered."""

    song_id: str
    target: float
    """Degree of liking in [0, 1]; 0.5 is neither."""
    name: str
    """Folded title and artist, or the song's id: what is sung here."""
    singer: str
    """The song's singer, else the stream's channel, else the stream."""


class TasteStore(Embeddings, TasteModels):
    """The user's taste: grades, scores and questions, and their sources."""

    # -- marks

    def marks(self) -> list[Mark]:
        """One mark a song, of kept and dropped songs alike: dislike is a reason to drop.

        Songs that were dropped because nobody wants them are disliked, unless they have a mark;
        what was dropped because it is no song tells nothing about taste.

        A grade counts 0, 0.5 or 1; stars count (stars - 1) / 4 and refine a grade that they
        agree with. Of marks that contradict each other the later one counts.
        """
        told: tuple[sa.ColumnElement[Any], ...] = (
            songs.c.title,
            songs.c.artist,
            songs.c.singer,
            streams.c.channel,
            songs.c.stream_id,
        )
        query = (
            sa.select(grades.c.song_id, grades.c.grade, grades.c.stars, grades.c.context, *told)
            .join(songs, songs.c.id == grades.c.song_id)
            .join(streams, streams.c.id == songs.c.stream_id)
            .where(
                sa.or_(songs.c.grade.is_not(None), songs.c.stars.is_not(None)),
                songs.c.drop_reason != "no_song",
            )
            .order_by(grades.c.id)
        )
        unwanted = (
            sa.select(songs.c.id.label("song_id"), *told)
            .join(streams, streams.c.id == songs.c.stream_id)
            .where(
                songs.c.state == "dropped",
                songs.c.drop_reason == "unwanted",
                songs.c.grade.is_(None),
                songs.c.stars.is_(None),
            )
            .order_by(songs.c.number)
        )
        targets: dict[str, float] = {}
        about: dict[str, tuple[str, str]] = {}
        with self._catalogue.read() as connection:
            for row in connection.execute(query):
                if (row.context or {}).get("cleared"):
                    targets.pop(row.song_id, None)
                    continue
                target = target_of(row.grade, row.stars, targets.get(row.song_id))
                if target is not None:
                    targets[row.song_id] = target
                    about[row.song_id] = _sung(row)
            for dropped in connection.execute(unwanted):
                targets[dropped.song_id] = 0.0
                about[dropped.song_id] = _sung(dropped)
        return [Mark(song_id, target, *about[song_id]) for song_id, target in targets.items()]

    def last_grade_id(self) -> int:
        """The newest mark's number; 0 when there is none."""
        with self._catalogue.read() as connection:
            return int(connection.execute(sa.select(sa.func.max(grades.c.id))).scalar() or 0)

    def n_marks_since(self, grade_id: int) -> int:
        """Return how many songs were marked after that mark."""
        query = sa.select(sa.func.count(sa.distinct(grades.c.song_id))).where(
            grades.c.id > grade_id
        )
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())

    def n_new_marks(self) -> int:
        """Return how many songs, and candidates with a preview, were marked since the last
        training.
        """
        latest = self.latest()
        query = (
            sa.select(sa.func.count())
            .select_from(candidates)
            .where(
                candidates.c.grade.is_not(None),
                candidates.c.preview_path != "",
                candidates.c.changed_at > (latest.at if latest else 0.0),
            )
        )
        with self._catalogue.read() as connection:
            n_candidates = int(connection.execute(query).scalar_one())
        return n_candidates + self.n_marks_since(latest.last_grade_id if latest else 0)

    def is_training_due(self, wanted: "TasteSettings") -> bool:
        """Return whether enough was graded to train: a batch, or what a first model needs."""
        return self.n_new_marks() >= self.batch_size(wanted) and self.n_embedded() > 0

    def batch_size(self, wanted: "TasteSettings") -> int:
        """Return how many new marks the next training waits for."""
        latest = self.latest()
        if latest is not None and latest.ready:
            return wanted.retrain_after
        return min(wanted.min_grades, wanted.retrain_after)

    # -- scores

    def put_scores(self, scores: Mapping[str, float], *, model_version: str) -> None:
        """Give songs their scores, in the table and in the column that lists sort by."""
        now = time.time()
        add = taste_scores.insert()
        change = (
            songs.update()
            .where(songs.c.id == sa.bindparam("_id"))
            .values(taste=sa.bindparam("_score"))
        )
        for some in batches(list(scores.items()), _BATCH):
            with self._catalogue.write() as connection:
                for ids in batches([song_id for song_id, _ in some], 500):
                    connection.execute(taste_scores.delete().where(taste_scores.c.song_id.in_(ids)))
                rows = [
                    {"song_id": song_id, "score": score, "model_version": model_version, "at": now}
                    for song_id, score in some
                ]
                connection.execute(add, rows)
                connection.execute(change, [{"_id": i, "_score": score} for i, score in some])

    def stale_ids(self, model_version: str, kind: str = EMBEDDING_KIND) -> list[str]:
        """Kept songs with a vector whose score is missing, of another model, or older than it."""
        query = (
            sa.select(embeddings.c.song_id)
            .join(songs, songs.c.id == embeddings.c.song_id)
            .outerjoin(taste_scores, taste_scores.c.song_id == embeddings.c.song_id)
            .where(
                embeddings.c.kind == kind,
                songs.c.state == "kept",
                sa.or_(
                    taste_scores.c.song_id.is_(None),
                    taste_scores.c.model_version != model_version,
                    taste_scores.c.at < embeddings.c.at,
                ),
            )
            .order_by(songs.c.number)
        )
        with self._catalogue.read() as connection:
            return list(connection.execute(query).scalars())

    def scores(self, model_version: str) -> dict[str, float]:
        """Scores by a model, by song."""
        query = sa.select(taste_scores.c.song_id, taste_scores.c.score).where(
            taste_scores.c.model_version == model_version
        )
        with self._catalogue.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def n_scored(self) -> dict[str, int]:
        """Return how many songs were scored by each model version."""
        query = sa.select(taste_scores.c.model_version, sa.func.count()).group_by(
            taste_scores.c.model_version
        )
        with self._catalogue.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # -- the queue

    def skip(self, song_id: str) -> None:
        """Do not ask about this song again."""
        with self._catalogue.write() as connection:
            upsert(connection, review_skips, {"song_id": song_id}, {"at": time.time()})

    def unskip(self, song_id: str) -> None:
        """It may be asked about again."""
        with self._catalogue.write() as connection:
            connection.execute(review_skips.delete().where(review_skips.c.song_id == song_id))

    def not_to_be_asked(self) -> set[str]:
        """Songs that have a mark, or ever had one, or were skipped."""
        with self._catalogue.read() as connection:
            marked = connection.execute(sa.select(grades.c.song_id).distinct()).scalars()
            skipped = connection.execute(sa.select(review_skips.c.song_id)).scalars()
            return {*marked, *skipped}

    def put_queue(self, chosen: Iterable[tuple[str, str]], *, model_version: str) -> None:
        """Replace the songs to ask about, `(song id, why)` in order."""
        now = time.time()
        rows = [
            {
                "song_id": song_id,
                "position": position,
                "why": why,
                "model_version": model_version,
                "at": now,
            }
            for position, (song_id, why) in enumerate(chosen)
        ]
        with self._catalogue.write() as connection:
            connection.execute(review_queue.delete())
            if rows:
                connection.execute(review_queue.insert(), rows)

    def queue(self) -> list[tuple[str, str]]:
        """Songs to ask about, `(song id, why)`: those not yet graded nor skipped, in order."""
        query = (
            sa.select(review_queue.c.song_id, review_queue.c.why)
            .join(songs, songs.c.id == review_queue.c.song_id)
            .outerjoin(review_skips, review_skips.c.song_id == review_queue.c.song_id)
            .where(
                songs.c.state == "kept",
                songs.c.grade.is_(None),
                songs.c.stars.is_(None),
                review_skips.c.song_id.is_(None),
            )
            .order_by(review_queue.c.position)
        )
        with self._catalogue.read() as connection:
            return [(row.song_id, row.why) for row in connection.execute(query)]

    def liked_share(self, *, window: int = 20) -> list[tuple[float, float]]:
        """`(time, share of likes among the last marks)` after each mark given in review."""
        query = (
            sa.select(grades.c.at, grades.c.grade, grades.c.stars, grades.c.context)
            .where(sa.or_(grades.c.grade.is_not(None), grades.c.stars.is_not(None)))
            .order_by(grades.c.id)
        )
        liked: list[bool] = []
        shares: list[tuple[float, float]] = []
        with self._catalogue.read() as connection:
            for row in connection.execute(query):
                if (row.context or {}).get("where") != "review":
                    continue
                liked.append((target_of(row.grade, row.stars, None) or 0.0) > 0.5)
                last = liked[-window:]
                shares.append((row.at, sum(last) / len(last)))
        return shares


def _sung(row: Any) -> tuple[str, str]:
    """Name of what is sung, and who sings."""
    name = f"{row.title}\n{row.artist}".casefold() if row.title else row.song_id
    return name, row.singer or row.channel or row.stream_id


def target_of(grade: int | None, stars: int | None, before: float | None) -> float | None:
    """Return how much a song is liked, in [0, 1], after a mark; `before` is what it was until
    then.
    """
    by_grade = None if grade is None else (grade + 1) / 2
    by_stars = None if stars is None else (stars - 1) / 4
    if by_grade is None:
        return before if by_stars is None else by_stars
    if by_stars is None:
        # A like on top of four stars repeats them; against two stars it replaces them.
        agrees = before is not None and (before > 0.5) == (by_grade > 0.5) and by_grade != 0.5
        return before if agrees else by_grade
    agrees = (by_stars - 0.5) * (by_grade - 0.5) > 0
    return by_stars if agrees or by_grade == 0.5 else by_grade
