"""Files of a recorder that are pieces of one evening.

Recorders begin a new file when the connection breaks, the format changes or an hour is over. The
names of such files differ in numbers and dates alone, and each begins where the one before ended.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

OVERLAP_S = 60.0
"""A piece may begin this much before the one before it ended: clocks and headers are not exact."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that nobody writes to any more."""

    path: str
    ended_at: float
    """The time when it was written to last, in seconds since the epoch."""


def series_of(path: str) -> str:
    """Return what the names of a recorder's pieces share; empty for a name without a number."""
    name = Path(path)
    shared = re.sub(r"\d+", "#", name.stem)
    return str(name.with_name(shared + name.suffix.lower())) if "#" in shared else ""


def evenings(
    pieces: Sequence[Piece], gap_s: float, duration_of: Callable[[str], float]
) -> list[list[Piece]]:
    """Group pieces of one series by evening, in the order in which they were recorded.

    Args:
        gap_s: longest pause between the end of a piece and the beginning of the next.
        duration_of: gives the length of a piece in seconds, 0.0 where it is not known; such a piece
            stands alone.
    """
    groups: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.ended_at, piece.path)):
        duration_s = duration_of(piece.path)
        pause_s = piece.ended_at - duration_s - groups[-1][-1].ended_at if groups else 0.0
        if groups and duration_s > 0 and -OVERLAP_S <= pause_s <= gap_s:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups
