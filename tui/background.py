"""Work off the event loop where only the latest request counts."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from textual.app import App


def while_running(app: App[Any]) -> Callable[..., None]:
    """Return what brings an outcome to the event loop of `app`, and drops it once that closes.

    While an app closes, the widgets that wait for outcomes are removed one by one.
    """

    def arrive(done: Callable[..., Any], *values: Any) -> None:
        if app.is_running:
            done(*values)

    def deliver(done: Callable[..., Any], *values: Any) -> None:
        app.call_later(arrive, done, *values)

    return deliver


class Latest:
    """Runs one job at a time in a thread of its own; a job that was overtaken never starts.

    `deliver` brings the outcome back to the event loop.
    """

    def __init__(self, name: str, deliver: Callable[..., Any]) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._deliver = deliver
        self._turn = 0
        self._lock = threading.Lock()

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Do `job` in the thread, then `done(result)` on the event loop, unless overtaken.

        What `job` raises is delivered as the result; `done` decides what to say.
        """
        with self._lock:
            self._turn += 1
            turn = self._turn
        self._pool.submit(self._run, turn, job, done)

    def is_latest(self, turn: int) -> bool:
        """Return whether nothing was submitted since."""
        return turn == self._turn

    def close(self) -> None:
        """Start nothing more."""
        with self._lock:
            self._turn += 1
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, turn: int, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        if not self.is_latest(turn):
            return
        try:
            result = job()
        except Exception as error:  # noqa: BLE001  (handed on, to be told on the event loop)
            result = error
        if self.is_latest(turn):
            self._deliver(self._arrive, turn, result, done)

    def _arrive(self, turn: int, result: Any, done: Callable[[Any], None]) -> None:
        if self.is_latest(turn):
            done(result)
