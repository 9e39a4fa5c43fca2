"""Whether the pipeline runs: a small file that it touches."""

import json
import os
import time
from typing import TYPE_CHECKING

from library.files import atomic_path

if TYPE_CHECKING:
    from library.config import Settings
    from library.places import CataloguePlace

STALE_AFTER_S = 30.0
"""Without a sign for this long, the pipeline is taken to be down."""


def beat(settings: "Settings") -> None:
    """Give a sign of life."""
    path = settings.data_dir / "heartbeat.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps({"at": time.time(), "pid": os.getpid()}), "utf-8")


def stop_beating(settings: "Settings") -> None:
    """Say that the pipeline ended in order."""
    (settings.data_dir / "heartbeat.json").unlink(missing_ok=True)


def last_heartbeat_s(settings: "Settings | CataloguePlace") -> float | None:
    """Seconds since the last sign of life; None where there is none."""
    try:
        content = json.loads((settings.data_dir / "heartbeat.json").read_text("utf-8"))
        return max(0.0, time.time() - float(content["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_alive(settings: "Settings | CataloguePlace") -> bool:
    """Whether the pipeline gave a sign lately."""
    age_s = last_heartbeat_s(settings)
    return age_s is not None and age_s < STALE_AFTER_S
