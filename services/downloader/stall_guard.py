"""An end to waiting: a server that sends next to nothing must not keep others from their turn.

A silent connection times out by itself and is tried again. What is bounded here is all the tries
together, and a connection that keeps itself alive with a byte now and then.
"""

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from utawaku.library.errors import StalledError


class StallGuard:
    """Gives up when too little has come for `limit_s` seconds; then every `check` raises.

    Each answer has so long to be read; between `together` and its end all answers have, unless
    enough bytes flow. A read that waits is ended from another thread, by closing its connection.
    """

    def __init__(self, limit_s: float, enough_bytes: int, subject: str) -> None:
        self._limit_s = limit_s
        self._enough_bytes = enough_bytes
        self._subject = subject
        self._together = False
        self._gave_up = False
        self._hanging_up = threading.Lock()
        """Held until it is known whether an answer was cut off: its reader is awake before."""
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._answer: Callable[[], Any] = _none
        self._since = time.monotonic()
        self._counted = self._last = 0

    def check(self) -> None:
        """Raise StalledError when it is over."""
        if self._has_given_up() or (self._together and self._is_over()):
            self._gave_up = True
            raise StalledError(
                f"next to no data came for {self._limit_s:.0f} s",
                subject=self._subject,
                next_step="It is tried again later; what was fetched is kept",
            )

    def reads(self, answer: Any) -> None:
        """Bytes of this answer (yt-dlp's) are about to be read; only one is read at a time."""
        if not self._together:
            self._since = time.monotonic()
        self._answer = weakref.ref(answer)  # one that nobody reads to its end must go
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="stall guard", daemon=True)
            self._thread.start()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Take all answers in here for one wait; `flowed` tells that something comes."""
        self._since, self._counted, self._last = time.monotonic(), 0, 0
        self._together, self._gave_up = True, False
        try:
            yield
            if self._has_given_up():
                self.check()  # an answer that was cut off may look as if it had come to its end
        finally:
            self._together, self._answer = False, _none

    def flowed(self, status: Mapping[str, Any]) -> None:
        """A yt-dlp progress hook: the wait starts again once enough bytes have come."""
        n_bytes = int(status.get("downloaded_bytes") or 0)
        # Fewer than before: a server without ranges sends everything once more.
        self._counted += n_bytes - self._last if n_bytes >= self._last else n_bytes
        self._last = n_bytes
        if self._counted >= self._enough_bytes or status.get("status") == "finished":
            self._counted, self._since = 0, time.monotonic()

    def end(self) -> None:
        """Let go of the thread."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _has_given_up(self) -> bool:
        with self._hanging_up:
            return self._gave_up

    def _is_over(self) -> bool:
        return time.monotonic() - self._since > self._limit_s

    def _watch(self) -> None:
        while not self._ended.wait(min(1.0, self._limit_s / 4)):
            answer = self._answer()
            if answer is None or not self._is_over():
                continue
            self._answer = _none
            with self._hanging_up:
                self._gave_up = _hung_up(answer) or self._gave_up


def _hung_up(answer: Any) -> bool:
    """End the reading of an answer; False where nothing of it was left to read."""
    try:
        answer.fp.shutdown()
    except (OSError, RuntimeError, ValueError, AttributeError):  # as urllib3 tells that
        return False
    return True


def _none() -> None:
    """There is no answer."""
