"""Starts a process of the pipeline afresh when it has grown, so that a night has an upper bound.

A daemon or a web page that ends at any moment loses nothing: ticks and pages come again. Where no
fork server starts the runs they are children of the code server, so it ends only when there are
none. The daemon, which starts them, is held meanwhile.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from utawaku.commands.console import err
from utawaku.commands.supervised_process import Child
from utawaku.library.language import tr

SETTLED_S = 900.0
"""By then modules are loaded and caches filled; what a process holds later, it has gathered."""
LOOK_EVERY_S = 60.0
LOOK_AT_RUNS_EVERY_S = 2.0
FAR_ABOVE = 2.0
"""A code server that has grown by so many times the limit waits no longer for a moment without
runs: none is started until those that go on have ended."""


@dataclass
class MemoryRecycler:
    """Watches the memory of the lasting processes."""

    code: Child
    daemon: Child
    web: Child
    growth_mb: float
    """By so much may each grow."""
    settled_s: float = SETTLED_S
    look_every_s: float = LOOK_EVERY_S
    look_at_runs_every_s: float = LOOK_AT_RUNS_EVERY_S
    _settled_mb: dict[int, float] = field(default_factory=dict)
    """Process number -> what it held when it had settled."""
    _next_look: float = 0.0

    def look(self) -> None:
        """Renew what has grown; called a few times a second, mostly does nothing."""
        now = time.monotonic()
        if now < self._next_look:
            return
        if self.daemon.held:
            self._next_look = now + self.look_at_runs_every_s
            self._end_code_server_between_runs()
            return
        self._next_look = now + self.look_every_s
        for child in (self.web, self.daemon):
            grown_mb = self._growth_of(child, now)
            if grown_mb > self.growth_mb:
                err.print(
                    tr(
                        "{name} has grown by {grown_mb:.0f} MB: starting it afresh",
                        name=child.name,
                        grown_mb=grown_mb,
                    ),
                    soft_wrap=True,
                )
                child.renew()
        grown_mb = self._growth_of(self.code, now)
        if grown_mb > self.growth_mb * FAR_ABOVE or (
            grown_mb > self.growth_mb and not has_runs(self.code)
        ):
            err.print(
                tr(
                    "{name} has grown by {grown_mb:.0f} MB: starting it afresh, and the daemon "
                    "with it, as soon as no run goes on",
                    name=self.code.name,
                    grown_mb=grown_mb,
                ),
                soft_wrap=True,
            )
            self.daemon.held = True
            self.daemon.renew()
            self._next_look = 0.0

    def _end_code_server_between_runs(self) -> None:
        if not has_runs(self.code):  # also of those that began while the daemon was ending
            self.code.renew()
            self.daemon.held = False

    def _growth_of(self, child: Child, now: float) -> float:
        """MB above what it held when it had settled; 0 before that."""
        process = child.running()
        if process is None or now - child.started_at < self.settled_s:
            return 0.0
        try:
            held_mb = process.memory_full_info().uss / 1e6
        except psutil.Error:
            return 0.0  # it has just ended
        if process.pid not in self._settled_mb:
            self._settled_mb = {
                pid: mb for pid, mb in self._settled_mb.items() if psutil.pid_exists(pid)
            }
            self._settled_mb[process.pid] = held_mb
        return held_mb - self._settled_mb[process.pid]


def has_runs(code: Child) -> bool:
    """Return whether the code server has started runs that go on."""
    server = code.running()
    if server is None:
        return False
    with suppress(psutil.Error):
        return not all(_is_tracker(process) for process in server.children())
    return False


def _is_tracker(process: psutil.Process) -> bool:
    """Python's own helper of processes that start others; it stays when they have ended."""
    try:
        return "multiprocessing.resource_tracker" in " ".join(process.cmdline())
    except psutil.Error:
        return True  # it has just ended
