"""The look at Dagster's storage without Dagster."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.dagster_run import FINISHED_STATUSES

from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.orchestration.dagster_storage import open_instance
from utawaku.orchestration.plain_storage import FINISHED, is_in_step


def test_it_knows_the_states_of_a_run_that_has_ended() -> None:
    assert {status.value for status in FINISHED_STATUSES} == set(FINISHED)


@pytest.fixture
def home(settings: Settings, catalogue: Catalogue) -> Path:
    """Dagster's home, of a library with one stream that Dagster knows."""
    catalogue.streams.save(Stream("file-1", "/a.opus", site="file"))
    home = prepare_dagster_home(settings)
    with open_instance(home) as instance:
        instance.add_dynamic_partitions("stream", ["file-1"])
    return home


def make_run(home: Path, status: dg.DagsterRunStatus) -> str:
    @dg.job
    def nothing() -> None: ...

    with open_instance(home) as instance:
        return instance.create_run_for_job(nothing, status=status).run_id


def test_all_is_well_where_dagster_says_so(
    home: Path, settings: Settings, catalogue: Catalogue
) -> None:
    assert is_in_step(catalogue, settings)
    going = make_run(home, dg.DagsterRunStatus.STARTED)
    catalogue.assets.started("file-1", "segments", run_id=going)
    assert is_in_step(catalogue, settings)


def test_a_stream_that_dagster_does_not_know_is_seen(
    home: Path, settings: Settings, catalogue: Catalogue
) -> None:
    catalogue.streams.save(Stream("file-2", "/b.opus", site="file"))
    assert not is_in_step(catalogue, settings)


def test_an_artefact_of_a_run_that_has_ended_is_seen(
    home: Path, settings: Settings, catalogue: Catalogue
) -> None:
    ended = make_run(home, dg.DagsterRunStatus.FAILURE)
    catalogue.assets.started("file-1", "segments", run_id=ended)
    assert not is_in_step(catalogue, settings)


def test_another_storage_is_left_to_dagster(
    home: Path, settings: Settings, catalogue: Catalogue
) -> None:
    with (home / "dagster.yaml").open("a") as opened:
        opened.write("\nstorage:\n  postgres: {}\n")
    assert not is_in_step(catalogue, settings)


def test_doctor_loads_no_dagster_where_all_is_well(home: Path) -> None:
    code = (
        "import atexit, sys; from utawaku.__main__ import main; "
        "atexit.register(lambda: print('dagster' in sys.modules, file=sys.stderr)); "
        "sys.argv = ['utawaku', 'doctor', '--json']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert '"name": "partitions"' in done.stdout
    assert done.stderr.splitlines()[-1] == "False"
