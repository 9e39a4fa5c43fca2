"""Exact cuts: in silence, else at the quietest instant."""

from __future__ import annotations

import numpy as np

from utawaku.models.segmentation import HOP_S
from utawaku.models.songs.boundary_features import Cues

_NEAR_HOPS = 20
"""Two seconds: how far from the decoded instant silence is looked for."""
_MINIMUM_HOPS = 10
_MARGIN_HOPS = 2
"""Silence kept on each side of a song, 0.2 s."""
_ABOVE_FLOOR_DB = 6.0


def silence_threshold_db(cues: Cues) -> float:
    """Below this level, on the scale of `cues.level_db`, a hop counts as silence."""
    return min(cues.floor_db + _ABOVE_FLOOR_DB, -24.0)


def refined_start(cues: Cues, start: int, earliest: int) -> int:
    """The hop at which to cut the start of a song that was decoded at hop `start`."""
    level, quiet = cues.level_db, silence_threshold_db(cues)
    low, high = max(earliest, start - _NEAR_HOPS), min(len(level), start + _NEAR_HOPS)
    silent = np.flatnonzero(level[low:high] < quiet) + low
    if len(silent):
        before = silent[silent <= start + _MINIMUM_HOPS]
        if len(before):
            return max(earliest, int(before[-1]) + 1 - _MARGIN_HOPS)
    low, high = max(earliest, start - _MINIMUM_HOPS), min(len(level), start + _MINIMUM_HOPS)
    return low + int(np.argmin(level[low:high])) if high > low else start


def refined_stop(cues: Cues, stop: int, latest: int) -> int:
    """The hop at which to cut the end of a song that was decoded at hop `stop`."""
    level, quiet = cues.level_db, silence_threshold_db(cues)
    low, high = max(0, stop - _NEAR_HOPS), min(latest, stop + _NEAR_HOPS)
    silent = np.flatnonzero(level[low:high] < quiet) + low
    if len(silent):
        after = silent[silent >= stop - _MINIMUM_HOPS]
        if len(after):
            return min(latest, int(after[0]) + _MARGIN_HOPS)
    low, high = max(0, stop - _MINIMUM_HOPS), min(latest, stop + _MINIMUM_HOPS)
    return low + int(np.argmin(level[low:high])) if high > low else stop


def falls_into_sound(cues: Cues, at: int) -> bool:
    """Return whether a cut at hop `at` needs a fade because something sounds there."""
    level = cues.level_db
    if not len(level):
        return False
    return bool(level[min(at, len(level) - 1)] > silence_threshold_db(cues) + 6.0)


def hop_of(time_s: float) -> int:
    """Return the number of the hop nearest to a time in seconds."""
    return round(time_s / HOP_S)
