"""Submissions, their parts, the upload queue, its budget and its holds."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from utawaku.library.errors import NotFoundError, SongTakenError
from utawaku.library.publish.records import Part, QueueHold, Submission, UploadEvent
from utawaku.library.publish.states import ACTIVE, StateError, SubmissionState, check_move
from utawaku.library.schema import submission_parts, submissions, upload_events, upload_holds
from utawaku.library.store.connections import Connections, upsert

_PART_FIELDS = [field.name for field in fields(Part)]
_PART_COLUMNS = [submission_parts.c[name] for name in _PART_FIELDS]
_OWN_FIELDS = [field.name for field in fields(Submission) if field.name != "parts"]
_OWN_COLUMNS = [submissions.c[name] for name in _OWN_FIELDS]
_DRAFT_FIELDS = (
    "target", "account", "title", "description", "tags", "source_url", "copyright", "category",
    "cover_path", "publish_at", "append_to", "season",
)  # fmt: skip
"""Fields of a draft that the user can change, besides its parts."""
_KEEP_EVENTS_S = 8 * 86400.0
_KEEP_EVENTS = 5_000
"""So many stay however old they are: a clock that is a month ahead calls all of them old."""
_CLOCK_SLACK_S = 60.0
NEEDS_DECISION = ("unknown_outcome", "already_there", "same_title", "same_songs")
"""Holds of one submission, which releasing its queue does not end."""


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
        """Return what the queue may work on now, the oldest first; queues on hold are left out.

        Submissions that were cut short (uploading, submitting) come like queued ones; published
        ones that are not in their season yet, too.
        """
        self._forget_the_future(now)
        held = sa.exists().where(
            upload_holds.c.target == submissions.c.target,
            upload_holds.c.account == submissions.c.account,
        )
        waits_for_season = sa.and_(
            submissions.c.state == "published",
            submissions.c.season != "",
            submissions.c.season_done.is_(sa.false()),
        )
        conditions = [
            sa.or_(submissions.c.state.in_(ACTIVE), waits_for_season),
            sa.or_(submissions.c.not_before.is_(None), submissions.c.not_before <= now),
            ~held,
        ]
        if target:
            conditions.append(submissions.c.target == target)
        if account:
            conditions.append(submissions.c.account == account)
        return self._select(*conditions, order=submissions.c.id)

    def shared_song_ids(self, target: str, account: str = "", *, without: int = 0) -> set[str]:
        """Songs that are published, or on their way, on a target; by another submission than
        `without`."""
        query = (
            sa.select(submission_parts.c.song_id)
            .join(submissions, submissions.c.id == submission_parts.c.submission_id)
            .where(submissions.c.target == target, submission_parts.c.song_id != "")
        )
        if account:
            query = query.where(submissions.c.account == account)
        if without:
            query = query.where(submissions.c.id != without)
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

    def titles(self, target: str, account: str, *, before: int = 0) -> dict[str, int]:
        """Titles that a new submission cannot have, with the submission of each.

        With `before` (a submission's number) only those that come first: what is published or
        on its way, and what was queued earlier.
        """
        conditions = [
            submissions.c.target == target,
            submissions.c.account == account,
            submissions.c.append_to == "",
            submissions.c.state != "failed",
        ]
        if before:
            sent = submissions.c.state.in_(("uploading", "submitting", "published"))
            conditions += [
                submissions.c.id != before,
                submissions.c.state != "draft",
                sa.or_(sent, submissions.c.id < before),
            ]
        query = sa.select(submissions.c.title, submissions.c.id).where(*conditions)
        with self._catalogue.read() as connection:
            return {row.title: row.id for row in connection.execute(query)}

    def known_parts(self, target: str, account: str) -> set[str]:
        """Remote names of the parts that our records say are published there."""
        query = (
            sa.select(submission_parts.c.remote_name)
            .join(submissions, submissions.c.id == submission_parts.c.submission_id)
            .where(
                submissions.c.target == target,
                submissions.c.account == account,
                submissions.c.state == "published",
            )
        )
        with self._catalogue.read() as connection:
            return set(connection.scalars(query))

    # Making and changing -------------------------------------------------------------------

    def add(self, planned: Submission) -> Submission:
        """Keep a planned submission as a draft; it gets its number.

        Raises:
            SongTakenError: a song is in another open submission of the target.
        """
        return self.add_planned(lambda: [planned])[0]

    def add_planned(
        self, plan: Callable[[], Sequence[Submission]], *, queued: bool = False
    ) -> list[Submission]:
        """Plan and keep in one transaction: two programs never plan the same songs.

        Args:
            plan: reads the catalogue and returns what is to be kept; empty keeps nothing.
            queued: put the submissions into the queue at once.

        Raises:
            SongTakenError: a song is in another open submission of the target.
        """
        with self._ruled(), self._catalogue.write() as connection:
            kept = [_insert(connection, one, queued=queued) for one in plan()]
        return [self.get(number) for number in kept]

    def move(self, submission_id: int, state: SubmissionState, **changes: Any) -> Submission:
        """Take a step of the state machine, with what is to be recorded with it.

        Only a person queues what is held or failed: the counts of its parts start afresh then.

        Raises:
            StateError: the machine has no such step.
            NotFoundError: there is no such submission.
            SongTakenError: a song of it is in another open submission of the target.
        """
        with self._ruled(), self._catalogue.write() as connection:
            where = submissions.c.id == submission_id
            row = connection.execute(
                sa.select(submissions.c.state, submissions.c.target).where(where)
            ).first()
            if row is None:
                raise NotFoundError("no such submission", subject=str(submission_id))
            check_move(row.state, state, subject=f"submission {submission_id}")
            if state == "published":
                _release_songs(connection, submission_id)
            elif state == "queued" and row.state in ("draft", "held", "failed"):
                _claim_songs(connection, submission_id, row.target)
                _count_afresh(connection, [submission_id])
                changes = {"hold_code": "", "message": "", "not_before": None} | changes
            connection.execute(
                submissions.update()
                .where(where)
                .values(state=state, updated_at=time.time(), **changes)
            )
        return self.get(submission_id)

    def adopt(self, submission_id: int, remote_id: str = "") -> Submission:
        """Record that a held submission is on the target already; the human has looked.

        Args:
            submission_id: the submission.
            remote_id: what the target calls it; empty takes what was found there.

        Raises:
            StateError: nothing was found there that it could be, or it is not held.
        """
        submission = self.get(submission_id)
        remote_id = remote_id or submission.candidate_id
        if not remote_id:
            raise StateError(
                "nothing on the target was found to be it",
                subject=f"submission {submission_id}",
                next_step="Name it: utawaku submissions --published-as NUMBER ID",
            )
        return self.move(
            submission_id,
            "published",
            remote_id=remote_id,
            published_at=time.time(),
            submit_sent_at=None,
            hold_code="",
            message="",
        )

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
        """Replace the parts of a draft, numbered again in the given order.

        Raises:
            StateError: it is no draft any more.
            SongTakenError: a song is in another open submission of the target.
        """
        submission = self.get(submission_id)
        if submission.state != "draft":
            check_move(submission.state, "draft", subject=f"submission {submission_id}")
            raise StateError(
                "only a draft's parts can be changed",
                subject=f"submission {submission_id}",
                next_step="Make it a draft first",
            )
        with self._ruled(), self._catalogue.write() as connection:
            _replace_parts(connection, submission_id, parts, submission.target)
        return self.get(submission_id)

    def rewrite(self, draft: Submission) -> Submission:
        """Put a draft in place of what was kept of it: target, words and parts.

        Raises:
            StateError: it is no draft any more.
            SongTakenError: a song is in another open submission of its target.
        """
        words = {name: getattr(draft, name) for name in _DRAFT_FIELDS}
        words["tags"] = list(draft.tags)
        with self._ruled(), self._catalogue.write() as connection:
            changed = connection.execute(
                submissions.update()
                .where(submissions.c.id == draft.id, submissions.c.state == "draft")
                .values(updated_at=time.time(), **words)
            ).rowcount
            if changed:
                _replace_parts(connection, draft.id, draft.parts, draft.target)
        return self.get(draft.id) if changed else self.set_parts(draft.id, draft.parts)

    def delete(self, submission_id: int) -> None:
        """Drop a draft, or one that failed before anything was published."""
        submission = self.get(submission_id)
        if submission.state not in {"draft", "failed"} or submission.submit_sent_at is not None:
            check_move(submission.state, "draft", subject=f"submission {submission_id}")
        with self._catalogue.write() as connection:
            connection.execute(submissions.delete().where(submissions.c.id == submission_id))

    # Budget and holds ----------------------------------------------------------------------

    def record_event(self, target: str, account: str, event: UploadEvent) -> int:
        """Count a costly request against the budget; returns its number.

        What no budget looks at any more is forgotten.
        """
        with self._catalogue.write() as connection:
            number = connection.execute(
                upload_events.insert()
                .values(
                    target=target,
                    account=account,
                    kind=event.kind,
                    at=event.at,
                    size_bytes=event.size_bytes,
                )
                .returning(upload_events.c.id)
            ).scalar_one()
            connection.execute(
                upload_events.delete().where(
                    upload_events.c.at < event.at - _KEEP_EVENTS_S,
                    upload_events.c.id < number - _KEEP_EVENTS,
                )
            )
        return int(number)

    def book_bytes(self, submission_id: int, position: int, event: int, n_bytes: int) -> None:
        """Count bytes of a part that have left this machine, in the part and in the budget."""
        with self._catalogue.write() as connection:
            connection.execute(
                submission_parts.update()
                .where(
                    submission_parts.c.submission_id == submission_id,
                    submission_parts.c.position == position,
                )
                .values(bytes_sent=submission_parts.c.bytes_sent + n_bytes)
            )
            connection.execute(
                upload_events.update()
                .where(upload_events.c.id == event)
                .values(size_bytes=upload_events.c.size_bytes + n_bytes)
            )

    def events(self, target: str, account: str, since: float) -> Sequence[UploadEvent]:
        """Costly requests since then; what a wrong clock dated into the future counts as now."""
        self._forget_the_future(time.time())
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
        stopped = (
            submissions.c.target == target,
            submissions.c.account == account,
            submissions.c.state == "held",
            submissions.c.hold_code.not_in(NEEDS_DECISION),
        )
        with self._catalogue.write() as connection:
            ended = connection.execute(
                upload_holds.delete().where(
                    upload_holds.c.target == target, upload_holds.c.account == account
                )
            ).rowcount
            _count_afresh(
                connection, connection.scalars(sa.select(submissions.c.id).where(*stopped)).all()
            )
            connection.execute(
                submissions.update()
                .where(*stopped)
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

    @contextmanager
    def _ruled(self) -> Iterator[None]:
        """Say in our words that the schema's rule refused a change (another program was first)."""
        try:
            yield
        except IntegrityError as error:
            if "open_target" not in str(error.orig):
                raise
            raise SongTakenError(
                "a song is in another open submission of the target",
                next_step="Look at `utawaku submissions`, then plan again",
            ) from error

    def _forget_the_future(self, now: float) -> None:
        """Let times that a wrong clock dated into the future count as now.

        They are changed where they are kept: else "now" would go on for as long as the clock was
        ahead. A wait keeps its length.
        """
        event_ahead = upload_events.c.at > now + _CLOCK_SLACK_S
        wait_ahead = sa.and_(
            submissions.c.not_before.is_not(None), submissions.c.updated_at > now + _CLOCK_SLACK_S
        )
        with self._catalogue.read() as connection:
            ahead = connection.scalar(
                sa.select(sa.or_(sa.exists().where(event_ahead), sa.exists().where(wait_ahead)))
            )
        if not ahead:
            return
        with self._catalogue.write() as connection:
            connection.execute(upload_events.update().where(event_ahead).values(at=now))
            connection.execute(
                submissions.update()
                .where(wait_ahead)
                .values(
                    not_before=now + submissions.c.not_before - submissions.c.updated_at,
                    updated_at=now,
                )
            )

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


def _insert(connection: sa.Connection, planned: Submission, *, queued: bool) -> int:
    now = time.time()
    values = {name: getattr(planned, name) for name in _OWN_FIELDS if name != "id"}
    values.update(tags=list(planned.tags), created_at=now, updated_at=now)
    if queued:
        check_move(planned.state, "queued")
        values["state"] = "queued"
    number = connection.execute(
        submissions.insert().values(**values).returning(submissions.c.id)
    ).scalar_one()
    if planned.parts:
        connection.execute(
            submission_parts.insert(),
            [{"submission_id": number, **_part_values(part)} for part in planned.parts],
        )
    if values["state"] != "published":
        _claim_songs(connection, number, planned.target)
    return int(number)


def _replace_parts(
    connection: sa.Connection, submission_id: int, parts: Sequence[Part], target: str
) -> None:
    connection.execute(
        submission_parts.delete().where(submission_parts.c.submission_id == submission_id)
    )
    rows = [
        {"submission_id": submission_id, **_part_values(part), "position": position}
        for position, part in enumerate(parts)
    ]
    if rows:
        connection.execute(submission_parts.insert(), rows)
    _claim_songs(connection, submission_id, target)


def _claim_songs(connection: sa.Connection, submission_id: int, target: str) -> None:
    """Reserve a submission's songs on its target.

    Raises:
        SongTakenError: another open submission has one of them, or this one has it twice.
    """
    own = sa.and_(
        submission_parts.c.submission_id == submission_id, submission_parts.c.song_id != ""
    )
    songs = connection.scalars(sa.select(submission_parts.c.song_id).where(own)).all()
    repeated = next((song for song in songs if songs.count(song) > 1), None)
    if repeated is not None:
        raise SongTakenError(
            "the song is in the submission twice", subject=repeated, next_step="Take one out"
        )
    taken = connection.execute(
        sa.select(submissions.c.id, submissions.c.state, submission_parts.c.title)
        .join(submission_parts, submissions.c.id == submission_parts.c.submission_id)
        .where(
            submission_parts.c.open_target == target,
            submission_parts.c.submission_id != submission_id,
            submission_parts.c.song_id.in_(songs),
        )
    ).first()
    if taken is not None:
        raise SongTakenError(
            f"the song is in submission {taken.id} already, which is {taken.state}",
            subject=taken.title,
            next_step=f"Send that one, or drop it: utawaku submissions --drop {taken.id}",
        )
    connection.execute(submission_parts.update().where(own).values(open_target=target))


def _release_songs(connection: sa.Connection, submission_id: int) -> None:
    connection.execute(
        submission_parts.update()
        .where(submission_parts.c.submission_id == submission_id)
        .values(open_target=None)
    )


def _count_afresh(connection: sa.Connection, ids: Sequence[int]) -> None:
    """Forget the tries of parts that have not arrived."""
    connection.execute(
        submission_parts.update()
        .where(submission_parts.c.submission_id.in_(ids), submission_parts.c.state != "uploaded")
        .values(state="waiting", attempts=0, bytes_sent=0, message="")
    )


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
