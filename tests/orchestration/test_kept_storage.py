"""A command's storage is Dagster's own, opened once and made at once."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
import yaml

from utawaku.commands.pipeline import prepare_dagster_home, quiet_configuration
from utawaku.library.config import Settings
from utawaku.orchestration import dagster_settings
from utawaku.orchestration.dagster_settings import (
    KEPT_STORAGE_TRIED_WITH,
    with_kept_storage,
    write_services_file,
)
from utawaku.orchestration.dagster_storage import open_instance
from utawaku.orchestration.kept_storage import close_all

DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


@dg.asset
def counted() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"n": 3})


def content(path: Path) -> tuple[Any, ...]:
    """The schema of a database, and what tells Dagster how new it is."""
    with closing(sqlite3.connect(path)) as database:
        tables = sorted(database.execute("SELECT name, sql FROM sqlite_master"))
        names = {name for name, _sql in tables}
        revision = database.execute("SELECT version_num FROM alembic_version").fetchall()
        marks = [
            sorted(database.execute(f"SELECT name FROM {table}"))
            for table in ("secondary_indexes",)
            if table in names
        ]
        journal = database.execute("PRAGMA journal_mode").fetchall()
    return tables, revision, marks, journal


@pytest.fixture
def home(settings: Settings) -> Path:
    return prepare_dagster_home(settings)


@pytest.fixture
def kept(home: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(home, quiet_configuration(home).name) as instance:
        yield instance


def test_databases_are_those_that_dagster_makes(kept: dg.DagsterInstance, home: Path) -> None:
    made = dg.materialize([counted], instance=kept)
    other = home.with_name("other")
    other.mkdir()
    with dg.DagsterInstance.from_config(str(other), "none.yaml") as usual:
        same = dg.materialize([counted], instance=usual)
    for name in DATABASES:
        assert content(home / name) == content(other / name)
    runs = Path("history/runs")
    assert content(home / runs / f"{made.run_id}.db") == content(other / runs / f"{same.run_id}.db")
    assert not list(home.rglob(".new-*"))


def test_any_program_reads_what_was_stored(kept: dg.DagsterInstance, home: Path) -> None:
    made = dg.materialize([counted], instance=kept)
    with open_instance(home) as usual:  # while the command is still at work
        event = usual.get_latest_materialization_event(counted.key)
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["n"].value == 3
        run = usual.get_run_by_id(made.run_id)
        assert run is not None
        assert run.status is dg.DagsterRunStatus.SUCCESS
        assert len(usual.all_logs(made.run_id)) == len(kept.all_logs(made.run_id))


def test_databases_stay_open_between_events_and_are_closed_at_the_end(
    settings: Settings, home: Path
) -> None:
    with open_instance(home, quiet_configuration(home).name) as instance:
        run_id = dg.materialize([counted], instance=instance).run_id
        # The last one to close a database takes the log of its changes away.
        logs = {path.name for path in home.rglob("*.db-wal")}
        assert {"runs.db-wal", "index.db-wal", f"{run_id}.db-wal"} <= logs
    assert not list(home.rglob("*.db-wal"))


def test_runs_that_are_long_over_are_closed(kept: dg.DagsterInstance, home: Path) -> None:
    run_ids = [dg.materialize([counted], instance=kept).run_id for _ in range(4)]
    still_open = {path.name.removesuffix(".db-wal") for path in home.rglob("*.db-wal")}
    assert run_ids[0] not in still_open
    assert run_ids[-1] in still_open
    assert kept.all_logs(run_ids[0])  # and opened again by who asks


def test_a_database_that_is_there_stays(home: Path) -> None:
    with open_instance(home) as usual:
        run_id = dg.materialize([counted], instance=usual).run_id
    with open_instance(home, quiet_configuration(home).name) as instance:
        assert [run.run_id for run in instance.get_runs()] == [run_id]
        assert instance.all_logs(run_id)


def test_what_a_killed_command_left_half_made_goes_after_a_while(home: Path) -> None:
    runs = home / "history" / "runs"
    left, at_work = runs / ".new-left", runs / ".new-at-work"
    for folder in (left, at_work):
        folder.mkdir(parents=True)
        (folder / "index.db").touch()
    long_ago = time.time() - 86_400
    os.utime(left, (long_ago, long_ago))
    with open_instance(home, quiet_configuration(home).name):
        assert not left.exists()
        assert at_work.exists()


@pytest.mark.parametrize("name", ["storage", "run_storage", "event_log_storage"])
def test_a_storage_that_the_user_chose_stays(home: Path, name: str) -> None:
    chosen = yaml.safe_load((home / "dagster.yaml").read_text()) | {name: {"of": "the user"}}
    assert with_kept_storage(home, chosen) == chosen


def test_another_release_of_dagster_gets_its_own_storage(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dg.__version__ in KEPT_STORAGE_TRIED_WITH, "try it with this release, then add it"
    assert "storage" in with_kept_storage(home, {})
    monkeypatch.setattr(dagster_settings, "version", lambda _name: "1.13.99")
    assert with_kept_storage(home, {}) == {}


@pytest.fixture
def lasting(home: Path) -> Iterator[str]:
    """The name of the settings of services, which open their storage at each tick."""
    yield write_services_file(home).name
    close_all()


def test_a_service_opens_its_databases_once(
    home: Path, lasting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_FORK_SERVER", "")
    with dg.DagsterInstance.from_config(str(home), lasting) as first:
        run_id = dg.materialize([counted], instance=first).run_id
    assert list(home.rglob("runs.db-wal")), "it stays open"
    opened: list[str] = []
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, *_a, **_k: opened.append(path) or pytest.fail(str(path))
    )
    with dg.DagsterInstance.from_config(str(home), lasting) as second:
        run = second.get_run_by_id(run_id)
        assert run is not None
        assert run.status is dg.DagsterRunStatus.SUCCESS
        assert second.all_instigator_state() == []
        assert second.get_latest_materialization_event(counted.key) is not None
    assert opened == []


def test_a_service_looks_for_a_table_of_states_once(
    home: Path, lasting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_FORK_SERVER", "")
    with dg.DagsterInstance.from_config(str(home), lasting) as instance:
        assert instance.all_instigator_state() == []
        asked: list[str] = []
        sa.event.listen(
            instance.schedule_storage._engine,  # type: ignore[union-attr]
            "before_cursor_execute",
            lambda _connection, _cursor, statement, *_: asked.append(statement),
        )
        assert instance.all_instigator_state() == []
    assert len(asked) == 1, "the states themselves"


def test_a_service_that_ends_leaves_no_log_of_changes(
    home: Path, lasting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_FORK_SERVER", "")
    with dg.DagsterInstance.from_config(str(home), lasting) as instance:
        dg.materialize([counted], instance=instance)
        assert instance.all_instigator_state() == []
    close_all()
    assert not list(home.rglob("*.db-wal"))


def test_two_instances_of_one_service_are_open_at_once(
    home: Path, lasting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_FORK_SERVER", "")
    with dg.DagsterInstance.from_config(str(home), lasting) as one:
        with dg.DagsterInstance.from_config(str(home), lasting) as other:
            run_id = dg.materialize([counted], instance=other).run_id
        assert one.get_run_by_id(run_id) is not None
        assert dg.materialize([counted], instance=one).success
