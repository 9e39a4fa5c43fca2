"""The processes that `utawaku up` keeps going: their logs and what they need."""

import socket
import sys
from pathlib import Path

import psutil
import pytest

from tests.commands.waiting import until
from utawaku.commands.supervised_process import Child, end_tree
from utawaku.orchestration.watchdog import Watchdog


def test_two_short_logs_are_all_that_a_process_ever_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utawaku.commands.supervised_process.MAX_LOG_BYTES", 10_000)
    script = "import itertools, time\nfor n in itertools.count(): print(f'line {n}', flush=True)"
    child = Child("chatty", [sys.executable, "-c", script], {}, tmp_path / "chatty.log")
    old = tmp_path / "chatty.old.log"
    child.look_after()
    try:
        until(lambda: child.log.stat().st_size > 20_000)
        child.look_after()
        assert old.read_text("utf-8").startswith("line 0\n")
        until(lambda: child.log.stat().st_size > 20_000)
        # It goes on in the emptied file, and not behind a hole as long as what was there.
        assert child.log.read_bytes()[:1] != b"\0"
        child.look_after()
        assert not old.read_text("utf-8").startswith("line 0\n")
    finally:
        child.end()
    assert sorted(tmp_path.iterdir()) == [child.log, old]


def test_where_there_are_no_process_groups_a_process_ends_with_what_it_started(
    tmp_path: Path,
) -> None:
    script = (
        "import subprocess, sys\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(inner.pid, flush=True); inner.wait()"
    )
    child = Child("tree", [sys.executable, "-c", script], {}, tmp_path / "tree.log")
    child.look_after()
    assert child.process is not None
    until(lambda: child.log.exists() and child.log.read_text("utf-8").endswith("\n"))
    inner = psutil.Process(int(child.log.read_text("utf-8")))
    end_tree(child.process.pid)
    child.process.wait(timeout=30)
    until(lambda: not inner.is_running() or inner.status() == psutil.STATUS_ZOMBIE)
    end_tree(child.process.pid)  # what has ended is left alone


def test_a_process_waits_for_what_it_needs_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    needed = tmp_path / "code.sock"
    child = Child("web page", sleep, {}, tmp_path / "web.log", needs=needed)
    try:
        assert not child.look_after()
        needed.touch()
        assert child.look_after()
        needed.unlink()
        assert not child.look_after(), "it runs on without"
        child.renew()
        assert not child.look_after()
        monkeypatch.setattr("utawaku.commands.supervised_process.PATIENCE_S", 0.0)
        assert child.look_after(), "its log tells what is wrong"
    finally:
        child.end()


VISITED = """
import socket, sys
listening = socket.socket(fileno=0)
connection, _ = listening.accept()
connection.sendall(b"here")
sys.exit(int(connection.recv(1)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sockets are no standard input there")
def test_a_service_on_demand_starts_with_a_visitor_and_may_end_without_one(tmp_path: Path) -> None:
    told: list[str] = []
    watchdog = Watchdog(lambda _kind, title, _body: told.append(title))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-c", VISITED]
        child = Child("web page", command, {}, tmp_path / "web.log", on_demand=listening)
        child.watchdog = watchdog
        try:
            for code in (0, 0, 1):
                assert not child.look_after(), "nobody is there"
                assert child.awaited() is listening
                with socket.create_connection(listening.getsockname()) as visitor:
                    assert child.look_after()
                    assert child.awaited() is None, "it looks for visitors itself now"
                    assert visitor.recv(4) == b"here"
                    visitor.sendall(str(code).encode())
                assert child.process is not None
                assert child.process.wait(30) == code
                assert not child.look_after()
            assert child.awaited() is None, "it pauses after a failure"
            assert child.n_starts == 3
            watchdog.close(10)
            assert told == ["The web page has ended"]
        finally:
            child.end()


@pytest.mark.skipif(sys.platform == "win32", reason="sockets are no standard input there")
def test_a_service_on_demand_that_cannot_start_yet_lets_its_visitor_wait(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        missing = tmp_path / "code.sock"
        child = Child("web page", [], {}, tmp_path / "web.log", needs=missing, on_demand=listening)
        with socket.create_connection(listening.getsockname()):
            assert not child.look_after()
            assert child.awaited() is None, "or the next round would follow at once"
