"""Tells outside when a service of `up` ends, starts again, or stays down."""

import queue
import threading
from collections.abc import Callable

Post = Callable[[str, str, str], object]
"""Takes kind, title and body of a notice (`services.webhook.announce`)."""
STAYS_DOWN_AFTER = 3
"""Ends in a row, none of them after a steady while."""


class Watchdog:
    """Posts changes of services. What it is told never waits for an answer from outside."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._n_ends: dict[str, int] = {}
        self._waiting: queue.Queue[tuple[str, str, str] | None] = queue.Queue()
        self._poster = threading.Thread(target=self._work, name="watchdog", daemon=True)
        self._poster.start()

    def ended(self, name: str, returncode: int, pause_s: float) -> None:
        """Tell that a service ended without being asked to."""
        n_ends = self._n_ends[name] = self._n_ends.get(name, 0) + 1
        code = f"It ended with code {returncode}"
        if n_ends < STAYS_DOWN_AFTER:
            again = f"it is started again in {pause_s:.0f} s"
            self.tell("warning", f"The {name} has ended", f"{code}; {again}.")
        elif n_ends == STAYS_DOWN_AFTER:
            self.tell(
                "failure",
                f"The {name} stays down",
                f"{code}, {n_ends} times in a row. It is tried on, with pauses; its log tells why.",
            )

    def started(self, name: str) -> None:
        """Tell that a service that had ended was started again."""
        if 0 < self._n_ends.get(name, 0) < STAYS_DOWN_AFTER:
            self.tell("info", f"The {name} was started again", "Its work goes on.")

    def steady(self, name: str) -> None:
        """Note that a service has run for a while; tell it where it was told to stay down."""
        if self._n_ends.pop(name, 0) >= STAYS_DOWN_AFTER:
            self.tell("success", f"The {name} runs again", "It has run for a minute.")

    def came_up(self, *, was_killed: bool) -> None:
        """Tell that the pipeline came up, and whether the one before was killed."""
        if was_killed:
            told = "The one before was killed; what was interrupted goes on."
            self.tell("warning", "The pipeline is up again", told)
        else:
            self.tell("info", "The pipeline is up", "It works on what is asked for.")

    def went_down(self, within_s: float) -> None:
        """Tell that the pipeline ended in order, and what waits, within a time."""
        self.tell("info", "The pipeline is down", "It was ended in order.")
        self.close(within_s)

    def tell(self, kind: str, title: str, body: str) -> None:
        """Post a notice, after those before it."""
        self._waiting.put((kind, title, body))

    def close(self, within_s: float) -> None:
        """Post what waits, for as long as that at most."""
        self._waiting.put(None)
        self._poster.join(within_s)

    def _work(self) -> None:
        while (notice := self._waiting.get()) is not None:
            self._post(*notice)
