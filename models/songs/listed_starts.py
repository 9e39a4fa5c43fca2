"""Starts of songs by what is heard and by when a list says that they start.

A list in which most lines stand at the heard starts tells the start of the others about as well.
How far its lines lie from what is heard is taken from the list itself: lines at the first word, or
a minute's digit wrong, move nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from utawaku.library.records import SetlistLine, SongSpan
from utawaku.models.songs.boundaries import hop_of, refined_start
from utawaku.models.songs.boundary_features import STEP_HOPS, STEP_S
from utawaku.models.songs.decoding import LEAST_STEPS, start_scores
from utawaku.models.songs.rules import SongRules
from utawaku.models.songs.smart import Hearing, song_span

_LEAST_OTHERS = 3
_LEAST_SCALE_S = 1.5
_MOST_SCALE_S = 3.0
"""A list whose lines lie further from the heard starts tells no start."""
_MISTAKEN = 0.02
"""Share of lines that stand at no song's start: a digit is wrong, or they are of something else."""
_LEAST_MOVE_S = 3.0
"""A start that is nearer to where the list has it is right."""


def at_listed_starts(
    hearing: Hearing,
    songs: Sequence[SongSpan],
    lines: Mapping[int, SetlistLine],
    rules: SongRules,
) -> list[SongSpan]:
    """Move the starts of heard songs to where ear and list together have them.

    Args:
        hearing: what was heard.
        songs: songs in order and apart; they stay so.
        lines: for positions of `songs` the line that names the song.
        rules: thresholds of song cutting; starts move by `setlist_tolerance_s` at most.
    """
    late_s = {place: songs[place].start_s - line.start_s for place, line in lines.items()}
    scores = start_scores(hearing.evidence)
    moved = list(songs)
    for place, line in lines.items():
        others = [seconds for other, seconds in late_s.items() if other != place]
        if len(others) < _LEAST_OTHERS or line.start_s < 0:
            continue
        habit_s = float(np.median(others))
        scale_s = float(np.median(np.abs(np.array(others) - habit_s))) / np.log(2)
        if scale_s > _MOST_SCALE_S:
            continue
        earliest_s = songs[place - 1].stop_s if place else 0.0
        at_s = _start(
            scores,
            line.start_s + habit_s,
            max(scale_s, _LEAST_SCALE_S),
            (
                max(earliest_s, line.start_s - rules.setlist_tolerance_s),
                min(
                    songs[place].stop_s - LEAST_STEPS * STEP_S,
                    line.start_s + rules.setlist_tolerance_s,
                ),
            ),
        )
        if at_s is not None and abs(at_s - songs[place].start_s) >= _LEAST_MOVE_S:
            moved[place] = _cut_at(hearing, songs[place], at_s, earliest_s, rules)
    return moved


def _start(
    scores: np.ndarray, listed_s: float, scale_s: float, between_s: tuple[float, float]
) -> float | None:
    """Return the likeliest start between two times, in seconds; none where no step lies there.

    `scores` is float64 (n_steps,). Errors of a line have a Laplace distribution, and some lines are
    mistaken.
    """
    low, high = (int(np.ceil(at_s / STEP_S)) for at_s in between_s)
    steps = np.arange(max(low, 0), min(high, len(scores)))
    if not len(steps):
        return None
    away_s = np.abs(steps * STEP_S - listed_s)
    right = (1 - _MISTAKEN) * np.exp(-away_s / scale_s) / (2 * scale_s)
    mistaken = _MISTAKEN / (between_s[1] - between_s[0])
    return float(steps[np.argmax(scores[steps] + np.log(right + mistaken))] * STEP_S)


def _cut_at(
    hearing: Hearing, song: SongSpan, at_s: float, earliest_s: float, rules: SongRules
) -> SongSpan:
    start = refined_start(hearing.cues, int(at_s / STEP_S) * STEP_HOPS, hop_of(earliest_s))
    cut = song_span(hearing, (start, hop_of(song.stop_s)), rules, song.index, source="setlist")
    return replace(cut, title=song.title, artist=song.artist)
