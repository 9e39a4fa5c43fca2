"""The Dagster instance that serves the requests: one of them, whoever else runs beside it.

`dagster dev` beside `utawaku up` has an instance of its own, which knows nothing of the other's
runs. Both would take the other's requests for stranded and run them a second time.
"""

import time
import zlib

import dagster as dg
from filelock import FileLock

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings

_NAME = "requests.served_by"
LEASE_S = 90.0
"""An instance that has not looked at the requests for so long has left them to another one."""


def mark_of(instance: dg.DagsterInstance) -> str:
    """The end of the marks of requests that this instance claims."""
    return f"@{zlib.crc32(instance.root_directory.encode()):08x}"


def is_foreign(mark: str, instance: dg.DagsterInstance) -> bool:
    """Return whether another instance claimed the request; version 0.1 named none."""
    return "@" in mark and not mark.endswith(mark_of(instance))


def other_server(
    instance: dg.DagsterInstance, catalogue: Catalogue, settings: Settings, now: float | None = None
) -> str:
    """Take or renew the lease of the requests; the home of another instance that holds it."""
    now = time.time() if now is None else now
    own = instance.root_directory
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.data_dir / "requests.lock", timeout=30):
        lease = catalogue.memories.recall(_NAME, {})
        holder = str(lease.get("home", ""))
        # A time that lies ahead was written by a clock that was wrong.
        fresh = 0 <= now - float(lease.get("at", 0.0)) < LEASE_S
        if holder not in ("", own) and fresh:
            return holder
        if holder != own or now - float(lease.get("at", 0.0)) > LEASE_S / 6 or not fresh:
            catalogue.memories.keep(_NAME, {"home": own, "at": now})
    return ""
