"""Rate limit, remembered answers and circuit breaker of one outside service.

One SQLite file in the cache folder is shared by every process that asks. It holds the answers by
question, the times of recent requests, a lease for each request under way, and the circuit
breaker. A question is asked once; at most so many requests run at once and start within any
minute; after a refusal, or several failures, nobody asks until the given time. Where a service's
limit is not known the pace is found: each answer raises it a little, a refusal halves it.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.errors import RecognitionError
from utawaku.library.service_status import LONGEST_COOLDOWN_S, allowance, is_cooling_down
from utawaku.library.write_ahead import use_write_ahead_log

FAILURES_TO_OPEN = 3
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0

_RAISED_BY = 0.05
"""Share of the first pace that each answer adds."""
_SLOWEST = 1.0
"""Requests a minute that refusals do not go below."""
_LEASE_S = 120.0
_BUSY_TIMEOUT_S = 30.0
_CLOCK_SLACK_S = 1.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    digest TEXT PRIMARY KEY, answer TEXT NOT NULL, asked_at REAL NOT NULL, expires_at REAL
);
CREATE TABLE IF NOT EXISTS requests (started_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS leases (id TEXT PRIMARY KEY, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS breaker (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    n_failures INTEGER NOT NULL, n_pauses INTEGER NOT NULL, open_until REAL NOT NULL,
    reason TEXT NOT NULL, paused_at REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS pace (
    id INTEGER PRIMARY KEY CHECK (id = 1), per_minute REAL NOT NULL
);
INSERT OR IGNORE INTO breaker (id, n_failures, n_pauses, open_until, reason)
    VALUES (1, 0, 0, 0, '');
"""
_ANY_AHEAD = """
SELECT EXISTS (SELECT 1 FROM requests WHERE started_at > ?)
    OR EXISTS (SELECT 1 FROM leases WHERE expires_at > ?)
    OR EXISTS (SELECT 1 FROM breaker WHERE paused_at > ? OR open_until > ?)
"""


@dataclass(frozen=True, slots=True)
class BreakerState:
    """The circuit breaker of a service, and its reason."""

    is_open: bool
    open_until: float
    """Seconds since the epoch."""
    reason: str
    n_failures: int
    """Failures since the last success."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Leave to send one request, to be handed back with `ServiceGate.release`."""

    id: str


