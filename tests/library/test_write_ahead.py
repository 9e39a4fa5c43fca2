"""Switching a database to write-ahead logging while others use it."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from utawaku.library.write_ahead import use_write_ahead_log


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)


def mode_of(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with closing(opened(path)) as db:
        db.execute("CREATE TABLE t (a INTEGER)")
    return path


def test_it_waits_for_a_writer_that_sqlite_itself_would_not_wait_for(path: Path) -> None:
    with closing(opened(path)) as other, closing(opened(path)) as db:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            use_write_ahead_log(db, timeout_s=0.1)
        done = threading.Timer(0.3, other.execute, ("COMMIT",))
        done.start()
        use_write_ahead_log(db, timeout_s=60)
        done.join()
        assert mode_of(db) == "wal"
        assert db.execute("SELECT a FROM t").fetchall() == [(1,)]


def test_programs_that_open_a_new_database_together_all_succeed(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def open_it(path: Path, together: threading.Barrier) -> None:
        together.wait()
        try:
            with closing(opened(path)) as db:
                use_write_ahead_log(db, timeout_s=60)
                db.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER)")
        except Exception as error:  # noqa: BLE001 - the test reports whatever went wrong
            failures.append(error)

    for number in range(20):
        together = threading.Barrier(4)
        path = tmp_path / f"{number}.db"
        threads = [threading.Thread(target=open_it, args=(path, together)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def test_what_is_no_database_fails_at_once(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_bytes(b"not a database at all" * 100)
    with closing(opened(path)) as db, pytest.raises(sqlite3.DatabaseError, match="not a database"):
        use_write_ahead_log(db, timeout_s=60)
