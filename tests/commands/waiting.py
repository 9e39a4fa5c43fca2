"""Wait for a condition, on a slow machine too."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool]) -> None:
    """Wait for something; a slow machine gets its time."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(0.02)