class ServiceGate:
    """The shared state. Safe to use from threads and processes at once.

    Every method raises RecognitionError when `path` cannot be used as a database.
    """

    def __init__(
        self,
        path: Path,
        *,
        at_once: int = 4,
        per_minute: float = 5.0,
        most_per_minute: float = 0.0,
    ) -> None:
        """Open the file, or make it.

        Args:
            path: of the file.
            at_once: requests under way at the same time.
            per_minute: requests that start within a minute, at first.
            most_per_minute: what answers raise the pace to; at least `per_minute`.
        """
        self.path = path
        self._at_once = at_once
        self._first, self._most = per_minute, most_per_minute
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as db:
                use_write_ahead_log(db, timeout_s=_BUSY_TIMEOUT_S)
                db.executescript(_SCHEMA)
                with _immediate(db):
                    _upgrade(db)
        except OSError as error:
            raise RecognitionError(
                f"the answer cache cannot be used ({error})",
                subject=str(path),
                next_step="Check the cache folder, or delete the file",
            ) from error

    def recall_value(self, key: str) -> Any:
        """Return the remembered answer to a question, if it still holds; else None."""
        with self._open() as db:
            row = db.execute(
                "SELECT answer FROM answers"
                " WHERE digest = ? AND (expires_at IS NULL OR expires_at > ?)",
                (key, time.time()),
            ).fetchone()
        return json.loads(row[0]) if row is not None else None

    def remember_value(self, key: str, answer: Any, *, for_s: float | None) -> None:
        """Keep an answer (anything JSON can hold) for so long; None keeps it for good."""
        now = time.time()
        expires_at = None if for_s is None else now + for_s
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
                (key, json.dumps(answer), now, expires_at),
            )

    def forget_values(self) -> int:
        """Forget every remembered answer; return how many there were."""
        with self._open() as db:
            return db.execute("DELETE FROM answers").rowcount

    def enter(self) -> Lease | float:
        """Leave to send a request now, or the seconds to wait before asking again."""
        now = time.time()
        with self._open() as db, _immediate(db):
            _settle(db, now)
            burst, span_s = allowance(self._pace(db))
            db.execute("DELETE FROM requests WHERE started_at <= ?", (now - span_s,))
            db.execute("DELETE FROM leases WHERE expires_at <= ?", (now,))
            recent = db.execute(
                "SELECT started_at FROM requests ORDER BY started_at DESC LIMIT 1 OFFSET ?",
                (burst - 1,),
            ).fetchone()
            if recent is not None:
                return float(max(recent[0] + span_s - now, 0.05))
            n_under_way = db.execute("SELECT count(*) FROM leases").fetchone()[0]
            if n_under_way >= self._at_once:
                return 0.1
            lease = Lease(uuid.uuid4().hex)
            db.execute("INSERT INTO requests VALUES (?)", (now,))
            db.execute("INSERT INTO leases VALUES (?, ?)", (lease.id, now + _LEASE_S))
            return lease

    def release(self, lease: Lease) -> None:
        """The request is over."""
        with self._open() as db:
            db.execute("DELETE FROM leases WHERE id = ?", (lease.id,))

    def state(self) -> BreakerState:
        """The circuit breaker, for the user to see."""
        with self._open() as db:
            _settle(db, time.time())
            n_failures, open_until, reason = db.execute(
                "SELECT n_failures, open_until, reason FROM breaker"
            ).fetchone()
        return BreakerState(is_cooling_down(open_until), open_until, reason, n_failures)

    def succeeded(self) -> None:
        """The service answered: all is forgiven, and it is asked a little oftener."""
        with self._open() as db, _immediate(db):
            db.execute(
                "UPDATE breaker SET n_failures = 0, n_pauses = 0, open_until = 0, reason = ''"
            )
            pace, most = self._pace(db), max(self._most, self._first)
            if pace < most:
                self._set_pace(db, min(pace + _RAISED_BY * self._first, most))

    def slow_down(self) -> float:
        """The service refused: halve the pace; return it, in requests a minute."""
        with self._open() as db, _immediate(db):
            pace = max(self._pace(db) / 2, min(_SLOWEST, self._first))
            self._set_pace(db, pace)
            return pace

    def pace(self) -> float:
        """Requests that may start within a minute now."""
        with self._open() as db:
            return self._pace(db)

    def failed(self, reason: str) -> BreakerState:
        """A request failed; the third in a row opens the breaker."""
        with self._open() as db, _immediate(db):
            db.execute("UPDATE breaker SET n_failures = n_failures + 1, reason = ?", (reason,))
            n_failures = db.execute("SELECT n_failures FROM breaker").fetchone()[0]
        if n_failures >= FAILURES_TO_OPEN:
            return self.pause(reason, None)
        return self.state()

    def pause(self, reason: str, for_s: float | None) -> BreakerState:
        """Open the breaker for `for_s`, or for twice as long as last time, with some jitter."""
        with self._open() as db, _immediate(db):
            n_pauses = db.execute("SELECT n_pauses FROM breaker").fetchone()[0]
            if for_s is None:
                for_s = min(FIRST_PAUSE_S * 2**n_pauses, LONGEST_PAUSE_S)
                for_s *= random.uniform(1.0, 1.25)
            now = time.time()
            _settle(db, now)
            until = now + min(for_s, LONGEST_COOLDOWN_S)
            db.execute(
                "UPDATE breaker SET n_pauses = n_pauses + 1, reason = ?, paused_at = ?,"
                " open_until = max(open_until, ?)",
                (reason, now, until),
            )
        return self.state()

    def reset(self) -> None:
        """Close the breaker at the user's request."""
        self.succeeded()

    def _pace(self, db: sqlite3.Connection) -> float:
        row = db.execute("SELECT per_minute FROM pace").fetchone()
        return self._first if row is None else min(float(row[0]), max(self._most, self._first))

    def _set_pace(self, db: sqlite3.Connection, per_minute: float) -> None:
        db.execute("INSERT OR REPLACE INTO pace VALUES (1, ?)", (per_minute,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
            try:
                yield db
            finally:
                db.close()
        except sqlite3.Error as error:
            raise RecognitionError(
                f"the answer cache cannot be used ({error})",
                subject=str(self.path),
                next_step="Check the cache folder, or delete the file",
            ) from error


@contextmanager
def _immediate(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _upgrade(db: sqlite3.Connection) -> None:
    """Give a file of an earlier version the column that it lacks."""
    names = {row[1] for row in db.execute("PRAGMA table_info(breaker)")}
    if "paused_at" not in names:
        db.execute("ALTER TABLE breaker ADD COLUMN paused_at REAL NOT NULL DEFAULT 0")


def _settle(db: sqlite3.Connection, now: float) -> None:
    """Let times that a wrong clock dated into the future count as now.

    A pause keeps its length; a lease is over, as its request is.
    """
    limit = now + _CLOCK_SLACK_S
    longest = limit + LONGEST_COOLDOWN_S
    if not db.execute(_ANY_AHEAD, (limit, limit + _LEASE_S, limit, longest)).fetchone()[0]:
        return
    db.execute("UPDATE requests SET started_at = ? WHERE started_at > ?", (now, limit))
    db.execute("DELETE FROM leases WHERE expires_at > ?", (limit + _LEASE_S,))
    db.execute(
        "UPDATE breaker SET open_until = ? + open_until - paused_at, paused_at = ?"
        " WHERE paused_at > ?",
        (now, now, limit),
    )
    # Of an earlier version, which did not say since when: no pause is as long as that.
    db.execute("UPDATE breaker SET open_until = ? WHERE open_until > ?", (now, longest))
