"""Dagster's code server with runs that are forked: `python -m ...code_server api grpc OPTIONS`.

Dagster starts a new Python for each run, which loads Dagster, the definitions and the engines
(four seconds of computing) before it begins. Here runs are forked from a process that has loaded
them (Python's fork server). It is started with the first run, and ended when no run has come for a
while, so that an idle pipeline does not hold its memory.
"""

import multiprocessing
import runpy
import sys
import threading
import time
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from types import SimpleNamespace
from typing import Any

import psutil

LOADED = "utawaku.orchestration.loaded_for_runs"
"""Module that the fork server imports."""
IDLE_S = 300.0
LOOK_EVERY_S = 30.0


def fork_runs() -> None:
    """Let Dagster's server fork runs from one process that has everything loaded."""
    from dagster._grpc import server

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([LOADED])

    def get_context(_method: str | None = None) -> BaseContext:
        return context

    # The one place where it says how a run's process is made.
    names: Any = server
    names.multiprocessing = SimpleNamespace(
        get_context=get_context, Process=multiprocessing.Process
    )


def fork_server_pid() -> int | None:
    """Return the process that runs are forked from; None where there is none."""
    pid: int | None = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    return pid


def has_forked() -> bool:
    """Return whether a process that was forked still lives."""
    pid = fork_server_pid()
    try:
        return pid is not None and bool(psutil.Process(pid).children())
    except psutil.NoSuchProcess:
        return False


def end_when_idle(idle_s: float = IDLE_S, look_every_s: float = LOOK_EVERY_S) -> None:
    """End the fork server when it has had no run for `idle_s`; never returns."""
    last_used = time.monotonic()
    while True:
        time.sleep(look_every_s)
        if fork_server_pid() is None or has_forked():
            last_used = time.monotonic()
        elif time.monotonic() - last_used > idle_s:
            forkserver._forkserver._stop()  # type: ignore[attr-defined]


def main() -> None:
    """Run Dagster's command line."""
    if sys.platform != "win32":
        fork_runs()
        threading.Thread(target=end_when_idle, name="fork server", daemon=True).start()
    sys.argv[0] = "dagster"
    runpy.run_module("dagster", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
