"""The catalogue on PostgreSQL: connections, the turn of writers, and what the server's errors mean.

Imported only where the URL of the catalogue names PostgreSQL.
"""

import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from utawaku.library.errors import (
    CatalogueError,
    CatalogueFullError,
    CatalogueLockedError,
    ConfigError,
)
from utawaku.library.extras import needing
from utawaku.library.schema import SEARCHED, metadata
from utawaku.library.secret_url import without_credentials

NAMES = ("postgresql", "postgres")
"""Names of this database in a URL; hosting services write the second one."""
DRIVERS = ("psycopg", "psycopg2")
IDLE_S = 30
"""A writer that says no word for so long in the middle of a change has stopped: the server takes
its turn back, and others go on."""
_READER_IDLE_S = 600
"""A reader holds nobody up, and may compute on what it reads."""
_ALIVE = {"idle": 15, "interval": 5, "count": 3}
KEEPALIVES_S = _ALIVE["idle"] + _ALIVE["interval"] * _ALIVE["count"]
"""So long after its last sign the server takes a machine for one that is asleep or cut off, and
others for a server that is."""

TAKE_TURN = (
    "SELECT pg_advisory_xact_lock(hashtext('utawaku'), hashtext(coalesce(current_schema(), '')))"
)
"""Waits until no other writer of this catalogue is at work; held until the transaction ends."""

_NOT_FOR_LONG = f"SET LOCAL idle_in_transaction_session_timeout = {IDLE_S * 1000}"

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext(%(name)s), hashtext(current_schema()))"

_COUNT_CHANGE = "UPDATE change_counts SET n = n + 1 WHERE name = 'all'"

_REACHABLE = {
    "host": "Check that the server runs, and its host and port in catalogue_url",
    "login": "Correct user and password in catalogue_url",
    "database": "Create the database (createdb NAME), or correct its name in catalogue_url",
    "room": "Raise max_connections of the server, or stop programs that use it",
    "again": "Wait until the server is back; the same command continues",
}


def with_driver(url: sa.URL) -> sa.URL:
    """The URL with the driver that is used: psycopg unless it names one.

    Raises:
        ConfigError: it names another database or driver.
    """
    name, _, driver = url.drivername.partition("+")
    shown = without_credentials(url.render_as_string(hide_password=False))
    if name not in NAMES:
        raise ConfigError(
            f"catalogue_url names the database {name!r}",
            subject=shown,
            next_step="Use postgresql://USER:PASSWORD@HOST/NAME, or leave it empty for SQLite",
        )
    if driver and driver not in DRIVERS:
        raise ConfigError(
            f"catalogue_url names the driver {driver!r}",
            subject=shown,
            next_step="Use postgresql://USER:PASSWORD@HOST/NAME, or leave it empty for SQLite",
        )
    return url.set(drivername=f"postgresql+{driver or DRIVERS[0]}")


def as_json(value: Any) -> str:
    """Text of a JSON value, with null for numbers that JSON does not know (NaN, infinities).

    SQLite keeps these; what services answer may hold them.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def make_engine(url: sa.URL, busy_timeout_s: float) -> sa.Engine:
    """Connections to the server at `url` (see `with_driver`). None is opened yet.

    A writer waits `busy_timeout_s` for its turn. A reader sees one state of the catalogue for the
    whole of its transaction.

    Raises:
        ExtraMissingError: the driver is not installed.
    """
    # A machine that went to sleep or lost its network must not hold the lock of writers: the server
    # notices within half a minute that it is not there, and so does the client.
    connect_args: dict[str, Any] = {
        "connect_timeout": 10,
        **{f"keepalives_{name}": value for name, value in _ALIVE.items()},
    }
    connect_args = {name: value for name, value in connect_args.items() if name not in url.query}
    with needing("cluster", "for a catalogue on PostgreSQL"):
        engine = sa.create_engine(
            url,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
            connect_args=connect_args,
            json_serializer=as_json,
        )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        settings = {
            "lock_timeout": max(1, round(busy_timeout_s * 1000)),
            "idle_in_transaction_session_timeout": _READER_IDLE_S * 1000,
            **{f"tcp_keepalives_{name}": value for name, value in _ALIVE.items()},
            # An order of all songs is read in less time than its compilation takes.
            "jit": "off",
        }
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()))
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "after_cursor_execute")
    def _say_a_word(
        _connection: Any, cursor: Any, _statement: Any, _values: Any, _context: Any, many: bool
    ) -> None:
        if many:
            # psycopg sends many rows as a pipeline and ends it with a flush, after which the server
            # counts no idle time: who stops there would keep the turn of writers for ever.
            with cursor.connection.cursor() as another:
                another.execute("SELECT 1")

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        if options.get("utawaku_write"):
            # All in one message. The count is seen by others when the change is.
            count = "" if options.get("utawaku_migrate") else f"; {_COUNT_CHANGE}"
            connection.exec_driver_sql(
                f"{_NOT_FOR_LONG}; {TAKE_TURN}{count}", execution_options={"no_parameters": True}
            )

    return engine


@dataclass(frozen=True)
class Changes:
    """Counts of the changes of a catalogue."""

    n_all: int
    """By any writer."""
    n_songs: int
    """Changes of tables that a search reads."""


class ChangeCounter:
    """Reads how often the catalogue was changed, over a connection that stays open."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: sa.Connection | None = None

    def read(self) -> Changes:
        """Ask the server, again over a new connection where the old one has broken.

        Raises:
            sqlalchemy.exc.DBAPIError: the server cannot be asked.
        """
        if self._connection is None:
            self._connection = self._engine.connect()
        try:
            return self._ask(self._connection)
        except DBAPIError as error:
            self.close()
            if not error.connection_invalidated:
                raise
        self._connection = self._engine.connect()
        return self._ask(self._connection)

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @staticmethod
    def _ask(connection: sa.Connection) -> Changes:
        found = connection.exec_driver_sql("SELECT name, n FROM change_counts")
        rows: dict[str, int] = {row.name: row.n for row in found}
        return Changes(rows["all"], rows["songs"])


