"""Evidence for songs: what people wrote and what is heard, weighed together.

Each list is aligned to the heard starts and believed by its source, its marks and its fit. A line
at a heard song names it; a list whose lines mostly stand at heard starts moves those of which the
ear is unsure. A line where nothing was found is cut when the ear half hears a song there; a line
inside a song divides it only when the ear half hears a start there. Nothing that is heard is taken
away. What the user gave is no evidence but the answer: see `utawaku.models.songs.setlist_fit`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from utawaku.library.records import Setlist, SetlistLine, SongSpan
from utawaku.models.labels.calibration import line_probability
from utawaku.models.setlist import merge_setlists
from utawaku.models.setlist.alignment import (
    align,
    called_song,
    calls_fit,
    shifted,
    without_copies,
)
from utawaku.models.setlist.reactions import is_reaction
from utawaku.models.songs.boundaries import hop_of, refined_start
from utawaku.models.songs.boundary_features import STEP_HOPS, STEP_S
from utawaku.models.songs.listed_starts import at_listed_starts
from utawaku.models.songs.rules import SongRules
from utawaku.models.songs.setlist_fit import where_it_ends
from utawaku.models.songs.smart import Hearing, song_span

_FIT_WEIGHT = 0.5
"""Lines of one list are not independent: their evidence counts half."""
_FIT_LIMIT = 6.0
_LEAST_BELIEF = 0.15
"""A list that is believed less takes no part."""
_CUT_BELIEF, _SPLIT_BELIEF, _NAME_FROM = 0.5, 0.8, 0.8
_HALF_HEARD = 0.4
_HEARD_WITHIN_S = 40.0
_START_ODDS = -1.0
"""Log-odds of a start from which the ear half hears one."""
_TURN_WITHIN_S = 6.0
_LEAST_SONG_S = 8.0
_LEAST_PART_S = 45.0
_MOST_BELIEF_OF_CALLS = 0.9
_NOBODY = {"speakers": 0}
_WEAK_SOURCES = frozenset({"live_chat"})
"""Sources that name but never cut."""


@dataclass(frozen=True)
class Weighed:
    """Songs after the evidence, and the evidence after the ear."""

    songs: list[SongSpan]
    setlist: Setlist | None
    """One list of all that is believed, on the recording's own time; `evidence["lines"]` has
    source, probability and offset of each line."""


def weigh(
    hearing: Hearing, found: Sequence[SongSpan], setlists: Sequence[Setlist], rules: SongRules
) -> Weighed:
    """Weigh people's lists against the songs that were found by ear."""
    duration_s = hearing.segmentation.duration_s
    believed = believed_lists(setlists, [song.start_s for song in found], duration_s)
    merged = merge_setlists(believed)
    if merged is None:
        return Weighed(list(found), None)
    lines = [line for line in merged.lines if line.is_song and 0 <= line.start_s < duration_s]
    rows = {row["start_s"]: row for row in merged.evidence["lines"]}
    pairs = paired(found, lines, rules.setlist_tolerance_s)
    songs = [
        _named(song, lines[pairs[place]], rows, merged) if place in pairs else song
        for place, song in enumerate(found)
    ]
    told = {
        place: lines[number] for place, number in pairs.items() if _is_strong(rows, lines[number])
    }
    songs = at_listed_starts(hearing, songs, told, rules)
    strong = _Strong(hearing, rules, rows)
    for number, line in enumerate(lines):
        if number not in set(pairs.values()):
            songs = strong.with_line(songs, line, lines[number + 1 :])
    songs.sort(key=lambda song: song.start_s)
    ordered = [replace(song, index=index) for index, song in enumerate(songs)]
    return Weighed(ordered, _told(merged, rows, ordered))


