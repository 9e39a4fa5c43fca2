"""Numbers over time as a few lines of blocks."""

from collections.abc import Sequence

_LEVELS = " ▁▂▃▄▅▆▇█"


def thinned(values: Sequence[float], n: int) -> list[float]:
    """At most `n` of the values, evenly, the first and the last among them."""
    if len(values) <= n:
        return list(values)
    if n <= 1:
        return list(values[-1:])[:n]
    last = len(values) - 1
    return [values[round(i * last / (n - 1))] for i in range(n)]


def chart(
    values: Sequence[float], width: int, height: int, *, low: float = 0.0, high: float = 1.0
) -> list[str]:
    """Columns of blocks, `height` lines of at most `width` cells, the top line first.

    A value at or below `low` still shows an eighth of a cell: it is there.

    >>> chart([0.0, 0.5, 1.0], 10, 2)
    ['  █', '▁██']
    """
    steps = height * 8
    levels = [
        min(steps, max(1, round((value - low) / (high - low) * steps)))
        for value in thinned(values, width)
    ]
    return [
        "".join(_LEVELS[min(8, max(0, level - 8 * row))] for level in levels)
        for row in reversed(range(height))
    ]
