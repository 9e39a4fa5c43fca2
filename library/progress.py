"""Progress of long work."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with the fraction done in [0, 1] and a short message."""


def silent(_fraction: float, _message: str) -> None:
    """Report to nobody."""


def part(progress: Progress, start: float, stop: float) -> Progress:
    """Map a sub-task's own [0, 1] on the span [start, stop] of the whole."""

    def report(fraction: float, message: str) -> None:
        progress(start + (stop - start) * min(max(fraction, 0.0), 1.0), message)

    return report
