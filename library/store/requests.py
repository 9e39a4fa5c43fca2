"""Requests to the pipeline; none is lost while nothing runs."""

import time
from contextlib import suppress
from dataclasses import fields
from typing import Any, TypeVar

import sqlalchemy as sa

from utawaku.library.errors import ConfigError, NotFoundError, PlaylistError, RequestError
from utawaku.library.records import Request
from utawaku.library.requests import AnyRequest, RequestKind, kind_names, read_request
from utawaku.library.schema import requests
from utawaku.library.store.connections import Connections

_COLUMNS = [requests.c[field.name] for field in fields(Request)]
OPEN_STATES = ("queued", "running")
LONGEST_WAIT_S = 15 * 86_400.0
"""A day more than the longest wait there is; see `library.retry_policies`."""
Kind = TypeVar("Kind", bound=RequestKind)


class Requests:
    """A queue of rows: kind, target, arguments, state."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue
        self.asked_by = ""
        """Noted with what is filed here, unless the caller says who asks."""

    def file(self, wanted: AnyRequest, *, by: str = "") -> Request:
        """Ask for something. The same queued request twice is the same row.

        `by` is noted as `Request.asked_by`.
        """
        row_values = wanted.row()
        with self._catalogue.write() as connection:
            twins = connection.execute(
                sa.select(*_COLUMNS).where(
                    requests.c.kind == row_values["kind"],
                    requests.c.target == row_values["target"],
                    requests.c.state == "queued",
                )
            )
            for row in twins:
                if dict(row.arguments) == row_values["arguments"]:
                    return Request(*row)
            row_id = connection.execute(
                requests.insert()
                .values(**row_values, asked_by=by or self.asked_by, created_at=time.time())
                .returning(requests.c.id)
            ).scalar_one()
        return self.get(row_id)

    def file_once(self, wanted: AnyRequest, *, since: float, by: str = "") -> bool:
        """Ask for something unless that was asked for at `since` or later, in any state.

        Returns whether it was asked for now.
        """
        values = wanted.row()
        with self._catalogue.write() as connection:
            before = connection.scalars(
                sa.select(requests.c.arguments).where(
                    requests.c.kind == values["kind"],
                    requests.c.target == values["target"],
                    requests.c.created_at >= since,
                )
            )
            if any(dict(arguments) == values["arguments"] for arguments in before):
                return False
            connection.execute(
                requests.insert().values(
                    **values, asked_by=by or self.asked_by, created_at=time.time()
                )
            )
        return True

    def get(self, request_id: int) -> Request:
        """One request.

        Raises:
            NotFoundError: there is none with this number.
        """
        with self._catalogue.read() as connection:
            row = connection.execute(
                sa.select(*_COLUMNS).where(requests.c.id == request_id)
            ).first()
        if row is None:
            raise NotFoundError("no such request", subject=str(request_id))
        return Request(*row)

    def waiting(
        self,
        kind: type[RequestKind] | None = None,
        *,
        limit: int | None = None,
        now: float | None = None,
    ) -> list[Request]:
        """Queued requests, the oldest first; with `now` only those whose time has come."""
        query = sa.select(*_COLUMNS).where(requests.c.state == "queued").order_by(requests.c.id)
        if now is not None:
            # No wait is longer: a later date was written by a clock that was wrong.
            query = query.where(
                sa.or_(
                    requests.c.not_before.is_(None),
                    requests.c.not_before <= now,
                    requests.c.not_before > now + LONGEST_WAIT_S,
                )
            )
        if kind is not None:
            query = query.where(requests.c.kind.in_(kind_names(kind)))
        with self._catalogue.read() as connection:
            return [Request(*row) for row in connection.execute(query.limit(limit))]

    def running(self) -> list[Request]:
        """Requests that somebody works on, the oldest first."""
        query = sa.select(*_COLUMNS).where(requests.c.state == "running").order_by(requests.c.id)
        with self._catalogue.read() as connection:
            return [Request(*row) for row in connection.execute(query)]

    def newest(self) -> int:
        """Return the number of the request that was filed last; 0 where none was."""
        query = sa.select(sa.func.coalesce(sa.func.max(requests.c.id), 0))
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())

    def recent(self, *, limit: int = 100) -> list[Request]:
        """Open requests first, then the latest finished ones."""
        is_open = sa.case((requests.c.state.in_(OPEN_STATES), 0), else_=1)
        query = sa.select(*_COLUMNS).order_by(is_open, requests.c.id.desc()).limit(limit)
        with self._catalogue.read() as connection:
            return [Request(*row) for row in connection.execute(query)]

    def of_kind(self, kind: type[RequestKind], *, limit: int = 100) -> list[Request]:
        """Requests of a kind in any state, the latest first."""
        query = (
            sa.select(*_COLUMNS)
            .where(requests.c.kind.in_(kind_names(kind)))
            .order_by(requests.c.id.desc())
        )
        with self._catalogue.read() as connection:
            return [Request(*row) for row in connection.execute(query.limit(limit))]

    def claim(self, request_id: int, *, run_id: str = "") -> bool:
        """Take a queued request for work; False when somebody else has it or it was cancelled."""
        return self._move(
            request_id,
            ("queued",),
            state="running",
            run_id=run_id,
            started_at=time.time(),
            not_before=None,
            message="",
        )

    def progressed(self, request_id: int, progress: float, message: str) -> None:
        """Tell how far it has come."""
        self._move(request_id, ("running",), progress=progress, message=message)

    def finish(self, request_id: int, *, message: str = "") -> bool:
        """It is done."""
        return self._move(
            request_id,
            ("running",),
            state="done",
            progress=1.0,
            message=message,
            finished_at=time.time(),
        )

    def fail(self, request_id: int, message: str) -> bool:
        """It cannot be done; `message` says why and what to do next."""
        return self._move(
            request_id, OPEN_STATES, state="failed", message=message, finished_at=time.time()
        )

    def cancel(self, request_id: int) -> bool:
        """The user no longer wants it. False when it is finished already."""
        return self._move(request_id, OPEN_STATES, state="cancelled", finished_at=time.time())

    def requeue(self, request_id: int) -> bool:
        """Put back a request whose worker died, or that the user wants tried again."""
        return self._move(
            request_id,
            ("running", "failed", "cancelled"),
            state="queued",
            progress=0.0,
            message="",
            run_id="",
            started_at=None,
            finished_at=None,
            not_before=None,
            attempts=requests.c.attempts + 1,
        )

    def wait(self, request_id: int, until: float, reason: str) -> bool:
        """Leave a queued request alone until a moment, and say why."""
        return self._move(request_id, ("queued",), not_before=until, message=reason)

    def try_again(
        self,
        request_id: int,
        until: float,
        reason: str,
        *,
        wanted: AnyRequest | None = None,
    ) -> bool:
        """Put a running request back into the queue for a later try, and say why.

        `wanted` takes the place of what was asked for.
        """
        more = {} if wanted is None else wanted.row()
        return self._move(
            request_id,
            ("running",),
            state="queued",
            not_before=until,
            message=reason,
            run_id="",
            started_at=None,
            attempts=requests.c.attempts + 1,
            **more,
        )

    def give_back(self, request_id: int) -> bool:
        """Put a claimed request back whose run was never started: the same try comes again."""
        return self._move(request_id, ("running",), state="queued", run_id="", started_at=None)

    def open_of(self, kind: type[Kind]) -> list[tuple[Request, Kind]]:
        """Queued and running requests of a kind, with what they ask for; unreadable ones are
        left out, the pipeline fails them."""
        query = sa.select(*_COLUMNS).where(
            requests.c.kind.in_(kind_names(kind)), requests.c.state.in_(OPEN_STATES)
        )
        with self._catalogue.read() as connection:
            rows = [Request(*row) for row in connection.execute(query)]
        found: list[tuple[Request, Kind]] = []
        for row in rows:
            with suppress(RequestError, ConfigError, PlaylistError):
                wanted = read_request(row)
                if isinstance(wanted, kind):
                    found.append((row, wanted))
        return found

    def replace(self, request_id: int, wanted: AnyRequest) -> bool:
        """Put other arguments in place of an open request's."""
        return self._move(request_id, OPEN_STATES, **wanted.row())

    def wake(self, *, reason_begins: str = "") -> int:
        """Let queued requests that wait go on now; returns how many."""
        where = [requests.c.state == "queued", requests.c.not_before.is_not(None)]
        if reason_begins:
            where.append(requests.c.message.startswith(reason_begins, autoescape=True))
        with self._catalogue.write() as connection:
            return connection.execute(
                requests.update().where(*where).values(not_before=None, message="")
            ).rowcount

    def n_failed_since(self, moment: float) -> int:
        """Return how many requests were given up since a moment."""
        query = (
            sa.select(sa.func.count())
            .select_from(requests)
            .where(requests.c.state == "failed", requests.c.finished_at > moment)
        )
        with self._catalogue.read() as connection:
            return connection.execute(query).scalar_one()

    def first_created_at(self) -> float | None:
        """Return when the oldest request that is kept was filed; None where there is none."""
        with self._catalogue.read() as connection:
            found = connection.execute(sa.select(sa.func.min(requests.c.created_at))).scalar_one()
        return None if found is None else float(found)

    def count(self, state: str) -> int:
        """Return how many requests are in this state."""
        query = sa.select(sa.func.count()).select_from(requests).where(requests.c.state == state)
        with self._catalogue.read() as connection:
            return connection.execute(query).scalar_one()

    def _move(self, request_id: int, from_states: tuple[str, ...], **values: Any) -> bool:
        with self._catalogue.write() as connection:
            return bool(
                connection.execute(
                    requests.update()
                    .where(requests.c.id == request_id, requests.c.state.in_(from_states))
                    .values(**values)
                ).rowcount
            )
