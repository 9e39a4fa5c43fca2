"""Pauses between downloads, also between those of different processes and machines."""

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from utawaku.library.errors import CatalogueError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings

_STEP_S = 0.2
_FILE = "download-pace.json"
_MEMORY = "download.last"


class FetchTimes(Protocol):
    """Times of the last fetch from each site. A hint: losing it costs a pause, nothing else."""

    def last(self, site: str) -> float:
        """Return the time, in seconds since 1970; minus infinity where it is not known."""
        ...

    def note(self, site: str, at: float) -> None:
        """Keep the time of the last fetch."""
        ...


class FetchTimesInMemory:
    """Those of one process."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def last(self, site: str) -> float:
        """Return the time; minus infinity where it is not known."""
        return self._last.get(site, float("-inf"))

    def note(self, site: str, at: float) -> None:
        """Keep the time of the last fetch."""
        self._last[site] = at


class FetchTimesInFile:
    """Those of one machine."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def last(self, site: str) -> float:
        """Return the time; minus infinity where it is not known."""
        return self._read().get(site, float("-inf"))

    def note(self, site: str, at: float) -> None:
        """Keep the time of the last fetch."""
        times = {**self._read(), site: at}
        with suppress(OSError), atomic_path(self._file) as temporary:
            temporary.write_text(json.dumps(times), encoding="utf-8")

    def _read(self) -> dict[str, float]:
        try:
            stored = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(stored, dict):
            return {}
        return {name: at for name, at in stored.items() if isinstance(at, (int, float))}


class FetchTimesInCatalogue:
    """Those of all machines of a library."""

    def __init__(self, catalogue: "Catalogue") -> None:
        self._catalogue = catalogue

    def last(self, site: str) -> float:
        """Return the time; minus infinity where it is not known."""
        return float(self._catalogue.memories.recall(f"{_MEMORY}.{site}", float("-inf")))

    def note(self, site: str, at: float) -> None:
        """Keep the time of the last fetch."""
        with suppress(CatalogueError):  # the recording is there, whatever became of the server
            self._catalogue.memories.keep(f"{_MEMORY}.{site}", at)


def fetch_times(settings: "Settings", catalogue: "Catalogue") -> FetchTimes:
    """Return the times that all processes share, and all machines of a library on a server."""
    if settings.is_shared:
        return FetchTimesInCatalogue(catalogue)
    return FetchTimesInFile(settings.data_dir / _FILE)


class Pace:
    """Waits a while between two fetches from a site."""

    def __init__(self, sleep_s: tuple[float, float], times: FetchTimes) -> None:
        self._sleep_s = sleep_s
        self._times = times

    def wait(self, site: str, progress: Progress, check: Callable[[], None]) -> float:
        """Sleep until a random pause since the site's last fetch is over; return the seconds slept.

        `check` is called several times a second and may raise to stop.
        """
        pause_s = random.uniform(*self._sleep_s)
        now = time.time()
        last = min(self._times.last(site), now)  # a clock set back waits one pause
        until = last + pause_s
        while (left_s := until - time.time()) > 0:
            check()
            progress(0.0, f"waiting {left_s:.0f} s, not to burden {site}")
            time.sleep(min(_STEP_S, left_s))
        return max(0.0, until - now)

    def fetched(self, site: str) -> None:
        """Note that the site was just fetched from."""
        self._times.note(site, time.time())
