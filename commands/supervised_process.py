"""The processes that `utawaku up` keeps going."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from utawaku.commands.console import err
from utawaku.library.language import tr
from utawaku.orchestration.watchdog import Watchdog

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
MAX_LOG_BYTES = 20_000_000
STEADY_S = 60.0
"""A process that ran this long is taken to be well when it ends next."""
PATIENCE_S = 60.0
"""So long is waited for what a process needs; then it may find out itself, and say so."""


@dataclass
class Child:
    """A process that is started again when it ends."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    not_before: float = 0.0
    needs: Path | None = None
    """Made by another process, without which this one would begin with errors in its log."""
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
                self.watchdog.ended(self.name, self.process.returncode, self.pause_s)
            self.not_before = now + self.pause_s
            self.pause_s = min(2 * self.pause_s, LONGEST_PAUSE_S)
            self._let_go()
            self.process = None
        if now >= self.not_before and not self.held and not self._waits(now):
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command,
                    env=self.environment,
                    stdin=subprocess.PIPE if self.tied else subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self.started_at = now
            self.n_starts += 1
            if self.watchdog is not None:
                self.watchdog.started(self.name)
            return True
        return False

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
