"""Pauses between downloads, also between those of different processes."""

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress

_STEP_S = 0.2


class Pace:
    """Remembers when each site was last fetched from, and waits before the next time.

    With a `state_file` the memory outlives the process: one run fetches one stream, and the pause
    must lie between runs. The file is a hint; losing it costs a pause, nothing else.
    """

    def __init__(self, sleep_s: tuple[float, float], state_file: Path | None = None) -> None:
        self._sleep_s = sleep_s
        self._state_file = state_file
        self._last: dict[str, float] = {}

    def wait(self, site: str, progress: Progress, check: Callable[[], None]) -> float:
        """Sleep until a random pause since the site's last fetch is over; return the seconds slept.

        `check` is called several times a second and may raise to stop.
        """
        pause_s = random.uniform(*self._sleep_s)
        now = time.time()
        last = min(self._read().get(site, float("-inf")), now)  # a clock set back waits one pause
        until = last + pause_s
        while (left_s := until - time.time()) > 0:
            check()
            progress(0.0, f"waiting {left_s:.0f} s, not to burden {site}")
            time.sleep(min(_STEP_S, left_s))
        return max(0.0, until - now)

    def fetched(self, site: str) -> None:
        """Note that the site was just fetched from."""
        self._last = {**self._read(), site: time.time()}
        if self._state_file is not None:
            with suppress(OSError), atomic_path(self._state_file) as temporary:
                temporary.write_text(json.dumps(self._last), encoding="utf-8")

    def _read(self) -> dict[str, float]:
        if self._state_file is None:
            return self._last
        try:
            stored = json.loads(self._state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return self._last
        if not isinstance(stored, dict):
            return self._last
        times = {k: v for k, v in stored.items() if isinstance(v, (int, float))}
        return {**self._last, **times}
