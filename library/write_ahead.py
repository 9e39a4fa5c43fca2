"""SQLite's write-ahead log, switched on by however many programs at once."""

import sqlite3
import time

_PAUSE_S = 0.02


def use_write_ahead_log(connection: sqlite3.Connection, *, timeout_s: float) -> None:
    """Let readers of the database not wait for writers, from now on.

    SQLite's own busy timeout does not cover this change: two programs that open a new file
    together would see one of them fail at once. So whoever comes second asks again.

    Raises:
        sqlite3.OperationalError: somebody else holds the database for longer than `timeout_s`.
    """
    give_up_at = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # The low byte tells the kind; the rest (recovery, snapshot) its circumstances.
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= give_up_at:
                raise
        time.sleep(_PAUSE_S)
