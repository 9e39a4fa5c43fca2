"""Dagster's SQLite storage with connections that stay open, and databases that are made at once.

Dagster opens and closes a database for every event. The last connection to close moves what was
written from the log into the database, and waits for the disk four times; a run of a stream closes
five hundred times. A new database waits twice for each of its tables and indexes. Each tick of a
sensor opens all of it, which reads the list of Dagster's migrations three times.

It builds on parts of Dagster that no release promises to keep, so only the releases that it was
tried with get it (`dagster_settings.with_kept_storage`).
"""

import copy
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import event
from sqlalchemy.pool import Pool

_SHARED = ("index", "")
"""Shards of the event log that are of no single run: asset events, and events without a run."""
_MOST_RUNS = 2
"""Runs whose shards stay open; a command may go through thousands."""
_HALF_MADE_S = 3_600.0
"""Age from which nobody is at work on a new database."""


class KeptStorage(DagsterSqliteStorage):
    """Runs, events and schedules as Dagster keeps them below `base_dir`."""

    schedules: type[SqliteScheduleStorage] = SqliteScheduleStorage
    """Commands ask for none, and Dagster would not close it."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Make the databases where none is there, and open them."""
        home = Path(base_dir)
        _remove_half_made(home)
        _make_databases(home)
        self.base_dir = base_dir
        self._inst_data = inst_data
        self._run_storage = _KeptRuns.from_local(str(home / "history"))
        self._event_log_storage = _KeptEvents(str(home / "history" / "runs"))
        self._schedule_storage = self.schedules.from_local(str(home / "schedules"))
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Open the storage that Dagster's settings name."""
        return cls(inst_data=inst_data, **config_value)


class LastingStorage(KeptStorage):
    """The same for a service: its databases stay open for as long as the process.

    Whoever opens it again in this process gets the connections that are there.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Open the databases where this process has not done so."""
        place = os.getpid(), base_dir  # what a forked process finds here is of the other one
        if place not in _opened:
            _opened.setdefault(place, _OpenedOnce(base_dir))
        first = _opened[place]
        self.base_dir = base_dir
        self._inst_data = inst_data
        self._run_storage = _of_another_instance(first._run_storage)
        self._event_log_storage = _of_another_instance(first._event_log_storage)
        self._schedule_storage = _of_another_instance(first._schedule_storage)
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]


_opened: dict[tuple[int, str], KeptStorage] = {}
"""Process and folder -> the storage whose connections all use that open it there."""


def close_all() -> None:
    """Close what stays open in this process, so that no log of changes is left on the disk."""
    for place in [place for place in _opened if place[0] == os.getpid()]:
        storage = _opened.pop(place)
        for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
            part.dispose()


def _of_another_instance(storage: Any) -> Any:
    """The same storage with the same connections, for an instance that does not close them."""
    other = copy.copy(storage)
    other.is_shared = True
    other._instance_weakref = None
    return other


class _OneDatabase:
    """Part of a storage that is one database, with connections that stay open."""

    is_shared = False
    _engine: sa.Engine

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        if not self.is_shared:
            self._engine.dispose()


class _KeptRuns(_OneDatabase, SqliteRunStorage):
    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engine = sa.create_engine(conn_string)
        super().__init__(conn_string, inst_data)


class _KeptSchedules(_OneDatabase, SqliteScheduleStorage):
    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engine = sa.create_engine(conn_string)
        self._has_instigators = False
        self._built: set[str] = set()
        super().__init__(conn_string, inst_data)

    # Both are asked at each look at a sensor's state; what is there stays.
    def has_instigators_table(self) -> bool:
        self._has_instigators = self._has_instigators or super().has_instigators_table()
        return self._has_instigators

    def _has_instigators_table(self, conn: sa.Connection) -> bool:
        self._has_instigators = self._has_instigators or super()._has_instigators_table(conn)
        return self._has_instigators

    def has_built_index(self, migration_name: str) -> bool:
        if migration_name not in self._built and super().has_built_index(migration_name):
            self._built.add(migration_name)
        return migration_name in self._built


class _OpenedOnce(KeptStorage):
    schedules = _KeptSchedules


class _KeptEvents(SqliteEventLogStorage):
    is_shared = False

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, sa.Engine] = {}
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock, self._engine_of(shard).begin() as connection:
            yield connection

    def dispose(self) -> None:
        super().dispose()
        if self.is_shared:
            return
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()

    def _engine_of(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            is_shared = shard in _SHARED
            if not is_shared:
                self._close_oldest()
            if not Path(self.path_for_shard(shard)).exists():
                self._make_shard(shard)
            engine = _engine(self._base_dir, shard)
            if not is_shared:
                # The log of one run tells what happened. After a power cut its last lines may be
                # missing; what was made stands in the index and in the catalogue.
                event.listen(engine, "connect", _wait_at_checkpoints_only)
            self._initdb(engine)
            self._engines[shard] = engine
        return self._engines[shard]

    def _close_oldest(self) -> None:
        runs = [shard for shard in self._engines if shard not in _SHARED]
        for shard in runs[: len(runs) - _MOST_RUNS + 1]:
            self._engines.pop(shard).dispose()

    def _make_shard(self, shard: str) -> None:
        target = Path(self.path_for_shard(shard))
        with TemporaryDirectory(dir=target.parent, prefix=".new-") as made:
            with _without_waiting(Path(made)):
                engine = _engine(made, shard)
                self._initdb(engine)
                engine.dispose()
            _put_in_place(Path(made) / target.name, target)


def _make_databases(home: Path) -> None:
    """Make Dagster's databases below `home` where there is none at all."""
    home.mkdir(parents=True, exist_ok=True)
    if any((home / name).exists() for name in ("history", "schedules")):
        return
    with TemporaryDirectory(dir=home, prefix=".new-") as made:
        with _without_waiting(Path(made)):
            DagsterSqliteStorage(made).dispose()
        for path in sorted(Path(made).rglob("*.db")):
            _put_in_place(path, home / path.relative_to(made))


def _remove_half_made(home: Path) -> None:
    """Remove what commands left that were killed while they made a database."""
    before = time.time() - _HALF_MADE_S
    for folder in (home, home / "history" / "runs"):
        for made in folder.glob(".new-*"):
            with suppress(OSError):  # another command removes it, too
                if made.stat().st_mtime < before:
                    shutil.rmtree(made)


def _engine(folder: str, name: str) -> sa.Engine:
    return sa.create_engine(
        create_db_conn_string(folder, name), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
    )


@contextmanager
def _without_waiting(folder: Path) -> Iterator[None]:
    """Let new connections to databases in `folder` not wait for the disk."""
    inside = folder.resolve()

    def on_connect(connection: Any, _record: Any) -> None:
        path = connection.execute("PRAGMA database_list").fetchone()[2]
        if Path(path).resolve().is_relative_to(inside):
            connection.execute("PRAGMA synchronous=OFF")

    event.listen(Pool, "connect", on_connect)
    try:
        yield
    finally:
        event.remove(Pool, "connect", on_connect)


def _wait_at_checkpoints_only(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


def _put_in_place(made: Path, target: Path) -> None:
    """Move a database that nobody has open, whole whatever happens."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with made.open("r+b") as file:
        os.fsync(file.fileno())
    if not target.exists():
        made.replace(target)