def believed_lists(
    setlists: Sequence[Setlist], heard_s: Sequence[float], duration_s: float
) -> list[Setlist]:
    """The lists on the recording's own time, scored again with their fit; best first.

    Lists that neither their source nor their fit speaks for are left out, and so are copies.
    """
    believed = []
    for setlist in setlists:
        starts = sorted(line.start_s for line in setlist.lines if line.is_song)
        if setlist.evidence.get("called"):
            believed += _believed_calls(setlist, sorted(heard_s), duration_s)
            continue
        alignment = align(starts, sorted(heard_s), duration_s)
        fit = max(-_FIT_LIMIT, min(_FIT_WEIGHT * alignment.fit, _FIT_LIMIT))
        belief = _sigmoid(_logit(setlist.score) + fit)
        if belief < _LEAST_BELIEF:
            continue
        moved = shifted(setlist, alignment.offset_s)
        evidence = {**moved.evidence, "fit": round(alignment.fit, 2), "source": setlist.source}
        believed.append(replace(moved, score=round(min(belief, 0.99), 4), evidence=evidence))
    return without_copies(believed)


def _believed_calls(setlist: Setlist, heard_s: Sequence[float], duration_s: float) -> list[Setlist]:
    """Titles that viewers called out in time, moved to the songs that they name."""
    calls = [
        (line, why)
        for line, why in zip(setlist.lines, setlist.evidence["called"], strict=True)
        if not is_reaction(line.title)
    ]
    fit = calls_fit([line.start_s for line, _ in calls], heard_s, duration_s)
    weight = max(-_FIT_LIMIT, min(_FIT_WEIGHT * fit, _FIT_LIMIT))
    belief = _sigmoid(_logit(setlist.score) + weight)
    in_time: dict[float, tuple[SetlistLine, Mapping[str, Any]]] = {}
    for line, why in calls:
        start_s = called_song(line.start_s, heard_s)
        if start_s is None:
            continue
        louder = why["speakers"] > in_time.get(start_s, (line, _NOBODY))[1]["speakers"]
        if louder:
            in_time[start_s] = replace(line, start_s=start_s), why
    if belief < _LEAST_BELIEF or not in_time:
        return []
    lines, whys = zip(*in_time.values(), strict=True)
    evidence = {**setlist.evidence, "called": list(whys), "fit": round(fit, 2)}
    score = round(min(belief, _MOST_BELIEF_OF_CALLS), 4)
    return [replace(setlist, lines=lines, score=score, evidence=evidence)]


def paired(
    found: Sequence[SongSpan], lines: Sequence[SetlistLine], tolerance_s: float
) -> dict[int, int]:
    """Found position -> line number, nearest starts first, each used once."""
    distances = sorted(
        (abs(song.start_s - line.start_s), place, number)
        for place, song in enumerate(found)
        for number, line in enumerate(lines)
        if abs(song.start_s - line.start_s) <= tolerance_s
    )
    pairs: dict[int, int] = {}
    for _, place, number in distances:
        if place not in pairs and number not in pairs.values():
            pairs[place] = number
    return pairs


