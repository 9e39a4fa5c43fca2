"""Leases of those at work: the host, and the stream.

Whoever works on a stream holds a row, which only one has at a time, and says each `SEEN_EVERY_S`
that it is there. Where its process can be looked for from here, that alone decides whether it is
gone. Elsewhere time does, by two looks that both find the same old sign: after a break of the
database, or a jump of its clock, the living speak before the second look.

A lease that was ended is not there any more for the one who held it. Each change of the catalogue
by a run looks for its lease in the same transaction (`held_by`), so that a worker that comes back
late cannot file what another one makes by now.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from utawaku.library.errors import LeaseLostError
from utawaku.library.place import Place, here, own_mark
from utawaku.library.schema import leases
from utawaku.library.store.connections import Connections, upsert, write_options

SEEN_EVERY_S = 10.0
"""Between two signs of a holder."""
UNSEEN_S = 20.0
"""Without a sign for so long, a holder elsewhere is suspected to be gone."""
SURE_S = 10.0
"""It is gone where there is no sign for so long after that."""
EXPECTED_WITHIN_S = 90.0
"""A run that has begun takes its lease within this."""
RECEIVED_WITHIN_S = 30.0
"""A run that Redis has handed to a worker has a lease of the worker's within this."""
_WITHIN_S = "within_s"
_SUSPECTED_FOR_S = 3600.0
"""A suspicion that nobody looked into for so long counts as none."""
FORGOTTEN_AFTER_S = 86_400.0
"""A service that was not seen for so long is listed no more."""

RUN, COMMAND, UP, WORKER = "run", "command", "up", "worker"
RECEIVED = "received"
"""A worker has taken the run from its queue, and is about to begin."""
EXPECTED = "expected"
"""Nobody's: the run has begun, and is about to take its lease."""
ENDED = "ended"
"""Nobody's any more: its run is still to be closed."""
SERVICES = (UP, WORKER)


@dataclass(frozen=True)
class Lease:
    """One at work."""

    id: str
    """Id of the Dagster run; of others, a name of their own."""
    kind: str
    stream_id: str = ""
    host: str = ""
    place: str = ""
    """`library.place.Place.key`"""
    process: str = ""
    """`library.processes.process_mark`"""
    facts: Mapping[str, Any] = field(default_factory=dict)
    taken_at: float = 0.0
    seen_at: float = 0.0
    suspected_at: float | None = None

    def is_here(self, place: Place) -> bool:
        """Return whether this process holds it."""
        return (self.place, self.process) == (place.key, own_mark())

    @property
    def within_s(self) -> float:
        """Seconds within which somebody is to hold an expected one."""
        return float(self.facts.get(_WITHIN_S, EXPECTED_WITHIN_S))

    def unseen_s(self, now: float) -> float:
        """Seconds since its last sign. One from the future is as old as it is ahead."""
        return abs(now - self.seen_at)


_COLUMNS = [leases.c[one.name] for one in fields(Lease)]
# Made once: each change of the catalogue by a run asks it.
_N_HELD = sa.select(sa.func.count()).where(
    leases.c.id.in_(sa.bindparam("ids", expanding=True)),
    leases.c.place == sa.bindparam("place"),
    leases.c.process == sa.bindparam("process"),
)


