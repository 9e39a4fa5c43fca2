"""Dagster's storage is opened by one process after the other, and repaired where it is broken."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.commands.repairs import check_runs
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.orchestration.dagster_storage import (
    databases_with_two_revisions,
    open_instance,
    repair,
)

OLDER = "5771160a95ad"
"""A revision of Dagster's that comes before the newest."""
OPEN = (
    "import sys, pathlib; from utawaku.orchestration.dagster_storage import open_instance\n"
    "with open_instance(pathlib.Path(sys.argv[1])) as instance: instance.get_runs()"
)


def revisions(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT version_num FROM alembic_version")]


def break_all(home: Path) -> list[Path]:
    """Leave every database two revisions, as processes do that make it at the same time."""
    databases = sorted(home.rglob("*.db"))
    for path in databases:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("INSERT INTO alembic_version VALUES (?)", (OLDER,))
    return databases


def test_processes_that_open_a_new_home_at_once_leave_it_whole(settings: Settings) -> None:
    home = prepare_dagster_home(settings)
    command = [sys.executable, "-c", OPEN, str(home)]
    openers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    told = [opener.communicate(timeout=250)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0, 0, 0], told
    databases = sorted(home.rglob("*.db"))
    assert {path.name for path in databases} == {"runs.db", "index.db", "schedules.db"}
    assert [len(revisions(path)) for path in databases] == [1, 1, 1]


def test_a_home_with_two_revisions_is_told_and_repaired(
    settings: Settings, catalogue: Catalogue
) -> None:
    home = prepare_dagster_home(settings)
    with open_instance(home):
        newest = {path: revisions(path) for path in home.rglob("*.db")}
    broken = break_all(home)
    assert databases_with_two_revisions(home) == broken
    with pytest.raises(UtawakuError, match="doctor --fix") as raised, open_instance(home):
        pass
    assert "two schema revisions" in raised.value.problem
    (found,) = check_runs(catalogue, settings, fix=False)
    assert (found.name, found.level) == ("dagster", "error")
    assert "doctor --fix" in found.next_step
    fixed, *others = check_runs(catalogue, settings, fix=True)
    assert (fixed.level, fixed.next_step) == ("warning", "They are repaired")
    assert [one.name for one in others] == ["runs", "partitions"]
    assert {path: revisions(path) for path in broken} == newest
    assert repair(home) == []