@dataclass(frozen=True)
class _Strong:
    """Lines where nothing was found: cut, or a division, where the ear half agrees."""

    hearing: Hearing
    rules: SongRules
    rows: Mapping[float, Mapping[str, Any]]

    def with_line(
        self, songs: list[SongSpan], line: SetlistLine, later: Sequence[SetlistLine]
    ) -> list[SongSpan]:
        row = self.rows[line.start_s]
        if not _is_strong(self.rows, line):
            return songs
        inside = next((s for s in songs if s.start_s <= line.start_s < s.stop_s), None)
        if inside is not None:
            return self._divided(songs, inside, line, row["belief"])
        if row["belief"] < _CUT_BELIEF or not self._half_heard(line.start_s):
            return songs
        limits = [song.start_s for song in songs if song.start_s > line.start_s]
        limits += [one.start_s for one in later] + [self.hearing.segmentation.duration_s]
        earliest = max((s.stop_s for s in songs if s.stop_s <= line.start_s), default=0.0)
        return self._cut(songs, line, earliest, min(limits))

    def _cut(
        self, songs: list[SongSpan], line: SetlistLine, earliest_s: float, limit_s: float
    ) -> list[SongSpan]:
        start = max(self._start_near(line.start_s, self.rules.setlist_snap_s), hop_of(earliest_s))
        limit = hop_of(limit_s)
        stop = where_it_ends(self.hearing, start, limit, self.rules)
        if line.stop_s is not None:
            stop = min(hop_of(line.stop_s), limit)
        if (stop - start) * STEP_S / STEP_HOPS < _LEAST_SONG_S:
            return songs
        new = song_span(self.hearing, (start, stop), self.rules, 0, source="setlist")
        return [*songs, replace(new, title=line.title, artist=line.artist)]

    def _divided(
        self, songs: list[SongSpan], song: SongSpan, line: SetlistLine, belief: float
    ) -> list[SongSpan]:
        first_s, second_s = line.start_s - song.start_s, song.stop_s - line.start_s
        if belief < _SPLIT_BELIEF or min(first_s, second_s) < _LEAST_PART_S:
            return songs
        if self._odds_near(line.start_s, 1, _TURN_WITHIN_S) < _START_ODDS:
            return songs
        at = self._start_near(line.start_s, _TURN_WITHIN_S)
        start, stop = hop_of(song.start_s), hop_of(song.stop_s)
        parts = [
            song_span(self.hearing, span, self.rules, 0, source="setlist")
            for span in ((start, at), (at, stop))
        ]
        named = [
            replace(parts[0], title=song.title, artist=song.artist),
            replace(parts[1], title=line.title, artist=line.artist),
        ]
        return [*(other for other in songs if other is not song), *named]

    def _half_heard(self, start_s: float) -> bool:
        """Return whether song, or at least music, sounds through much of what follows a listed
        start.
        """
        first = int(start_s / STEP_S)
        last = first + int(_HEARD_WITHIN_S / STEP_S)
        song = self.hearing.evidence[first:last, 0]
        music = self.hearing.cues.log_odds[first:last]
        if not len(song):
            return False
        first_half = music[: len(music) // 2]
        return bool(
            np.mean(song > -1.0) >= _HALF_HEARD
            or np.mean(music > 0.0) >= 1.5 * _HALF_HEARD
            or np.mean(first_half > 0.0) >= 1.5 * _HALF_HEARD
        )

    def _odds_near(self, at_s: float, kind: int, within_s: float) -> float:
        low, high = int(max(at_s - within_s, 0) / STEP_S), int((at_s + within_s) / STEP_S) + 1
        near = self.hearing.evidence[low:high, kind]
        return float(near.max()) if len(near) else -math.inf

    def _start_near(self, at_s: float, within_s: float) -> int:
        """Hop of the likeliest onset near a listed start; the start itself where none is heard."""
        low, high = int(max(at_s - within_s, 0) / STEP_S), int((at_s + within_s) / STEP_S) + 1
        near = self.hearing.evidence[low:high, 1]
        if not len(near) or near.max() < _START_ODDS:
            return hop_of(at_s)
        return refined_start(self.hearing.cues, (low + int(near.argmax())) * STEP_HOPS, 0)


def _is_strong(rows: Mapping[float, Mapping[str, Any]], line: SetlistLine) -> bool:
    """Return whether more than chat told a line."""
    return not {one["source"] for one in rows[line.start_s]["from"]} <= _WEAK_SOURCES


def _named(
    song: SongSpan,
    line: SetlistLine,
    rows: Mapping[float, Mapping[str, Any]],
    merged: Setlist,
) -> SongSpan:
    away_s = abs(song.start_s - line.start_s)
    chance = line_probability(rows[line.start_s], away_s, merged.score)
    return replace(song, title=line.title, artist=line.artist) if chance >= _NAME_FROM else song


def _told(
    merged: Setlist, rows: Mapping[float, Mapping[str, Any]], songs: Sequence[SongSpan]
) -> Setlist:
    """The merged list with, for each line, the chance that it names the song it stands at."""
    told = []
    for line in merged.lines:
        away_s = min((abs(song.start_s - line.start_s) for song in songs), default=math.inf)
        row = rows[line.start_s]
        applies = math.isfinite(away_s) and line.is_song
        chance = line_probability(row, away_s, merged.score) if applies else 0.0
        told.append({**row, "probability": round(chance, 4)})
    return replace(merged, source="merged", evidence={**merged.evidence, "lines": told})


def _logit(share: float) -> float:
    share = min(max(share, 0.02), 0.98)
    return math.log(share / (1 - share))


def _sigmoid(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