@contextmanager
def server_lock(engine: sa.Engine, name: str) -> Iterator[bool]:
    """Hold a lock of the server by its name; False where another program of the library has it.

    The server takes it back when this process ends or its machine is lost.
    """
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        yield bool(connection.exec_driver_sql(_TRY_LOCK, {"name": name}).scalar_one())
    finally:
        connection.invalidate()  # not given back to the pool, where it would keep the lock
        connection.close()


def make_trigram_index(connection: sa.Connection) -> bool:
    """Index the searched texts by their trigrams, inside the caller's transaction.

    Returns whether there is an index now. Without the extension `pg_trgm`, which not every user may
    create, searches look at each song's text: the same songs are found, more slowly.
    """
    if connection.exec_driver_sql("SELECT to_regclass('ix_song_search_trigrams')").scalar():
        return True
    if (schema := _trigram_schema(connection)) is None:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql("CREATE EXTENSION pg_trgm WITH SCHEMA public")
        except DBAPIError as error:
            if named_error(error, connection.engine.url) is None:  # not there to be created
                return False
            if getattr(error.orig, "sqlstate", getattr(error.orig, "pgcode", "")) != "42501":
                raise
            return False
        schema = "public"
    columns = ", ".join(f'{name} "{schema}".gin_trgm_ops' for name in ("everything", *SEARCHED))
    connection.exec_driver_sql(
        f"CREATE INDEX ix_song_search_trigrams ON song_search USING gin ({columns})"
    )
    return True


def set_counters(connection: sa.Connection) -> None:
    """Let the numbers that the server gives go on after those in the tables.

    For rows that were written with their numbers.
    """
    for table in metadata.sorted_tables:
        for column in table.primary_key:
            if column is not table.autoincrement_column:
                continue
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), m) "
                f"FROM (SELECT max({column.name}) AS m FROM {table.name}) AS t WHERE m IS NOT NULL"
            )


def _trigram_schema(connection: sa.Connection) -> str | None:
    query = (
        "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
        "WHERE extname = 'pg_trgm'"
    )
    found = connection.exec_driver_sql(query).scalar()
    return None if found is None else str(found)


def named_error(error: DBAPIError, url: sa.URL) -> CatalogueError | None:
    """Return what the server or the driver means, in our own words; None for an error of ours."""
    subject = without_credentials(url.render_as_string(hide_password=False))
    original = error.orig
    code = str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")
    text = " ".join(str(original).split())

    def told(problem: str, next_step: str) -> CatalogueError:
        return CatalogueError(problem, subject=subject, next_step=next_step)

    if code in ("55P03", "40P01"):
        return CatalogueLockedError(
            "another program holds the catalogue",
            subject=subject,
            next_step="Wait for it to finish, then try again; nothing was changed",
        )
    if code == "53100":
        return CatalogueFullError(
            "no space left on the disk of the database server",
            subject=subject,
            next_step="Free some space there; the same command continues",
        )
    if code == "53300" or "too many clients" in text or "connection slots" in text:
        return told("the server takes no more connections", _REACHABLE["room"])
    if code == "42501":
        return told(f"the user may not do this ({text})", "Grant it to the user of catalogue_url")
    if "NUL" in text and "0x00" in text:
        return told("a text holds a NUL character, which PostgreSQL cannot store", "Leave it out")
    if code.startswith("57P") or (code.startswith("08") or error.connection_invalidated):
        return told(f"the connection to the server broke ({text})", _REACHABLE["again"])
    if code == "25P03":
        return told("was left alone for too long within a change", "Try again; nothing was changed")
    if not code and isinstance(error, sa.exc.OperationalError):
        return told(*_unreachable(text))
    if isinstance(error, sa.exc.OperationalError):
        return told(text, "See the log of the database server")
    return None


def _unreachable(text: str) -> tuple[str, str]:
    """Problem and next step where no connection was made; the driver gives its words only."""
    if re.search("authentication|no password supplied|pg_hba|role ", text):
        return f"the server refuses the log-in ({text})", _REACHABLE["login"]
    if "database" in text and "does not exist" in text:
        return f"the server has no such database ({text})", _REACHABLE["database"]
    return f"the server cannot be reached ({text})", _REACHABLE["host"]
