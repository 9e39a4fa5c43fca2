"""The pipeline's sign of life: a small file that it touches."""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from utawaku.library.files import atomic_path

if TYPE_CHECKING:
    from utawaku.library.config import Settings
    from utawaku.library.paths import CatalogueLocation

STALE_AFTER_S = 30.0
"""Without a sign for this long, the pipeline is taken to be down."""


@dataclass(frozen=True)
class ServiceProcess:
    """A process of the pipeline that stays, unlike its runs."""

    name: str
    pid: int
    n_starts: int = 1
    """Since the pipeline came up."""


def beat(settings: "Settings", processes: Sequence[ServiceProcess] = ()) -> None:
    """Give a sign of life, and say which processes there are."""
    path = settings.data_dir / "heartbeat.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "at": time.time(),
        "pid": os.getpid(),
        "processes": [asdict(one) for one in processes],
    }
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(told), "utf-8")


def has_sign_of_life(settings: "Settings") -> bool:
    """Return whether a pipeline has left a sign and not said that it ends."""
    return (settings.data_dir / "heartbeat.json").exists()


def stop_beating(settings: "Settings") -> None:
    """Say that the pipeline ends in order."""
    (settings.data_dir / "heartbeat.json").unlink(missing_ok=True)


def last_heartbeat_s(settings: "Settings | CatalogueLocation") -> float | None:
    """Seconds since the last sign of life; None where there is none."""
    try:
        # One from the future is as old as it is ahead: the clock was set back since.
        return abs(time.time() - float(_last(settings)["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_alive(settings: "Settings | CatalogueLocation") -> bool:
    """Return whether the pipeline gave a sign lately."""
    age_s = last_heartbeat_s(settings)
    return age_s is not None and age_s < STALE_AFTER_S


def service_processes(settings: "Settings") -> list[ServiceProcess]:
    """Those of a pipeline that gave a sign lately."""
    if not is_alive(settings):
        return []
    try:
        return [ServiceProcess(**one) for one in _last(settings)["processes"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _last(settings: "Settings | CatalogueLocation") -> dict[str, Any]:
    told: dict[str, Any] = json.loads((settings.data_dir / "heartbeat.json").read_text("utf-8"))
    return told
