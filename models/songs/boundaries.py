"""Exact cuts: in silence, else at the quietest instant, and not before a soft opening."""

from __future__ import annotations

import numpy as np

from utawaku.models.segmentation import HOP_S
from utawaku.models.songs.boundary_features import STEP_HOPS, Cues

_NEAR_HOPS = 20
"""Two seconds: how far from the decoded instant silence is looked for."""
_MINIMUM_HOPS = 10
_MARGIN_HOPS = 2
"""Silence kept on each side of a song, 0.2 s."""
_ABOVE_FLOOR_DB = 6.0
_SOFT_LIMIT_HOPS = 250
_TALK_ODDS = -1.0
_RISE_DB = 15.0
"""A decay does not get louder again by this much: then something else begins."""


def silence_threshold_db(cues: Cues) -> float:
    """Below this level, on the scale of `cues.level_db`, a hop counts as silence."""
    return min(cues.floor_db + _ABOVE_FLOOR_DB, -24.0)


def refined_start(cues: Cues, start: int, earliest: int) -> int:
    """The hop at which to cut the start of a song that was decoded at hop `start`."""
    level, quiet = cues.level_db, silence_threshold_db(cues)
    start = _through_soft_music(cues, start, -1, earliest, quiet)
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
    stop = _through_soft_music(cues, stop, +1, latest, quiet)
    low, high = max(0, stop - _NEAR_HOPS), min(latest, stop + _NEAR_HOPS)
    silent = np.flatnonzero(level[low:high] < quiet) + low
    if len(silent):
        after = silent[silent >= stop - _MINIMUM_HOPS]
        if len(after):
            return min(latest, int(after[0]) + _MARGIN_HOPS)
    low, high = max(0, stop - _MINIMUM_HOPS), min(latest, stop + _MINIMUM_HOPS)
    return low + int(np.argmin(level[low:high])) if high > low else stop


def _through_soft_music(cues: Cues, at: int, direction: int, limit: int, quiet: float) -> int:
    """Walk from `at` over sound too soft for the network to judge, as far as it reaches.

    Soft openings and long decays lie under the energy threshold of the network but above the
    noise floor of the recording. The walk stops at silence, at anything that the network hears
    as talk, at sound as loud as the song itself, and behind a song where sound rises again.
    """
    level = cues.level_db
    inside = level[at : at + 100] if direction < 0 else level[max(0, at - 100) : at]
    if not len(inside):
        return at
    loud = float(np.percentile(inside, 60)) - 4.0
    position, quiet_hops, reached, lowest = at, 0, at, np.inf
    for _ in range(_SOFT_LIMIT_HOPS):
        nxt = position - 1 if direction < 0 else position
        if (direction < 0 and nxt < limit) or (direction > 0 and nxt >= limit):
            break
        step = min(nxt // STEP_HOPS, len(cues.silent) - 1)
        if cues.silent[step] < 0.9 and (cues.log_odds[step] < _TALK_ODDS or level[nxt] > loud):
            break
        lowest = min(lowest, level[nxt])
        if direction > 0 and level[nxt] > lowest + _RISE_DB:
            break
        quiet_hops = quiet_hops + 1 if level[nxt] < quiet else 0
        if quiet_hops >= 3:
            break
        position = nxt if direction < 0 else nxt + 1
        if level[nxt] >= quiet:
            reached = position
    return reached


def falls_into_sound(cues: Cues, at: int) -> bool:
    """Return whether a cut at hop `at` needs a fade because something sounds there."""
    level = cues.level_db
    if not len(level):
        return False
    return bool(level[min(at, len(level) - 1)] > silence_threshold_db(cues) + 6.0)


def hop_of(time_s: float) -> int:
    """Return the number of the hop nearest to a time in seconds."""
    return round(time_s / HOP_S)
