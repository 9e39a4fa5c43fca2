"""Ticks of sensors that last until something happens, so that few are made while nothing does.

A tick costs the daemon and the code server some 80 ms of CPU time together, whatever it finds. One
that waits costs next to nothing, and sees at once what it waits for. It holds a thread of the
daemon, so it waits only under a `up` whose settings give each sensor one.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.heartbeat import has_sign_of_life
from utawaku.orchestration.tick_limits import N_WORKERS

LONGEST_S = 100.0
LOOKS_EVERY_S = 0.5


def wait_for_change(
    context: dg.SensorEvaluationContext,
    catalogue: Catalogue,
    settings: Settings,
    files: Iterable[Path] = (),
    *,
    until: Callable[[], bool] = lambda: False,
    looks_every_s: float = LOOKS_EVERY_S,
) -> bool:
    """Wait until the catalogue or one of the files changes, `LONGEST_S` at most.

    Args:
        context: of the tick. The first tick after a start waits for nothing.
        catalogue: what other processes and ticks write; on PostgreSQL nothing is waited for.
        settings: where `up` leaves its sign of life: when that is gone it is about to end.
        files: files and folders, each looked at each time.
        until: what else ends the wait.
        looks_every_s: seconds between looks.

    Returns:
        Whether the tick has waited at all.
    """
    sensors = context.instance.get_settings("sensors") or {}
    if (
        context.last_tick_completion_time is None
        or sensors.get("num_workers", 0) < N_WORKERS
        or catalogue.engine.dialect.name != "sqlite"
        or not has_sign_of_life(settings)
    ):
        return False
    watched = tuple(files)
    path = Path(str(catalogue.engine.url.database)).absolute()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:

        def state() -> object:
            version = database.execute("PRAGMA data_version").fetchone()
            return version, [_changed_at(one) for one in watched]

        before, ends_at = state(), time.monotonic() + LONGEST_S
        while time.monotonic() < ends_at and not until():
            time.sleep(looks_every_s)
            if state() != before or not has_sign_of_life(settings):
                break
    return True


def _changed_at(path: Path) -> int:
    """Return when a file or folder was changed, in ns; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
