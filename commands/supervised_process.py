"""The processes that `utawaku up` keeps going."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import psutil

from utawaku.commands.console import err
from utawaku.library.language import tr
from utawaku.library.processes import is_gone, process_mark
from utawaku.orchestration.fork_requests import ask
from utawaku.orchestration.watchdog import Watchdog

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
MAX_LOG_BYTES = 20_000_000
STEADY_S = 60.0
"""A process that ran this long is taken to be well when it ends next."""
_POLLS_EVERY_S = 0.05
_LOOKS_AGAIN_S = 0.5
"""Between tries to start a process while what it needs is not there."""
PATIENCE_S = 60.0
"""So long is waited for what a process needs; then it may find out itself, and say so."""
SERVICE_RUNNER = (sys.executable, "-m", "utawaku.commands.service_runner")
"""The words before those of a service, where a new Python runs it."""


class Process(Protocol):
    """A process, as `subprocess.Popen` shows it."""

    pid: int
    returncode: Any
    stdin: IO[bytes] | None

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired."""


class ForkedProcess:
    """A process that the fork server forked; its exit code is the fork server's to know."""

    def __init__(self, pid: int, fork_server: str) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin: IO[bytes] | None = None
        self._fork_server = fork_server
        self._mark = process_mark(pid)

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        if self.returncode is None and is_gone(self._mark):
            told = None
            with suppress(ConnectionError):
                told = ask(self._fork_server, code=self.pid)
            if told is not None and told["runs"]:
                return None  # it is just ending
            code = told["code"] if told is not None else None
            # Else it ended with its fork server, which nobody can ask any more.
            self.returncode = -signal.SIGTERM if code is None else code
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises TimeoutExpired."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(_POLLS_EVERY_S)
        assert self.returncode is not None
        return self.returncode


@dataclass
class Child:
    """A process that is started again when it ends."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: Process | None = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    not_before: float = 0.0
    needs: Path | None = None
    """Made by another process, without which this one would begin with errors in its log."""
    fork_server: str = ""
    """Path of the socket at which it is asked to fork this one, instead of a new Python."""
    on_demand: socket.socket | None = None
    """A connection to it starts the process, which has it as its standard input and may end, with
    exit code 0, when nobody is there any more."""
    n_starts: int = 0
    tied: bool = False
    """It watches its standard input, and ends when this process is gone (`parent_watch`)."""
    held: bool = False
    """Not to be started for now."""
    wanted_since: float | None = None
    """It is to be started, but what it needs is not there."""
    watchdog: Watchdog | None = None
    """Told what becomes of it."""

    def look_after(self) -> bool:
        """Start it where it does not run, with growing pauses where it keeps ending.

        True when it was started.
        """
        now = time.monotonic()
        _keep_short(self.log)
        if self.process is not None and self.process.poll() is None:
            if now - self.started_at > STEADY_S:
                self.pause_s = FIRST_PAUSE_S
                if self.watchdog is not None:
                    self.watchdog.steady(self.name)
            return False
        if self.process is not None and self.on_demand is not None and not self.process.returncode:
            self.process = None
        if self.process is not None:
            err.print(
                tr(
                    "{name} ended with {returncode}; starting it again in {pause_s:.0f} s (log: "
                    "{log})",
                    name=self.name,
                    returncode=self.process.returncode,
                    pause_s=self.pause_s,
                    log=self.log,
                ),
                soft_wrap=True,
            )
            if self.watchdog is not None:
                self.watchdog.ended(self.name, self.process.returncode or 0, self.pause_s)
            self.not_before = now + self.pause_s
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
            self._let_go()
            self.process = None
        if self._is_wanted(now):
            self.process = None if self._waits(now) else self._new_process()
            if self.process is None:
                if self.on_demand is not None:  # whoever waits at it would start a round at once
                    self.not_before = now + _LOOKS_AGAIN_S
                return False
            self.started_at = now
            self.n_starts += 1
            if self.watchdog is not None:
                self.watchdog.started(self.name)
            return True
        return False

    def awaited(self) -> socket.socket | None:
        """The socket at which a connection would start it now."""
        is_ready = self.process is None and not self.held and time.monotonic() >= self.not_before
        return self.on_demand if is_ready else None

    def _is_wanted(self, now: float) -> bool:
        if now < self.not_before or self.held:
            return False
        return self.on_demand is None or bool(select.select([self.on_demand], [], [], 0)[0])

    def _new_process(self) -> Process | None:
        """Start it; None where the fork server does not answer."""
        return self._forked() if self.fork_server else self._started()

    def _started(self) -> Process:
        stdin = subprocess.PIPE if self.tied else subprocess.DEVNULL
        if self.on_demand is not None:
            stdin = self.on_demand.fileno()
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _forked(self) -> Process | None:
        words = self.command[len(SERVICE_RUNNER) :]
        name = f"utawaku-{self.name.split()[0]}"
        stdin = None if self.on_demand is None else self.on_demand.fileno()
        with suppress(ConnectionError):
            told = ask(self.fork_server, stdin, serve=words, name=name, log=str(self.log))
            if told is not None:
                return ForkedProcess(told["pid"], self.fork_server)
        return None

    def _waits(self, now: float) -> bool:
        if self.needs is None or self.needs.exists():
            self.wanted_since = None
            return False
        self.wanted_since = self.wanted_since or now
        return now - self.wanted_since < PATIENCE_S

    def running(self) -> psutil.Process | None:
        """The process, where it runs."""
        if self.process is None or self.process.poll() is not None:
            return None
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid)
        return None

    def end(self) -> None:
        """Ask the process and what it started to stop; insist after 15 s."""
        if self.process is not None and self.process.poll() is None:
            end_group(self.process.pid, self.process.wait)
        self._let_go()

    def _let_go(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()

    def renew(self) -> None:
        """End it; `look_after` starts it afresh, at once where it is not held."""
        self.end()
        self.process = None


def end_group(pid: int, wait: Callable[[float], object]) -> None:
    """End a process of ours with all that it started; `wait` raises TimeoutExpired."""
    if sys.platform == "win32":
        end_tree(pid)
        return
    for signal_, patience_s in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.killpg(pid, signal_)
        with suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
            wait(patience_s)
            return


def end_tree(pid: int, patience_s: float = 5.0) -> None:
    """End a process and what it started, where there are no process groups: without asking."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        tree = [*top.children(recursive=True), top]
        for one in tree:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(tree, timeout=patience_s)


def _keep_short(log: Path) -> None:
    """Put a log that has grown long aside, so that two files are all there ever is.

    Copied and emptied, as its writer keeps it open; what is written meanwhile is lost.
    """
    try:
        if log.stat().st_size <= MAX_LOG_BYTES:
            return
    except FileNotFoundError:
        return
    # On a full disk the copy fails, and room is what is needed most.
    with suppress(OSError):
        shutil.copyfile(log, log.with_suffix(".old.log"))
    os.truncate(log, 0)