class Leases:
    """Rows of those at work. Times are the database server's, which all agree on."""

    def __init__(
        self, catalogue: Connections, engine: sa.Engine, place: Place | None = None
    ) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self.place = place or here()

    def take(self, lease_id: str, kind: str, facts: Mapping[str, Any] | None = None) -> bool:
        """Take a lease for this process; False where another one holds it, or it was ended."""
        with self._catalogue.write() as connection:
            known = _one(connection, leases.c.id == lease_id)
            if known is not None and not self._may_overwrite(known):
                return False
            now = now_of(connection)
            values = {
                "kind": kind,
                "host": self.place.host,
                "place": self.place.key,
                "process": own_mark(),
                "facts": dict(facts or {}),
                "taken_at": now,
                "seen_at": now,
                "suspected_at": None,
            }
            upsert(connection, leases, {"id": lease_id}, values)
        return True

    def _may_overwrite(self, known: Lease) -> bool:
        if known.kind in (EXPECTED, *SERVICES) or known.is_here(self.place):
            return True
        return known.kind == RECEIVED and known.place == self.place.key

    def renew(self, lease_id: str, facts: Mapping[str, Any] | None = None) -> bool:
        """Say that this process is still at work; False where it does not hold the lease any more.

        Waits for no other writer, where the database allows that.
        """
        is_sqlite = self._engine.dialect.name == "sqlite"
        options = write_options(self._engine) if is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        told = {} if facts is None else {"facts": dict(facts)}
        with self._engine.connect().execution_options(**options) as connection, connection.begin():
            values = {"seen_at": now_of(connection), "suspected_at": None, **told}
            return bool(
                connection.execute(self._own(lease_id, leases.update()).values(values)).rowcount
            )

    def release(self, lease_id: str) -> None:
        """Give a lease of this process back, and its stream."""
        with self._catalogue.write() as connection:
            connection.execute(self._own(lease_id, leases.delete()))

    def hand_back(self, kinds: Sequence[str]) -> int:
        """Let what ended processes of this place held count as gone at once, for all who look.

        For a worker, which sees sooner than others that a run was killed. Returns how many.
        """
        is_here = (leases.c.place == self.place.key, leases.c.kind.in_(kinds))
        with self._catalogue.read() as connection:
            gone = [row for row in _all(connection, *is_here) if self._knows_gone(row)]
        if not gone:
            return 0
        with self._catalogue.write() as connection:
            long_ago = {"seen_at": 0.0, "suspected_at": now_of(connection) - 2 * SURE_S}
            for row in gone:
                same = (leases.c.id == row.id, leases.c.process == row.process)
                connection.execute(leases.update().where(*same).values(long_ago))
        return len(gone)

    def claim_stream(self, lease_id: str, stream_id: str) -> str | None:
        """Take a stream for a lease of this process, from one that is gone, too.

        Returns the id of the lease that holds it: `lease_id`, or another one of this process; None
        where another process has it.
        """
        if (holder := self._holder(stream_id)) is not None and not self._may_be_gone(holder):
            return holder.id if holder.is_here(self.place) else None
        with self._catalogue.write() as connection:
            now = now_of(connection)
            holder = _one(connection, leases.c.stream_id == stream_id)
            if holder is not None:
                if holder.is_here(self.place):
                    return holder.id
                if not (self._is_gone(connection, holder, now) and _end(connection, holder)):
                    return None
            connection.execute(
                self._own(lease_id, leases.update()).values(stream_id=stream_id, seen_at=now)
            )
        return lease_id

    def is_held(self, stream_id: str) -> bool:
        """Return whether somebody works on a stream, as far as is known now."""
        holder = self._holder(stream_id)
        if holder is None:
            return False
        known = self._knows_gone(holder)
        return known is not True

    def expect(self, run_ids: Sequence[str], within_s: float = EXPECTED_WITHIN_S) -> None:
        """Note runs that hold no lease, and are to have one within `within_s` seconds."""
        if not run_ids:
            return
        with self._catalogue.write() as connection:
            known = set(connection.execute(sa.select(leases.c.id)).scalars())
            now = now_of(connection)
            facts = {_WITHIN_S: within_s}
            for run_id in set(run_ids) - known:
                values = {"id": run_id, "kind": EXPECTED, "taken_at": now, "seen_at": now}
                connection.execute(leases.insert().values(facts=facts, **values))

    def end_gone(self) -> list[Lease]:
        """End the leases of those that are gone; what they held is free, and they are locked out.

        Returns these, and those that were ended before and not forgotten yet: the caller closes
        their runs, then calls `forget`.
        """
        with self._catalogue.read() as connection:
            rows, now = _all(connection), now_of(connection)
        if not any(self._may_be_gone(row, now) or row.kind == ENDED for row in rows):
            return []
        with self._catalogue.write() as connection:
            now, ended = now_of(connection), []
            for row in _all(connection):
                if row.kind in SERVICES:
                    if row.unseen_s(now) > FORGOTTEN_AFTER_S:
                        connection.execute(leases.delete().where(leases.c.id == row.id))
                elif row.kind == ENDED or (
                    self._is_gone(connection, row, now) and _end(connection, row)
                ):
                    ended.append(row)
        return ended

    def forget(self, lease_ids: Sequence[str]) -> None:
        """Delete leases that were ended."""
        if lease_ids:
            with self._catalogue.write() as connection:
                connection.execute(
                    leases.delete().where(leases.c.id.in_(lease_ids), leases.c.kind == ENDED)
                )

    def gone(self) -> list[Lease]:
        """Leases of those that are gone, or not heard of for too long; nothing is changed."""
        rows, now = self.listed()
        return [row for row in rows if row.kind == ENDED or self.is_stale(row, now)]

    def listed(self) -> tuple[list[Lease], float]:
        """All leases, and the time by the clock of their times."""
        with self._catalogue.read() as connection:
            return _all(connection), now_of(connection)

    def is_stale(self, lease: Lease, now: float) -> bool:
        """Return whether its holder has ended, or has not been heard of lately."""
        known = self._knows_gone(lease)
        limit_s = lease.within_s if lease.kind == EXPECTED else UNSEEN_S + SURE_S
        return lease.unseen_s(now) > limit_s if known is None else known

    def held_by(self, connection: sa.Connection, lease_ids: Sequence[str]) -> None:
        """Look for leases of this process inside the caller's transaction.

        Raises:
            LeaseLostError: one was ended, as this process was not heard of for too long.
        """
        asked = {"ids": list(lease_ids), "place": self.place.key, "process": own_mark()}
        if connection.execute(_N_HELD, asked).scalar_one() != len(set(lease_ids)):
            raise LeaseLostError(
                "this program was not heard of for too long, and its stream was given to another",
                next_step="Look at `utawaku status`; nothing was changed",
            )

    def _own(self, lease_id: str, change: Any) -> Any:
        return change.where(
            leases.c.id == lease_id,
            leases.c.place == self.place.key,
            leases.c.process == own_mark(),
        )

    def _holder(self, stream_id: str) -> Lease | None:
        with self._catalogue.read() as connection:
            return _one(connection, leases.c.stream_id == stream_id)

    def _knows_gone(self, lease: Lease) -> bool | None:
        if not lease.place:
            return None
        return self.place.knows_gone(lease.host, lease.place, lease.process)

    def _may_be_gone(self, lease: Lease, now: float | None = None) -> bool:
        """Return whether a closer look is worth a transaction."""
        known = self._knows_gone(lease)
        return known if known is not None else now is None or lease.unseen_s(now) > UNSEEN_S

    def _is_gone(self, connection: sa.Connection, lease: Lease, now: float) -> bool:
        """Return whether its holder is gone for sure; where only time can tell, note the look."""
        known = self._knows_gone(lease)
        if known is not None:
            return known
        if lease.kind == EXPECTED:
            return lease.unseen_s(now) > lease.within_s
        if lease.unseen_s(now) <= UNSEEN_S:
            return False
        since = lease.suspected_at
        if since is None or not 0 <= now - since < _SUSPECTED_FOR_S:
            connection.execute(
                leases.update().where(leases.c.id == lease.id).values(suspected_at=now)
            )
            return False
        return now - since >= SURE_S


def now_of(connection: sa.Connection) -> float:
    """The time by the clock of the database's machine, in seconds since 1970."""
    if connection.dialect.name == "sqlite":
        return time.time()
    asked = "SELECT extract(epoch FROM clock_timestamp())::double precision"
    return float(connection.exec_driver_sql(asked).scalar_one())


def _end(connection: sa.Connection, lease: Lease) -> bool:
    """End a lease, unless its holder has spoken since it was read."""
    nobody = {"kind": ENDED, "stream_id": "", "place": "", "process": ""}
    unseen = leases.c.seen_at <= lease.seen_at
    where = (leases.c.id == lease.id, leases.c.process == lease.process, unseen)
    return bool(connection.execute(leases.update().where(*where).values(nobody)).rowcount)


def _all(connection: sa.Connection, *where: Any) -> list[Lease]:
    query = sa.select(*_COLUMNS).where(*where).order_by(leases.c.taken_at, leases.c.id)
    return [Lease(*row) for row in connection.execute(query)]


def _one(connection: sa.Connection, where: Any) -> Lease | None:
    row = connection.execute(sa.select(*_COLUMNS).where(where)).first()
    return None if row is None else Lease(*row)
