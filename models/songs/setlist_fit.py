"""Songs by a setlist that the user gave: it is the answer and no evidence.

A listed start within the tolerance of a found one is the same song: the listed start wins and is
then moved to the nearest onset, unless its ends were set on the sound (`SetlistLine.is_cut`). A
listed song that was not found is cut. Found songs that no line names stay: setlists forget songs
more often than the ear invents them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from utawaku.library.records import SetlistLine, SongSpan
from utawaku.models.segmentation import HOP_S
from utawaku.models.songs.boundaries import hop_of, refined_start, refined_stop
from utawaku.models.songs.boundary_features import STEP_HOPS, STEP_S
from utawaku.models.songs.filters import Span
from utawaku.models.songs.rules import SongRules
from utawaku.models.songs.smart import Hearing, song_span

_LEAST_SONG_S = 8.0
_MUSIC_ODDS = 1.0
_INSIDE = 0.0
"""Log-odds above which a step counts as inside a song."""
_PATIENCE_S = 8.0
"""A pause in the evidence shorter than this does not end a listed song."""


def fit_setlist(
    hearing: Hearing,
    found: Sequence[SongSpan],
    setlist: Sequence[SetlistLine],
    rules: SongRules,
) -> list[SongSpan]:
    """Join `found` with the song lines of `setlist`; sorted, apart, indexed from 0."""
    lines = sorted((line for line in setlist if line.is_song), key=lambda line: line.start_s)
    lines = [line for line in lines if 0 <= line.start_s < hearing.segmentation.duration_s]
    if not lines:
        return list(found)
    pairs = _pairs(found, lines, rules.setlist_tolerance_s)
    stops_at = [line.start_s for line in lines[1:]] + [hearing.segmentation.duration_s]
    listed: list[SongSpan] = []
    for number, (line, limit_s) in enumerate(zip(lines, stops_at, strict=True)):
        match = found[pairs[number]] if number in pairs else None
        span = _cut(hearing, line, match, limit_s, rules)
        if span is not None:
            song = song_span(hearing, span, rules, 0, source="setlist")
            song = replace(song, title=line.title, artist=line.artist)
            listed.append(_sure(song) if line.is_cut else song)
    taken = set(pairs.values())
    unlisted = [song for position, song in enumerate(found) if position not in taken]
    return _apart(listed, unlisted)


def _sure(song: SongSpan) -> SongSpan:
    """Return a song whose ends somebody set, with that in place of the heard chances."""
    return replace(song, confidence=1.0, start_confidence=1.0, stop_confidence=1.0)


def _pairs(
    found: Sequence[SongSpan], lines: Sequence[SetlistLine], tolerance_s: float
) -> dict[int, int]:
    """Line number -> found position, nearest starts first, each used once."""
    distances = sorted(
        (abs(song.start_s - line.start_s), number, position)
        for number, line in enumerate(lines)
        for position, song in enumerate(found)
        if abs(song.start_s - line.start_s) <= tolerance_s
    )
    pairs: dict[int, int] = {}
    used: set[int] = set()
    for _distance, number, position in distances:
        if number not in pairs and position not in used:
            pairs[number] = position
            used.add(position)
    return pairs


def _cut(
    hearing: Hearing,
    line: SetlistLine,
    match: SongSpan | None,
    limit_s: float,
    rules: SongRules,
) -> Span | None:
    start = hop_of(line.start_s) if line.is_cut else _snapped(hearing, line.start_s, match, rules)
    limit = hop_of(limit_s)
    if line.stop_s is not None and line.stop_s > start * HOP_S + _LEAST_SONG_S:
        stop = min(hop_of(line.stop_s), limit)
    elif match is not None and match.stop_s > start * HOP_S + _LEAST_SONG_S:
        stop = min(hop_of(match.stop_s), limit)
    else:
        stop = where_it_ends(hearing, start, limit, rules)
    return (start, stop) if (stop - start) * HOP_S >= _LEAST_SONG_S else None


def _snapped(hearing: Hearing, listed_s: float, match: SongSpan | None, rules: SongRules) -> int:
    """The onset nearest to a listed start: a found start if near, else the best start evidence."""
    reach_s = rules.setlist_snap_s
    if match is not None and abs(match.start_s - listed_s) <= reach_s:
        return hop_of(match.start_s)
    evidence = hearing.evidence[:, 1]
    if not len(evidence):
        return hop_of(listed_s)
    low = max(0, int((listed_s - reach_s) / STEP_S))
    high = min(len(evidence), int((listed_s + reach_s) / STEP_S) + 1)
    best = low + int(np.argmax(evidence[low:high])) if high > low else int(listed_s / STEP_S)
    if high <= low or evidence[best] < -1.0:
        return hop_of(listed_s)
    return refined_start(hearing.cues, best * STEP_HOPS, 0)


def where_it_ends(hearing: Hearing, start: int, limit: int, rules: SongRules) -> int:
    """Return where a listed song without a found end stops, before `limit` and the longest song.

    At the first lasting lack of song evidence; where there is none to begin with (a very short
    song, or hardly any accompaniment), at the first lasting lack of music.
    """
    limit = min(limit, start + hop_of(rules.setlist_max_song_s))
    first, last = start // STEP_HOPS, limit // STEP_HOPS
    for inside in (
        hearing.evidence[first:last, 0] > _INSIDE,
        hearing.cues.log_odds[first:last] > _MUSIC_ODDS,
    ):
        heard = np.flatnonzero(inside)
        if not len(heard) or heard[0] * STEP_S > _PATIENCE_S:
            continue
        breaks = np.flatnonzero(np.diff(heard) * STEP_S > _PATIENCE_S)
        end = heard[breaks[0]] if len(breaks) else heard[-1]
        return refined_stop(hearing.cues, min((first + int(end) + 1) * STEP_HOPS, limit), limit)
    return limit


def _apart(listed: list[SongSpan], unlisted: list[SongSpan]) -> list[SongSpan]:
    """Both in order without overlap: an unlisted song yields to a listed one."""
    songs = list(listed)
    for song in unlisted:
        overlap_s = sum(
            max(0.0, min(song.stop_s, other.stop_s) - max(song.start_s, other.start_s))
            for other in listed
        )
        if overlap_s < 1.0:
            songs.append(song)
    songs.sort(key=lambda song: song.start_s)
    apart: list[SongSpan] = []
    for song, following in zip(songs, [*songs[1:], None], strict=False):
        stop_s = song.stop_s if following is None else min(song.stop_s, following.start_s)
        if stop_s - song.start_s >= 1.0:
            apart.append(replace(song, index=len(apart), stop_s=stop_s))
    return apart
