"""Processes of the pipeline that have grown are started afresh, and no run ends by it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.commands.waiting import until
from utawaku.commands.memory_recycler import MemoryRecycler, has_runs
from utawaku.commands.supervised_process import Child

GROWTH_MB = 20.0
SERVICE = """
import pathlib, subprocess, sys, time
folder, held, runs = pathlib.Path(sys.argv[1]), [], []
name = sys.argv[2]
(folder / f"{name}.ready").touch()
while True:
    for wish in folder.glob(f"{name}.grow.*"):
        held.append(b"x" * int(wish.suffix[1:]) * 1_000_000)
        wish.unlink()
    for wish in folder.glob(f"{name}.run"):
        wish.unlink()
        runs.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))
        (folder / f"{name}.runs").touch()
    for run in runs:
        run.poll()
    time.sleep(0.02)
"""


@dataclass
class Services:
    """Three services that grow and start runs when they are told to."""

    folder: Path
    code: Child
    daemon: Child
    web: Child
    renewal: MemoryRecycler

    @property
    def all(self) -> tuple[Child, Child, Child]:
        return self.code, self.daemon, self.web

    def daemon_is_held(self) -> bool:
        return self.daemon.held

    def start(self) -> None:
        """Start what does not run, and let it settle."""
        for child in self.all:
            ready = self.folder / f"{child.name}.ready"
            if child.look_after():
                until(ready.exists)
                ready.unlink()
        self.renewal.look()

    def grow(self, child: Child, mb: int) -> None:
        before = held_mb(child)
        (self.folder / f"{child.name}.grow.{mb}").touch()
        until(lambda: held_mb(child) > before + 0.9 * mb)

    def start_run(self) -> psutil.Process:
        (self.folder / "code server.run").touch()
        until(lambda: has_runs(self.code))
        server = self.code.running()
        assert server is not None
        (run,) = server.children()
        return run


def held_mb(child: Child) -> float:
    process = child.running()
    assert process is not None
    return float(process.memory_full_info().uss / 1e6)


def pids(services: Services) -> list[int | None]:
    return [child.process.pid if child.process else None for child in services.all]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    script = tmp_path / "service.py"
    script.write_text(SERVICE, "utf-8")
    code, daemon, web = (
        Child(
            name,
            [sys.executable, str(script), str(tmp_path), name],
            {},
            tmp_path / f"{name}.log",
        )
        for name in ("code server", "daemon", "web page")
    )
    renewal = MemoryRecycler(
        code, daemon, web, GROWTH_MB, settled_s=0.0, look_every_s=0.0, look_at_runs_every_s=0.0
    )
    made = Services(tmp_path, code, daemon, web, renewal)
    made.start()
    try:
        yield made
    finally:
        for child in made.all:
            child.end()


def test_what_has_grown_is_started_afresh_and_everything_else_goes_on(services: Services) -> None:
    before = pids(services)
    services.grow(services.web, 5)
    services.renewal.look()
    assert pids(services) == before
    services.grow(services.web, 40)
    services.renewal.look()
    assert pids(services) == [before[0], before[1], None]
    services.start()  # at once, without the pause of a process that failed
    assert pids(services)[2] not in (None, before[2])
    services.renewal.look()
    assert services.web.process is not None, "its new size is what counts now"


def test_a_process_that_still_loads_is_left_alone(services: Services) -> None:
    services.renewal.settled_s = 3600.0
    services.grow(services.daemon, 60)
    services.renewal.look()
    assert services.daemon.process is not None


def test_a_grown_code_server_waits_for_its_runs_and_then_goes_with_the_daemon(
    services: Services,
) -> None:
    before = pids(services)
    run = services.start_run()
    services.grow(services.code, 30)  # above the limit, below twice the limit
    services.renewal.look()
    assert pids(services) == before
    run.kill()
    until(lambda: not has_runs(services.code))
    services.renewal.look()
    assert services.daemon_is_held(), "or it would start a run in the last moment"
    assert pids(services)[0] == before[0]
    services.renewal.look()
    assert not services.daemon_is_held()
    assert pids(services)[0] is None
    services.start()
    assert not set(pids(services)[:2]) & set(before)
    assert pids(services)[2] == before[2]


def test_a_code_server_far_above_the_limit_gets_no_more_runs_but_ends_none(
    services: Services,
) -> None:
    server = pids(services)[0]
    run = services.start_run()
    services.grow(services.code, 60)
    services.renewal.look()
    assert services.daemon_is_held()
    for _ in range(3):
        services.renewal.look()
        assert not services.daemon.look_after(), "it is held"
    assert (run.is_running(), pids(services)[0]) == (True, server)
    run.kill()
    until(lambda: not has_runs(services.code))
    services.renewal.look()
    assert (services.code.process, services.daemon_is_held()) == (None, False)


def test_a_code_server_that_dies_while_the_daemon_is_held_brings_both_back(
    services: Services,
) -> None:
    services.start_run()
    services.grow(services.code, 60)
    services.renewal.look()
    assert services.code.process is not None
    assert services.daemon_is_held()
    services.code.end()
    services.renewal.look()
    assert not services.daemon_is_held()
