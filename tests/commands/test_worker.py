"""`utawaku worker`."""

import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from tests import postgres
from tests.conftest import ROOT, Program
from tests.fixtures.leases import put_lease, release
from tests.fixtures.redis_server import redis_url as redis_url
from utawaku.library.catalogue import Catalogue
from utawaku.library.hosts import served_queues
from utawaku.library.place import here

GONE_HERE = {"host": here().host, "place": here().key, "process": "1-1.gone"}


def is_handed_back(catalogue: Catalogue, lease_id: str) -> bool:
    (lease,) = [one for one in catalogue.leases.listed()[0] if one.id == lease_id]
    return lease.seen_at == 0.0


def test_a_machine_of_no_cluster_has_no_worker(program: Program) -> None:
    done = program.run("worker")
    assert done.returncode == 2
    assert "cluster init" in done.stderr


def test_a_queue_that_nobody_fills_is_refused(program: Program) -> None:
    done = program.run("worker", "--queue", "gqu")
    assert done.returncode == 2
    assert "gqu: there is no such queue" in done.stderr


@pytest.mark.postgres
@pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER)
def test_a_worker_is_listed_as_long_as_it_is_there(
    program: Program, catalogue: Catalogue, redis_url: str
) -> None:
    made = program.run("cluster", "init", "--redis", redis_url)
    assert made.returncode == 0, made.stderr
    put_lease(catalogue, "before", **GONE_HERE)
    command = [sys.executable, "-m", "utawaku", "worker", "--queue", "gpu", "--at-once", "2"]
    worker = subprocess.Popen(command, cwd=ROOT, env=program.environment, text=True)
    try:
        deadline = time.monotonic() + 120
        while served_queues(catalogue) != {"gpu"} and time.monotonic() < deadline:
            assert worker.poll() is None
            time.sleep(0.2)
        assert served_queues(catalogue) == {"gpu"}
        # A run whose process is killed meanwhile counts as gone within the time of a sign.
        assert is_handed_back(catalogue, "before")
        put_lease(catalogue, "meanwhile", **GONE_HERE)
        while not is_handed_back(catalogue, "meanwhile") and time.monotonic() < deadline:
            time.sleep(0.2)
        assert is_handed_back(catalogue, "meanwhile")
        for lease in ("before", "meanwhile"):
            release(catalogue, lease)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        worker.wait()
    assert catalogue.leases.listed()[0] == []


@pytest.mark.postgres
@pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER)
def test_a_worker_that_is_killed_leaves_no_process_behind(
    program: Program, catalogue: Catalogue, redis_url: str
) -> None:
    made = program.run("cluster", "init", "--redis", redis_url)
    assert made.returncode == 0, made.stderr
    command = [sys.executable, "-m", "utawaku", "worker"]
    worker = subprocess.Popen(command, cwd=ROOT, env=program.environment, text=True)
    began: list[psutil.Process] = []
    try:
        deadline = time.monotonic() + 120
        # Celery's own process, and the one it forks for runs.
        while len(began) < 2 and time.monotonic() < deadline:
            assert worker.poll() is None
            began = psutil.Process(worker.pid).children(recursive=True)
            time.sleep(0.2)
        assert len(began) >= 2
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
        _gone, left = psutil.wait_procs(began, timeout=60)
        assert left == []
    finally:
        worker.kill()
        worker.wait()
        for one in began:
            with suppress(psutil.NoSuchProcess):
                one.kill()
