"""Runs that are forked from a process that has loaded everything."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
from dagster._core.errors import DagsterLaunchFailedError
from dagster._core.launcher import LaunchRunContext

from tests.commands.waiting import until
from tests.conftest import ROOT
from tests.fixtures.forked_jobs import noting
from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.library.config import Settings
from utawaku.orchestration.dagster_settings import (
    RUN_SERVER_VARIABLE,
    has_forked_runs,
    with_forked_runs,
    write_services_file,
)
from utawaku.orchestration.forked_launcher import ForkedRunLauncher, ask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")
SERVER = """
import os, sys
import dagster, tests.fixtures.forked_jobs
from utawaku.commands import run_server
run_server.MODULES = ()
pid = run_server.fork_run_server(sys.argv[1])
os.waitpid(pid, 0)
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """What the run server is forked from, in a group of its own as a service of `up` is."""
    path = tmp_path / "runs.sock"
    monkeypatch.setenv(RUN_SERVER_VARIABLE, str(path))
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)], cwd=ROOT, start_new_session=True
    )
    until(lambda: ask(str(path), find="nothing") == {"pid": None})
    yield process
    for child in psutil.Process(process.pid).children(recursive=True) if is_alive(process) else ():
        child.kill()
    process.kill()
    process.wait()


def is_alive(process: "subprocess.Popen[bytes]") -> bool:
    return process.poll() is None


@pytest.fixture
def instance(settings: Settings, server: "subprocess.Popen[bytes]") -> Iterator[dg.DagsterInstance]:
    home = prepare_dagster_home(settings)
    with dg.DagsterInstance.from_config(str(home), write_services_file(home).name) as opened:
        yield opened


def launched(instance: dg.DagsterInstance, path: Path, seconds: float = 0.0) -> str:
    """Launch a run that writes which process it is; returns its id."""
    told = {"path": str(path), "seconds": seconds}
    job = dg.reconstructable(noting)
    run = instance.create_run_for_job(
        job.get_definition(),
        run_config={"ops": {"note_process": {"config": told}}},
        job_code_origin=job.get_python_origin(),
    )
    assert isinstance(instance.run_launcher, ForkedRunLauncher)
    instance.run_launcher.launch_run(LaunchRunContext(run, None))
    return run.run_id


def has_ended(instance: dg.DagsterInstance, run_id: str) -> Callable[[], bool]:
    def ended() -> bool:
        run = instance.get_run_by_id(run_id)
        return run is not None and run.is_finished

    return ended


def status_of(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_each_run_has_a_process_of_its_own(
    instance: dg.DagsterInstance, server: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    (run_server,) = psutil.Process(server.pid).children()
    told = [tmp_path / "a", tmp_path / "b"]
    runs = [launched(instance, path) for path in told]
    for run_id in runs:
        until(has_ended(instance, run_id))
        assert status_of(instance, run_id) is dg.DagsterRunStatus.SUCCESS
    processes = [path.read_text().split() for path in told]
    assert {parent for _, parent in processes} == {str(run_server.pid)}
    assert len({own for own, _ in processes}) == 2
    until(lambda: not run_server.children())
    assert not [path for run in runs for path in Path(instance.root_directory).rglob(f"{run}*-wal")]


def test_a_run_is_cancelled(
    instance: dg.DagsterInstance, server: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    run_id = launched(instance, tmp_path / "a", seconds=300)
    until((tmp_path / "a").exists)
    assert instance.run_launcher.terminate(run_id)
    until(has_ended(instance, run_id))
    assert status_of(instance, run_id) is dg.DagsterRunStatus.CANCELED
    assert not instance.run_launcher.terminate(run_id)


def test_the_run_server_ends_with_its_group_once_its_runs_have_noted_their_end(
    instance: dg.DagsterInstance, server: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    run_id = launched(instance, tmp_path / "a", seconds=300)
    until((tmp_path / "a").exists)
    (run_server,) = psutil.Process(server.pid).children()
    (run,) = run_server.children()
    for process in (run_server, run):  # as `down` does, with the rest of the group
        process.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0, "it waits for the run server, and that for its run"
    assert not run.is_running() or run.status() == psutil.STATUS_ZOMBIE
    assert status_of(instance, run_id) is dg.DagsterRunStatus.FAILURE


def test_runs_go_on_when_the_code_server_is_killed_and_no_new_one_begins(
    instance: dg.DagsterInstance, server: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    run_id = launched(instance, tmp_path / "a", seconds=3)
    until((tmp_path / "a").exists)
    (run_server,) = psutil.Process(server.pid).children()
    server.kill()
    server.wait()
    time.sleep(0.5)
    assert ask(os.environ[RUN_SERVER_VARIABLE], find=run_id) is None, "it takes no more"
    until(has_ended(instance, run_id))
    assert status_of(instance, run_id) is dg.DagsterRunStatus.SUCCESS
    until(lambda: not run_server.is_running() or run_server.status() == psutil.STATUS_ZOMBIE)


def test_who_gets_no_answer_says_so(tmp_path: Path) -> None:
    import socket
    import threading

    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        with pytest.raises(DagsterLaunchFailedError, match="no answer"):
            ask(str(path), start="a", args="{}")
    assert ask(str(path), start="a", args="{}") is None, "nobody listens any more"
    assert ask(str(tmp_path / "none"), start="a") is None


@pytest.mark.parametrize(
    ("settings_of_user", "platform"),
    [({"run_launcher": {"module": "of", "class": "user"}}, "linux"), ({}, "darwin")],
)
def test_another_launcher_and_another_system_are_left_as_they_are(
    settings_of_user: dict[str, Any], platform: str
) -> None:
    assert with_forked_runs(settings_of_user, platform) == settings_of_user
    assert "run_launcher" in with_forked_runs({}, "linux")


def test_the_code_server_knows_whether_it_needs_a_run_server(settings: Settings) -> None:
    home = prepare_dagster_home(settings)
    write_services_file(home)
    assert has_forked_runs(home)
    with (home / "dagster.yaml").open("a") as file:
        file.write("run_launcher:\n  module: dagster\n  class: DefaultRunLauncher\n")
    write_services_file(home)
    assert not has_forked_runs(home)
