"""Opening Dagster's storage so that it stays whole, and repairing one that is not.

Dagster makes its databases when it first opens them. Several new processes that do so at once can
each write down a schema revision (`alembic_version`) of their own, and with two of them no process
can open the database any more. So each opening of ours takes its turn under a lock, and touches all
databases before it lets the next one in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from utawaku.library.errors import UtawakuError

if TYPE_CHECKING:
    import dagster as dg

LOCK = "opening.lock"
ALWAYS_OPENED = ("runs.db", "index.db", "schedules.db")
_OPENS_WITHIN_S = 300.0
_SCRIPTS = "dagster:_core/storage/alembic"


@contextmanager
def open_instance(home: Path, configuration: str = "dagster.yaml") -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance at `home`, one process after the other.

    Raises:
        UtawakuError: a database has two schema revisions, or another process does not let us in.
    """
    import dagster as dg  # to look for broken databases needs none of it

    with _in_turn(home):
        _check(home)
        instance = dg.DagsterInstance.from_config(str(home), configuration)
        _touch(instance)
    with instance:
        yield instance


def databases_with_two_revisions(home: Path) -> list[Path]:
    """Databases below `home` that no process can open any more."""
    return [path for path in sorted(home.rglob("*.db")) if len(_revisions(path)) > 1]


def repair(home: Path) -> list[Path]:
    """Leave each database below `home` its newest schema revision only; returns those changed.

    The tables themselves are right: each process made the same ones, of the newest schema.
    """
    with _in_turn(home):
        broken = databases_with_two_revisions(home)
        for path in broken:
            newest = _newest(_revisions(path))
            with closing(sqlite3.connect(path, timeout=30)) as database, database:
                database.execute("DELETE FROM alembic_version WHERE version_num <> ?", (newest,))
    return broken


@contextmanager
def _in_turn(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home / LOCK, timeout=_OPENS_WITHIN_S):
            yield
    except Timeout as error:
        raise UtawakuError(
            "another process has been opening Dagster's storage for minutes",
            subject=str(home),
            next_step="End it, then try again",
        ) from error


def _touch(instance: dg.DagsterInstance) -> None:
    """Make the databases that are made at the first look only."""
    instance.get_runs(limit=1)
    instance.event_log_storage.get_maximum_record_id()
    instance.all_instigator_state()


def _check(home: Path) -> None:
    """Raise where a database that every process opens is broken; those of runs can wait."""
    for name in ALWAYS_OPENED:
        for path in home.rglob(name):
            if len(_revisions(path)) > 1:
                raise UtawakuError(
                    "Dagster's storage has two schema revisions: processes made it at once",
                    subject=str(path),
                    next_step="`utawaku doctor --fix` repairs it",
                )


def _revisions(path: Path) -> Sequence[str]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error:
        return ()  # no database of Dagster's, or one that tells its own trouble when it is opened
    return [row[0] for row in rows]


def _newest(revisions: Sequence[str]) -> str:
    """The revision that follows on all others, by Dagster's own scripts."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    script = ScriptDirectory.from_config(config)
    ages = {one.revision: age for age, one in enumerate(script.walk_revisions())}
    return min(revisions, key=lambda revision: ages.get(revision, len(ages)))
