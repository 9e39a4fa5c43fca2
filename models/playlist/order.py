"""In which order songs follow one another."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from utawaku.models.tempo.key import key_place


class Ordered(Protocol):
    """An item to order: a song with tempo and key, where they are known."""

    @property
    def bpm(self) -> float | None:
        """Tempo in beats a minute, None if unknown."""

    @property
    def key(self) -> str:
        """Key such as `C#m`, empty if unknown."""


Item = TypeVar("Item", bound=Ordered)


def by_tempo(items: Sequence[Item]) -> list[Item]:
    """Slow to fast; songs without a tempo come last, in the order they came."""
    return sorted(items, key=lambda item: (item.bpm is None, item.bpm or 0.0))


def by_key(items: Sequence[Item]) -> list[Item]:
    """Each next song in the key nearest on the circle of fifths, then nearest in tempo.

    Starts with the slowest; songs without a key come last.
    """
    known = by_tempo([item for item in items if key_place(item.key) is not None])
    ordered = known[:1]
    left = known[1:]
    while left:
        at = ordered[-1]
        following = min(left, key=lambda item: (_fifths(at, item), _apart(at, item)))
        left.remove(following)
        ordered.append(following)
    return ordered + by_tempo([item for item in items if key_place(item.key) is None])


def _fifths(one: Ordered, other: Ordered) -> int:
    steps = ((key_place(one.key) or 0) - (key_place(other.key) or 0)) % 12
    return min(steps, 12 - steps)


def _apart(one: Ordered, other: Ordered) -> float:
    return abs((one.bpm or 0.0) - (other.bpm or 0.0))
