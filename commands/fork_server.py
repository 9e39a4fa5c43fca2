"""The fork server of `up`: forks services and runs from a process that has loaded everything.

`python -m utawaku.commands.fork_server SOCKET`.

Dagster starts a new Python for each run, which loads Dagster, the definitions and the engines
before it begins, and each service would hold all of that once more. What is forked begins at once,
and shares the memory of what this process has loaded. It is asked through a socket in the private
folder of `up` (`orchestration.fork_requests`).

A run is in the process group of this process: a signal to the group ends it, too. A service leads a
group of its own. When this process ends in order it waits for its runs; when it is killed, Linux
asks what it forked to end.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from utawaku.commands.idle_intervals import lengthen
from utawaku.commands.parent_watch import ask_for_signal_at_parents_end
from utawaku.commands.service_runner import find_each_folder_once, give_back, run_service
from utawaku.library.processes import name_process
from utawaku.orchestration.fork_requests import read_request

MODULES = (
    "utawaku.definitions",
    "utawaku.orchestration.kept_storage",
    "dagster._api.snapshot_repository",
    "dagster._cli.api",
    "dagster._daemon.cli",
    "dagster._grpc.server",
    "dagster_webserver.app",
    "grpc_health.v1.health",
    "upath.implementations.local",
    "uvicorn",
    "scipy.signal",
    "onnxruntime",
    "av",
)
"""Loaded for all services and runs."""
_REQUEST_WITHIN_S = 5.0


class ForkServer:
    """Forks services and runs, and keeps their process numbers."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._runs: dict[int, str] = {}
        self._services: set[int] = set()
        self._codes: dict[int, int] = {}
        """Services that have ended -> their exit codes, until somebody asks."""
        self._stopping = False
        self._woken, self._wakes = os.pipe()

    def serve(self) -> None:
        """Answer until this process is to end and its runs have ended."""
        for end in (self._woken, self._wakes):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        for number in _handled():
            signal.signal(number, self._on_signal)
        while self._runs or not self._stopping:
            waited: list[Any] = [self._woken]
            if self._stopping:
                self._listening.close()  # else who asks now would wait, and be told nothing
            else:
                waited.append(self._listening)
            ready = select.select(waited, [], [])[0]
            if self._woken in ready:
                with suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            self._reap()
            if self._listening in ready and not self._stopping:
                self._answer()

    def _on_signal(self, number: int, _frame: object) -> None:
        if number != signal.SIGCHLD:
            self._stopping = True

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                self._runs.pop(pid, None)
                if pid in self._services:
                    self._services.remove(pid)
                    self._codes[pid] = os.waitstatus_to_exitcode(status)

    def _answer(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            connection.settimeout(_REQUEST_WITHIN_S)
            descriptors: list[int] = []
            try:
                asked, descriptors = read_request(connection)
                told = self._told(asked, descriptors)
                connection.sendall(json.dumps(told).encode() + b"\n")
            except (OSError, ValueError, KeyError):
                traceback.print_exc()  # who asked gets no answer, and says so
            finally:
                for one in descriptors:
                    os.close(one)

    def _told(self, asked: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        if "serve" in asked:
            stdin = descriptors[0] if descriptors else None
            return {"pid": self._start_service(asked["serve"], asked["name"], asked["log"], stdin)}
        if "code" in asked:
            self._reap()
            pid = asked["code"]
            return {"runs": pid in self._services, "code": self._codes.pop(pid, None)}
        if "start" in asked:
            return {"pid": self._start_run(asked["start"], asked["args"])}
        wanted = asked.get("find") or asked["end"]
        pid = next((pid for pid, run_id in self._runs.items() if run_id == wanted), None)
        if pid is not None and "end" in asked:
            os.kill(pid, signal.SIGINT)
        return {"pid": pid}

    def _start_run(self, run_id: str, args: str) -> int:
        pid = self._fork("utawaku-run", lambda: execute(args))
        self._runs[pid] = run_id
        return pid

    def _start_service(self, words: list[str], name: str, log: str, stdin: int | None) -> int:
        def serve() -> int:
            os.setpgid(0, 0)
            if stdin is not None:
                os.dup2(stdin, sys.stdin.fileno())
            with Path(log).open("ab") as output:
                os.dup2(output.fileno(), sys.stdout.fileno())
                os.dup2(output.fileno(), sys.stderr.fileno())
            run_service(words, shares=True)
            return 0

        pid = self._fork(name, serve)
        with suppress(ProcessLookupError):  # whichever of both is first
            os.setpgid(pid, pid)
        self._services.add(pid)
        return pid

    def _fork(self, name: str, work: Callable[[], int]) -> int:
        """Fork a process that does the work and ends; returns its number."""
        server = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            ask_for_signal_at_parents_end(signal.SIGTERM)
            signal.set_wakeup_fd(-1)
            for number in _handled():
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._listening.close()
            for end in (self._woken, self._wakes):
                os.close(end)
            name_process(name)
            if os.getppid() == server:
                code = work()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:  # noqa: BLE001  (else a second fork server)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _handled() -> tuple[signal.Signals, ...]:
    # Not a constant: Windows, where no fork server is started, lacks the last.
    return (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


def load() -> None:
    """Load what services and runs load, once for all of them."""
    for name in MODULES:
        importlib.import_module(name)
    find_each_folder_once()
    lengthen()
    # A collection in what is forked would copy the pages of all that it looks through.
    give_back(0)
    gc.freeze()


def execute(args: str) -> int:
    """Execute a run as Dagster's `api execute_run` does; returns its exit code."""
    from dagster._cli.api import execute_run_command

    from utawaku.orchestration.kept_storage import close_all

    try:
        execute_run_command.main(args=[args], standalone_mode=False)
    finally:
        close_all()
    return 0


def listen(path: str) -> socket.socket:
    """Listen at a path, which is there from the moment that somebody can connect."""
    listening = socket.socket(socket.AF_UNIX)
    unfinished = f"{path}.new"
    with suppress(FileNotFoundError):
        Path(unfinished).unlink()
    listening.bind(unfinished)
    listening.listen(64)
    Path(unfinished).replace(path)
    return listening


def main() -> None:
    """Load all, then fork what is asked for."""
    path = sys.argv[1]
    name_process("utawaku-forks")
    with suppress(FileNotFoundError):  # of one before, which was killed
        Path(path).unlink()
    load()
    ForkServer(listen(path)).serve()


if __name__ == "__main__":
    main()
