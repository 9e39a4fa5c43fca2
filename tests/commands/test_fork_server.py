"""Runs and services that are forked from a process that has loaded everything."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
from dagster._core.launcher import LaunchRunContext

from tests.commands.waiting import until
from tests.conftest import ROOT
from tests.fixtures.forked_jobs import noting
from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.commands.supervised_process import SERVICE_RUNNER, Child
from utawaku.library.config import Settings
from utawaku.orchestration.dagster_settings import (
    FORK_SERVER_VARIABLE,
    with_forked_runs,
    write_services_file,
)
from utawaku.orchestration.fork_requests import ask
from utawaku.orchestration.forked_launcher import ForkedRunLauncher

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux only")
SERVER = """
import dagster, tests.fixtures.forked_jobs
from utawaku.commands import fork_server
fork_server.MODULES = ()
fork_server.main()
"""
SERVICE = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
print(sys.argv[1:], __name__, flush=True)
(folder / "told").write_text(f"{os.getpid()} {os.getpgrp()} {os.getppid()}")
while not (folder / "end").exists():
    time.sleep(0.02)
sys.exit(7)
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """A fork server that has loaded little, in a group of its own as in `up`."""
    path = tmp_path / "forks.sock"
    monkeypatch.setenv(FORK_SERVER_VARIABLE, str(path))
    (tmp_path / "a_service.py").write_text(SERVICE, "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        start_new_session=True,
    )
    until(lambda: ask(str(path), find="nothing") == {"pid": None})
    yield process
    for child in psutil.Process(process.pid).children(recursive=True) if is_alive(process) else ():
        child.kill()
    process.kill()
    process.wait()


@pytest.fixture
def service(server: "subprocess.Popen[bytes]", tmp_path: Path) -> Iterator[Child]:
    """A service that the fork server has forked."""
    words = [*SERVICE_RUNNER, "a_service", str(tmp_path)]
    forks = os.environ[FORK_SERVER_VARIABLE]
    child = Child("a service", words, {}, tmp_path / "service.log", fork_server=forks)
    assert child.look_after()
    until(lambda: (tmp_path / "told").exists() and bool((tmp_path / "told").read_text()))
    yield child
    child.end()


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
    told = [tmp_path / "a", tmp_path / "b"]
    runs = [launched(instance, path) for path in told]
    for run_id in runs:
        until(has_ended(instance, run_id))
        assert status_of(instance, run_id) is dg.DagsterRunStatus.SUCCESS
    processes = [path.read_text().split() for path in told]
    assert {parent for _, parent in processes} == {str(server.pid)}
    assert len({own for own, _ in processes}) == 2
    until(lambda: not psutil.Process(server.pid).children())
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


def test_it_ends_with_its_group_once_its_runs_have_noted_their_end(
    instance: dg.DagsterInstance, server: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    run_id = launched(instance, tmp_path / "a", seconds=300)
    until((tmp_path / "a").exists)
    (run,) = psutil.Process(server.pid).children()
    os.killpg(server.pid, signal.SIGTERM)  # as `down` does
    assert server.wait(30) == 0
    assert not run.is_running() or run.status() == psutil.STATUS_ZOMBIE
    assert status_of(instance, run_id) is dg.DagsterRunStatus.FAILURE


def test_runs_and_services_of_a_killed_one_end_too(
    instance: dg.DagsterInstance,
    server: "subprocess.Popen[bytes]",
    service: Child,
    tmp_path: Path,
) -> None:
    run_id = launched(instance, tmp_path / "a", seconds=300)
    until((tmp_path / "a").exists)
    server.kill()
    server.wait()
    until(has_ended(instance, run_id))
    assert status_of(instance, run_id) is dg.DagsterRunStatus.FAILURE
    assert service.process is not None
    assert service.process.wait(10) == -signal.SIGTERM
    service.not_before = 0.0
    assert not service.look_after(), "it waits for another fork server"
    assert ask(os.environ[FORK_SERVER_VARIABLE], find=run_id) is None


def test_a_service_leads_a_group_and_tells_how_it_ended(
    server: "subprocess.Popen[bytes]", service: Child, tmp_path: Path
) -> None:
    pid, group, parent = map(int, (tmp_path / "told").read_text().split())
    assert service.process is not None
    assert (pid, group, parent) == (service.process.pid, pid, server.pid)
    assert service.log.read_text("utf-8") == f"[{str(tmp_path)!r}] __main__\n"
    assert psutil.Process(pid).name() == "utawaku-a"
    assert service.process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        service.process.wait(0.1)
    (tmp_path / "end").touch()
    assert service.process.wait(10) == 7
    assert service.process.poll() == 7, "it is told once, and known from then on"
    assert not service.look_after(), "it pauses first"


def test_a_service_is_ended_with_what_it_started(
    server: "subprocess.Popen[bytes]", service: Child, tmp_path: Path
) -> None:
    assert service.process is not None
    service.end()
    assert service.process.wait(10) == -signal.SIGTERM
    assert is_alive(server)


def test_a_service_on_demand_gets_the_socket_of_its_visitors(
    server: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    script = "import socket\nsocket.socket(fileno=0).accept()[0].sendall(b'here')\n"
    (tmp_path / "a_visited.py").write_text(script, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        child = Child(
            "visited",
            [*SERVICE_RUNNER, "a_visited"],
            {},
            tmp_path / "service.log",
            fork_server=os.environ[FORK_SERVER_VARIABLE],
            on_demand=listening,
        )
        for _ in range(2):
            with socket.create_connection(listening.getsockname()) as visitor:
                assert child.look_after()
                assert visitor.recv(4) == b"here"
            assert child.process is not None
            assert child.process.wait(10) == 0
            assert not child.look_after()
    assert psutil.Process(server.pid).num_fds() < 12, "it keeps none of the sockets"


@pytest.mark.parametrize(
    ("settings_of_user", "platform"),
    [({"run_launcher": {"module": "of", "class": "user"}}, "linux"), ({}, "darwin")],
)
def test_another_launcher_and_another_system_are_left_as_they_are(
    settings_of_user: dict[str, Any], platform: str
) -> None:
    assert with_forked_runs(settings_of_user, platform) == settings_of_user
    assert "run_launcher" in with_forked_runs({}, "linux")
