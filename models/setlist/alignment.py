"""Fit of a list's times to what is heard, and the constant offset of a shifted list.

A list of songs starts where songs start; jokes, game chapters and lists of another recording do
not. The fit is a log-likelihood ratio: each line's distance to the nearest heard start, under the
habits of people who stamp songs, against a line that stands anywhere. A list of another cut of the
video is late or early by the same seconds on every line: that offset is found and taken away.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median, pstdev

from utawaku.library.records import Setlist, SetlistLine
from utawaku.models.labels.titles import similarity, title_key

MAX_OFFSET_S = 15 * 60.0
LEAST_OFFSET_S = 8.0
"""Smaller offsets are a habit (the announcement, the first word) and no shift."""

_NEAR_S, _NEAR_SHARE, _WIDE_S, _WIDE_SHARE, _ANYWHERE_SHARE = 2.0, 0.5, 8.0, 0.38, 0.12
"""Of true lines so many stand so near to the start (Laplace), the rest anywhere."""
CALLED_BEFORE_S, CALLED_AFTER_S, _CALLS_IN_TIME = 5.0, 60.0, 0.85
_SMALL_SHIFT, _SHIFT = -3.0, -7.0
"""Log prior of an offset up to half a minute, and of a larger one, spread over the candidates."""
_LEAST_MATCHES = 3
_MATCH_S = 6.0
_LEAST_LINES_OF_COPIES = 3


@dataclass(frozen=True, slots=True)
class Alignment:
    """A list against the heard starts."""

    offset_s: float
    """Seconds taken from every time of the list; 0 for a list that is not shifted."""
    fit: float
    """Log-likelihood ratio, prior of the offset included; above 0 the times speak for the list."""


def align(starts_s: Sequence[float], heard_s: Sequence[float], duration_s: float) -> Alignment:
    """Find the offset under which a list's times fit the heard starts best.

    `starts_s` are the list's, `heard_s` the heard songs', both sorted, in seconds.
    """
    if not starts_s or not heard_s or duration_s <= 0:
        return Alignment(0.0, 0.0)
    density = len(heard_s) / duration_s
    best = Alignment(0.0, _fit(starts_s, heard_s, density, 0.0))
    if len(starts_s) < _LEAST_MATCHES:
        return best
    offsets = {
        round(start - heard)
        for start in starts_s
        for heard in heard_s
        if LEAST_OFFSET_S <= abs(start - heard) <= MAX_OFFSET_S
    }
    for offset_s in sorted(offsets):
        fit = _fit(starts_s, heard_s, density, offset_s)
        fit += _SMALL_SHIFT if abs(offset_s) <= 30 else _SHIFT
        if fit > best.fit and _matches(starts_s, heard_s, offset_s) >= _LEAST_MATCHES:
            best = Alignment(float(offset_s), fit)
    return _refined(best, starts_s, heard_s)


def calls_fit(called_s: Sequence[float], heard_s: Sequence[float], duration_s: float) -> float:
    """Log-likelihood ratio that titles called out in the chat name songs.

    Viewers write a title within the first minute of a song; cheers and news come at any time.
    """
    if not called_s or not heard_s or duration_s <= 0:
        return 0.0
    by_chance = min(0.9, len(heard_s) * (CALLED_AFTER_S + CALLED_BEFORE_S) / duration_s)
    total = 0.0
    for time_s in called_s:
        hit = called_song(time_s, heard_s) is not None
        share = _CALLS_IN_TIME if hit else 1 - _CALLS_IN_TIME
        total += math.log(share / (by_chance if hit else 1 - by_chance))
    return total


def called_song(time_s: float, heard_s: Sequence[float]) -> float | None:
    """The heard start that a title called out at `time_s` may name; None at any other time."""
    starts = [s for s in heard_s if -CALLED_BEFORE_S <= time_s - s <= CALLED_AFTER_S]
    return max(starts, default=None)


def shifted(setlist: Setlist, offset_s: float) -> Setlist:
    """The list with `offset_s` taken from all its times; lines before the start are left out."""
    if not offset_s:
        return setlist
    lines = tuple(
        replace(
            line,
            start_s=line.start_s - offset_s,
            stop_s=line.stop_s - offset_s if line.stop_s is not None else None,
        )
        for line in setlist.lines
        if line.start_s >= offset_s
    )
    evidence = {**setlist.evidence, "offset_s": round(offset_s, 1)}
    return replace(setlist, lines=lines, evidence=evidence)


def without_copies(setlists: Sequence[Setlist]) -> list[Setlist]:
    """The lists without copies of a better one: the same songs, all apart by the same seconds."""
    kept: list[Setlist] = []
    for setlist in sorted(setlists, key=lambda one: -one.score):
        if not any(is_copy(setlist, other) for other in kept):
            kept.append(setlist)
    return kept


def is_copy(one: Setlist, other: Setlist) -> bool:
    """Return whether two lists are one, perhaps shifted: people who listen differ by a few
    seconds.
    """
    pairs = _same_songs(
        [line for line in one.lines if line.is_song], [line for line in other.lines if line.is_song]
    )
    n_fewer = min(sum(line.is_song for line in each.lines) for each in (one, other))
    if len(pairs) < _LEAST_LINES_OF_COPIES or len(pairs) < 0.7 * n_fewer:
        return False
    return pstdev(a.start_s - b.start_s for a, b in pairs) < 1.0


def _same_songs(
    left: Sequence[SetlistLine], right: Sequence[SetlistLine]
) -> list[tuple[SetlistLine, SetlistLine]]:
    """Lines with alike titles, in the order of both lists."""
    pairs = []
    first = 0
    for line in left:
        for place in range(first, len(right)):
            if similarity(title_key(line.title), title_key(right[place].title)) >= 0.85:
                pairs.append((line, right[place]))
                first = place + 1
                break
    return pairs


def _fit(
    starts_s: Sequence[float], heard_s: Sequence[float], density: float, offset_s: float
) -> float:
    total = 0.0
    for start_s in starts_s:
        away_s = abs(nearest(heard_s, start_s - offset_s) - (start_s - offset_s))
        true = (
            _NEAR_SHARE * math.exp(-away_s / _NEAR_S) / (2 * _NEAR_S)
            + _WIDE_SHARE * math.exp(-away_s / _WIDE_S) / (2 * _WIDE_S)
            + _ANYWHERE_SHARE * density
        )
        total += math.log(true / density)
    return total


def _matches(starts_s: Sequence[float], heard_s: Sequence[float], offset_s: float) -> int:
    """Return how many heard starts a line of the list stands at."""
    near = (nearest(heard_s, start - offset_s) for start in starts_s)
    return len(
        {
            heard
            for start, heard in zip(starts_s, near, strict=True)
            if abs(heard - (start - offset_s)) <= _MATCH_S
        }
    )


def _refined(found: Alignment, starts_s: Sequence[float], heard_s: Sequence[float]) -> Alignment:
    if not found.offset_s:
        return found
    residuals = [
        start - nearest(heard_s, start - found.offset_s)
        for start in starts_s
        if abs(nearest(heard_s, start - found.offset_s) - (start - found.offset_s)) <= _MATCH_S
    ]
    return replace(found, offset_s=round(median(residuals), 1))


def nearest(sorted_s: Sequence[float], time_s: float) -> float:
    """The member of a sorted sequence of times that is nearest to `time_s`."""
    place = bisect_left(sorted_s, time_s)
    return min(sorted_s[max(place - 1, 0) : place + 1], key=lambda other: abs(other - time_s))
