"""The run server of `up`: forks each run from a process that has loaded everything.

It is itself forked from the code server before that has threads, so both share the memory of what
they have loaded (`commands.code_server`). It is asked through a socket in the private folder of
`up` (`orchestration.forked_launcher`).

A run gets the signals of the code server's process group, as one that the code server had started
itself. When the code server ends, the run server ends as soon as its runs have.
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
from contextlib import suppress
from pathlib import Path
from typing import Any

from utawaku.commands.parent_watch import ask_for_signal_at_parents_end

MODULES = ("scipy.signal", "onnxruntime", "av", "dagster._cli.api")
"""Modules that a run needs besides those of the code server."""
_REQUEST_WITHIN_S = 5.0
_HANDLED = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGCHLD")
    if hasattr(signal, name)  # Windows, where no run server is started, lacks two
)


def fork_run_server(path: str) -> int:
    """Fork the run server, which answers at a socket; returns its process number.

    To be called while this process has one thread.
    """
    listening = socket.socket(socket.AF_UNIX)
    with suppress(FileNotFoundError):  # of one before, whose code server was killed
        Path(path).unlink()
    listening.bind(path)
    listening.listen(64)
    parent = os.getpid()
    pid = os.fork()
    if pid:
        listening.close()
        return pid
    code = 1
    try:
        ask_for_signal_at_parents_end(signal.SIGHUP)
        if os.getppid() != parent:
            raise SystemExit(1)  # the code server has ended already
        RunServer(listening).serve()
        code = 0
    except BaseException:  # noqa: BLE001  (else a second code server)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


class RunServer:
    """Forks runs, and keeps their process numbers."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._runs: dict[int, str] = {}
        self._stopping = False
        self._woken, self._wakes = os.pipe()

    def serve(self) -> None:
        """Answer until this process is to end and its runs have ended."""
        for end in (self._woken, self._wakes):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        for number in _HANDLED:
            signal.signal(number, self._on_signal)
        load()
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
            while pid := os.waitpid(-1, os.WNOHANG)[0]:
                self._runs.pop(pid, None)

    def _answer(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            connection.settimeout(_REQUEST_WITHIN_S)
            try:
                with connection.makefile("rb") as asked:
                    told = self._told(json.loads(asked.readline()))
                connection.sendall(json.dumps(told).encode() + b"\n")
            except (OSError, ValueError, KeyError):
                traceback.print_exc()  # who asked gets no answer, and says so

    def _told(self, asked: dict[str, str]) -> dict[str, Any]:
        if "start" in asked:
            return {"pid": self._start(asked["start"], asked["args"])}
        wanted = asked.get("find") or asked["end"]
        pid = next((pid for pid, run_id in self._runs.items() if run_id == wanted), None)
        if pid is not None and "end" in asked:
            os.kill(pid, signal.SIGINT)
        return {"pid": pid}

    def _start(self, run_id: str, args: str) -> int:
        pid = os.fork()
        if pid:
            self._runs[pid] = run_id
            return pid
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _HANDLED:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._listening.close()
            code = execute(args)
        except BaseException:  # noqa: BLE001  (else a second run server)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def load() -> None:
    """Load what every run loads, once for all of them."""
    for name in MODULES:
        importlib.import_module(name)
    # A collection in a run would copy the pages of all that it looks through.
    gc.collect()
    gc.freeze()


def execute(args: str) -> int:
    """Execute a run as Dagster's `api execute_run` does; returns its exit code."""
    from dagster._cli.api import execute_run_command

    from utawaku.orchestration.kept_storage import close_all

    try:
        execute_run_command.main(args=[args], standalone_mode=False)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    finally:
        close_all()
    return 0
