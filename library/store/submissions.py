"""Submissions, their parts, the upload queue, its budget and its holds."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from utawaku.library.errors import NotFoundError
from utawaku.library.publish.records import Part, QueueHold, Submission, UploadEvent
from utawaku.library.publish.states import ACTIVE, StateError, SubmissionState, check_move
from utawaku.library.schema import submission_parts, submissions, upload_events, upload_holds
from utawaku.library.store.connections import Connections, upsert

_PART_FIELDS = [field.name for field in fields(Part)]
_PART_COLUMNS = [submission_parts.c[name] for name in _PART_FIELDS]
_OWN_FIELDS = [field.name for field in fields(Submission) if field.name != "parts"]
_OWN_COLUMNS = [submissions.c[name] for name in _OWN_FIELDS]
_KEEP_EVENTS_S = 8 * 86400.0


class Submissions:
    """Every change is one transaction, made the moment it is known: a crash loses no fact."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    # Reading -------------------------------------------------------------------------------

    def get(self, submission_id: int) -> Submission:
        """One submission with its parts.

        Raises:
            NotFoundError: there is none with this number.
        """
        found = self._select(submissions.c.id == submission_id)
        if not found:
            raise NotFoundError("no such submission", subject=str(submission_id))
        return found[0]

    def recent(
        self, *, state: SubmissionState | None = None, target: str = "", limit: int = 500
    ) -> list[Submission]:
        """Submissions, the latest first."""
        conditions = []
        if state is not None:
            conditions.append(submissions.c.state == state)
        if target:
            conditions.append(submissions.c.target == target)
        return self._select(*conditions, order=submissions.c.id.desc(), limit=limit)

    def due(self, now: float, *, target: str = "", account: str = "") -> list[Submission]:
        """What the queue may work on now, the oldest first; queues on hold are left out.

        Submissions that were cut short (uploading, submitting) come like queued ones.
        """
        held = sa.exists().where(
            upload_holds.c.target == submissions.c.target,
            upload_holds.c.account == submissions.c.account,
        )
        conditions = [
            submissions.c.state.in_(ACTIVE),
            sa.or_(submissions.c.not_before.is_(None), submissions.c.not_before <= now),
            ~held,
        ]
        if target:
            conditions.append(submissions.c.target == target)
        if account:
            conditions.append(submissions.c.account == account)
        return self._select(*conditions, order=submissions.c.id)

    def shared_song_ids(self, target: str, account: str = "") -> set[str]:
        """Songs that are published, or on their way, on a target."""
        query = (
            sa.select(submission_parts.c.song_id)
            .join(submissions, submissions.c.id == submission_parts.c.submission_id)
            .where(submissions.c.target == target, submission_parts.c.song_id != "")
        )
        if account:
            query = query.where(submissions.c.account == account)
        with self._catalogue.read() as connection:
            return set(connection.scalars(query))

    def published_of_stream(self, stream_id: str, target: str, account: str) -> Submission | None:
        """The submission that later songs of a stream are appended to: its latest published."""
        found = self._select(
            submissions.c.stream_id == stream_id,
            submissions.c.target == target,
            submissions.c.account == account,
            submissions.c.state == "published",
            submissions.c.append_to == "",
            order=submissions.c.id.desc(),
            limit=1,
        )
        return found[0] if found else None

    def n_parts_of(self, target: str, remote_id: str, *, published_only: bool = False) -> int:
        """Parts that our records know of in one remote submission, appended ones included.

        With `published_only` without those that are still on their way.
        """
        query = (
            sa.select(sa.func.count())
            .select_from(submission_parts)
            .join(submissions, submissions.c.id == submission_parts.c.submission_id)
            .where(
                submissions.c.target == target,
                sa.or_(submissions.c.remote_id == remote_id, submissions.c.append_to == remote_id),
            )
        )
        with self._catalogue.read() as connection:
            return int(connection.scalar(query) or 0)

    # Making and changing -------------------------------------------------------------------

    def add(self, planned: Submission) -> Submission:
        """Keep a planned submission as a draft; it gets its number."""
        now = time.time()
        values = {name: getattr(planned, name) for name in _OWN_FIELDS if name != "id"}
        values.update(tags=list(planned.tags), created_at=now, updated_at=now)
        with self._catalogue.write() as connection:
            row_id = connection.execute(
                submissions.insert().values(**values).returning(submissions.c.id)
            ).scalar_one()
            if planned.parts:
                connection.execute(
                    submission_parts.insert(),
                    [{"submission_id": row_id, **_part_values(part)} for part in planned.parts],
                )
        return self.get(row_id)

    def move(self, submission_id: int, state: SubmissionState, **changes: Any) -> Submission:
        """Take a step of the state machine, with what is to be recorded with it.

        Raises:
            StateError: the machine has no such step.
            NotFoundError: there is no such submission.
        """
        with self._catalogue.write() as connection:
            where = submissions.c.id == submission_id
            old = connection.scalar(sa.select(submissions.c.state).where(where))
            if old is None:
                raise NotFoundError("no such submission", subject=str(submission_id))
            check_move(old, state, subject=f"submission {submission_id}")
            connection.execute(
                submissions.update()
                .where(where)
                .values(state=state, updated_at=time.time(), **changes)
            )
        return self.get(submission_id)

    def change(self, submission_id: int, **changes: Any) -> None:
        """Record facts without a step: `submit_sent_at`, `not_before`, edited texts of a draft."""
        if "tags" in changes:
            changes["tags"] = list(changes["tags"])
        with self._catalogue.write() as connection:
            connection.execute(
                submissions.update()
                .where(submissions.c.id == submission_id)
                .values(updated_at=time.time(), **changes)
            )

    def change_part(self, submission_id: int, position: int, **changes: Any) -> None:
        """Record what happened to a part."""
        with self._catalogue.write() as connection:
            connection.execute(
                submission_parts.update()
                .where(
                    submission_parts.c.submission_id == submission_id,
                    submission_parts.c.position == position,
                )
                .values(**changes)
            )

    def set_parts(self, submission_id: int, parts: Sequence[Part]) -> Submission:
        """Replace the parts of a draft, numbered anew in the given order.

        Raises:
            StateError: it is no draft any more.
        """
        submission = self.get(submission_id)
        if submission.state != "draft":
            check_move(submission.state, "draft", subject=f"submission {submission_id}")
            raise StateError(
                "only a draft's parts can be changed",
                subject=f"submission {submission_id}",
                next_step="Make it a draft first",
            )
        rows = [
            {"submission_id": submission_id, **_part_values(part), "position": position}
            for position, part in enumerate(parts)
        ]
        with self._catalogue.write() as connection:
            connection.execute(
                submission_parts.delete().where(submission_parts.c.submission_id == submission_id)
            )
            if rows:
                connection.execute(submission_parts.insert(), rows)
        return self.get(submission_id)

    def delete(self, submission_id: int) -> None:
        """Drop a draft, or one that failed before anything was published."""
        submission = self.get(submission_id)
        if submission.state not in {"draft", "failed"} or submission.submit_sent_at is not None:
            check_move(submission.state, "draft", subject=f"submission {submission_id}")
        with self._catalogue.write() as connection:
            connection.execute(submissions.delete().where(submissions.c.id == submission_id))

    # Budget and holds ----------------------------------------------------------------------

    def record_event(self, target: str, account: str, event: UploadEvent) -> None:
        """Count a costly request against the budget; forget what no budget looks at any more."""
        with self._catalogue.write() as connection:
            connection.execute(
                upload_events.insert().values(
                    target=target,
                    account=account,
                    kind=event.kind,
                    at=event.at,
                    size_bytes=event.size_bytes,
                )
            )
            connection.execute(
                upload_events.delete().where(upload_events.c.at < event.at - _KEEP_EVENTS_S)
            )

    def events(self, target: str, account: str, since: float) -> Sequence[UploadEvent]:
        """Costly requests since then."""
        query = (
            sa.select(upload_events.c.kind, upload_events.c.at, upload_events.c.size_bytes)
            .where(
                upload_events.c.target == target,
                upload_events.c.account == account,
                upload_events.c.at >= since,
            )
            .order_by(upload_events.c.at)
        )
        with self._catalogue.read() as connection:
            return [UploadEvent(*row) for row in connection.execute(query)]

    def hold(self, target: str, account: str, code: str, message: str) -> None:
        """Let a queue rest until a human releases it."""
        with self._catalogue.write() as connection:
            upsert(
                connection,
                upload_holds,
                {"target": target, "account": account},
                {"code": code, "message": message, "since": time.time()},
            )

    def holds(self) -> Sequence[QueueHold]:
        """Queues that rest, the oldest hold first."""
        query = sa.select(
            upload_holds.c.target,
            upload_holds.c.account,
            upload_holds.c.code,
            upload_holds.c.message,
            upload_holds.c.since,
        ).order_by(upload_holds.c.since)
        with self._catalogue.read() as connection:
            return [QueueHold(*row) for row in connection.execute(query)]

    def release(self, target: str, account: str) -> bool:
        """End a queue's hold, and queue again what it stopped. False when there was none."""
        with self._catalogue.write() as connection:
            ended = connection.execute(
                upload_holds.delete().where(
                    upload_holds.c.target == target, upload_holds.c.account == account
                )
            ).rowcount
            connection.execute(
                submissions.update()
                .where(
                    submissions.c.target == target,
                    submissions.c.account == account,
                    submissions.c.state == "held",
                    submissions.c.hold_code != "unknown_outcome",
                )
                .values(
                    state="queued",
                    hold_code="",
                    message="",
                    not_before=None,
                    updated_at=time.time(),
                )
            )
        return bool(ended)

    # Inside --------------------------------------------------------------------------------

    def _select(
        self, *conditions: Any, order: Any = None, limit: int | None = None
    ) -> list[Submission]:
        query = sa.select(*_OWN_COLUMNS).where(*conditions).limit(limit)
        if order is not None:
            query = query.order_by(order)
        with self._catalogue.read() as connection:
            rows = connection.execute(query).all()
            parts = _parts_of(connection, [row.id for row in rows])
        return [
            Submission(
                **{**row._mapping, "tags": tuple(row.tags)}, parts=tuple(parts.get(row.id, ()))
            )
            for row in rows
        ]


def _parts_of(connection: sa.Connection, ids: Iterable[int]) -> dict[int, list[Part]]:
    query = (
        sa.select(submission_parts.c.submission_id, *_PART_COLUMNS)
        .where(submission_parts.c.submission_id.in_(list(ids)))
        .order_by(submission_parts.c.submission_id, submission_parts.c.position)
    )
    found: dict[int, list[Part]] = {}
    for submission_id, *values in connection.execute(query):
        found.setdefault(submission_id, []).append(Part(*values))
    return found


def _part_values(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in _PART_FIELDS}
