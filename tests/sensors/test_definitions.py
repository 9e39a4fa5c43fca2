"""Sensors, schedules and jobs as Dagster knows them."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from utawaku.commands.pipeline import FORMER_POOLS, POOLS
from utawaku.definitions import defs

TRAPS = (
    "library",
    "models",
    "commands",
    "tui",
    "assets",
    "jobs",
    "sensors",
    "media",
    "definitions",
)


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    """All definitions."""
    return defs().get_repository_def()


def test_a_sensor_names_jobs_only_if_it_starts_runs(repository: dg.RepositoryDefinition) -> None:
    for sensor in repository.sensor_defs:
        source = inspect.getsource(importlib.import_module(f"utawaku.sensors.{sensor.name}"))
        starts_runs = "dg.RunRequest" in source
        assert bool(sensor.targets) == starts_runs, sensor.name


def test_every_sensor_and_schedule_has_the_file_of_its_name(
    repository: dg.RepositoryDefinition,
) -> None:
    for name in [one.name for one in (*repository.sensor_defs, *repository.schedule_defs)]:
        importlib.import_module(f"utawaku.sensors.{name.removesuffix('_schedule')}")


def test_every_pool_has_a_limit_and_every_limit_a_step(
    repository: dg.RepositoryDefinition,
) -> None:
    used = {
        node.pool
        for job in repository.get_all_jobs()
        for node in job.all_node_defs
        if isinstance(node, dg.OpDefinition) and node.pool
    }
    assert used == set(POOLS)
    assert not used.intersection(FORMER_POOLS)


@pytest.mark.parametrize("how", ["workspace", pytest.param("module", marks=pytest.mark.slow)])
def test_definitions_load_among_folders_of_somebody_else(how: str, tmp_path: Path) -> None:
    """Nothing in the current folder is run, whatever its name."""
    marker = tmp_path / "ran"
    for name in TRAPS:
        trap = tmp_path / "project" / name / "__init__.py"
        trap.parent.mkdir(parents=True)
        trap.write_text(f"open({str(marker)!r}, 'a').write({name!r})\nraise SystemExit(9)\n")
    project = tmp_path / "project"
    (project / "workspace.yaml").write_text(
        (Path(__file__).parents[2] / "workspace.yaml").read_text("utf-8")
    )
    where = ["-m", "utawaku.definitions"] if how == "module" else ["-w", "workspace.yaml"]
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", *where],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not marker.exists(), marker.read_text()
