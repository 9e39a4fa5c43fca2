"""Records of outside services: rate limit, circuit breaker, and answers.

On SQLite each service has a small file in the cache folder, which every process of the machine
shares; where the catalogue is on PostgreSQL it lies there (`library.service_rows`), and all
machines share it. The rules are in `services.service_gate`.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from utawaku.library.errors import RecognitionError
from utawaku.library.write_ahead import use_write_ahead_log

_BUSY_TIMEOUT_S = 30.0
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


@dataclass(slots=True)
class ServiceRecord:
    """The state of a service. Times are seconds since the epoch."""

    requests: list[float] = field(default_factory=list)
    """Starts of recent requests."""
    leases: dict[str, float] = field(default_factory=dict)
    """Requests under way, with the time when each counts as lost."""
    n_failures: int = 0
    n_pauses: int = 0
    open_until: float = 0.0
    paused_at: float = 0.0
    reason: str = ""
    per_minute: float = 0.0
    """The pace that answers and refusals led to; 0 where there was none."""


class KeptAnswer(NamedTuple):
    """An answer of a service."""

    question: str
    answer: Any
    asked_at: float
    expires_at: float | None
    """None where it holds for good."""


class ServiceStore(Protocol):
    """Place of a service's record and answers. Safe to use from threads and processes at once.

    Every method raises RecognitionError where they cannot be read or written.
    """

    def read(self) -> ServiceRecord:
        """Return the record as it is now."""
        ...

    def changing(self) -> AbstractContextManager[ServiceRecord]:
        """Give the record to be changed; nobody else changes it meanwhile."""
        ...

    def recall(self, question: str, now: float) -> Any:
        """Return the answer that still holds; else None."""
        ...

    def remember(self, answers: Iterable[KeptAnswer]) -> None:
        """Keep answers in place of earlier ones to the same questions."""
        ...

    def forget(self) -> int:
        """Forget every answer; returns how many there were."""
        ...

    def n_answers(self) -> int:
        """Return how many answers are kept."""
        ...


class FileStore:
    """A SQLite file of its own."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as db:
                use_write_ahead_log(db, timeout_s=_BUSY_TIMEOUT_S)
                db.executescript(_SCHEMA)
                with _immediate(db):
                    _upgrade(db)
        except OSError as error:
            raise unusable(str(path), error) from error

    def read(self) -> ServiceRecord:
        """Return the record as it is now."""
        with self._open() as db:
            return _record_in(db)

    @contextmanager
    def changing(self) -> Iterator[ServiceRecord]:
        """Give the record to be changed; nobody else changes it meanwhile."""
        with self._open() as db, _immediate(db):
            record = _record_in(db)
            yield record
            db.execute("DELETE FROM requests")
            db.executemany("INSERT INTO requests VALUES (?)", [(at,) for at in record.requests])
            db.execute("DELETE FROM leases")
            db.executemany("INSERT INTO leases VALUES (?, ?)", list(record.leases.items()))
            db.execute(
                "UPDATE breaker SET n_failures = ?, n_pauses = ?, open_until = ?, paused_at = ?,"
                " reason = ?",
                (
                    record.n_failures,
                    record.n_pauses,
                    record.open_until,
                    record.paused_at,
                    record.reason,
                ),
            )
            if record.per_minute:
                db.execute("INSERT OR REPLACE INTO pace VALUES (1, ?)", (record.per_minute,))

    def recall(self, question: str, now: float) -> Any:
        """Return the answer that still holds; else None."""
        with self._open() as db:
            row = db.execute(
                "SELECT answer FROM answers"
                " WHERE digest = ? AND (expires_at IS NULL OR expires_at > ?)",
                (question, now),
            ).fetchone()
        return json.loads(row[0]) if row is not None else None

    def remember(self, answers: Iterable[KeptAnswer]) -> None:
        """Keep answers in place of earlier ones to the same questions."""
        rows = [(one[0], json.dumps(one[1]), *one[2:]) for one in answers]
        with self._open() as db, _immediate(db):
            db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)

    def forget(self) -> int:
        """Forget every answer; returns how many there were."""
        with self._open() as db:
            return db.execute("DELETE FROM answers").rowcount

    def n_answers(self) -> int:
        """Return how many answers are kept."""
        with self._open() as db:
            return int(db.execute("SELECT count(*) FROM answers").fetchone()[0])

    def answers(self) -> list[KeptAnswer]:
        """Return all of them."""
        with self._open() as db:
            rows = db.execute("SELECT digest, answer, asked_at, expires_at FROM answers").fetchall()
        return [KeptAnswer(row[0], json.loads(row[1]), row[2], row[3]) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
            with closing(db):
                yield db
        except sqlite3.Error as error:
            raise unusable(str(self.path), error) from error


def record_and_answers(path: Path) -> tuple[ServiceRecord, int]:
    """Read a file's record and how many answers it has, making nothing and taking no lock.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    if not path.exists():
        return ServiceRecord(), 0
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        n_answers = int(db.execute("SELECT count(*) FROM answers").fetchone()[0])
        return _record_in(db), n_answers


def unusable(subject: str, error: Exception) -> RecognitionError:
    """Say that a store cannot be read or written."""
    return RecognitionError(
        f"the answer cache cannot be used ({error})",
        subject=subject,
        next_step="Check the cache folder, or delete the file",
    )


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
    if not _has_paused_at(db):
        db.execute("ALTER TABLE breaker ADD COLUMN paused_at REAL NOT NULL DEFAULT 0")


def _has_paused_at(db: sqlite3.Connection) -> bool:
    return "paused_at" in {row[1] for row in db.execute("PRAGMA table_info(breaker)")}


def _record_in(db: sqlite3.Connection) -> ServiceRecord:
    paused_at = "paused_at" if _has_paused_at(db) else "0.0"
    asked = f"SELECT n_failures, n_pauses, open_until, {paused_at}, reason FROM breaker"
    n_failures, n_pauses, until, since, reason = db.execute(asked).fetchone() or (0, 0, 0, 0, "")
    has_pace = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'pace'").fetchone()
    pace = db.execute("SELECT per_minute FROM pace").fetchone() if has_pace else None
    return ServiceRecord(
        [row[0] for row in db.execute("SELECT started_at FROM requests ORDER BY started_at")],
        dict(db.execute("SELECT id, expires_at FROM leases").fetchall()),
        n_failures,
        n_pauses,
        open_until=until,
        paused_at=since,
        reason=reason,
        per_minute=float(pace[0]) if pace is not None else 0.0,
    )
