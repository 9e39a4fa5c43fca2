"""The overlap of songs at which the beats of both coincide."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from utawaku.models.tempo import beat_times, estimate_tempo
from utawaku.models.tempo.features import Heard

Beats = npt.NDArray[np.float64]

LISTEN_S = 24.0
"""Beats are looked for in so much of an item's end and start: two windows of the tempogram."""
MOST_TEMPO_DIFFERENCE = 0.03
"""Tempi further apart drift out of step within a crossfade."""
_LEAST_STRENGTH = 0.12
"""Of a pulse that is worth aligning: speech and free playing stay below."""
_LEAST_BEATS = 6
_STEP_S = 0.002

Gains = Callable[[int], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]


@dataclass(frozen=True)
class Pulse:
    """Tempo and beats of a stretch of music."""

    bpm: float
    beats_s: Beats
    """float64 (n_beats,): seconds from the start of the stretch."""


@dataclass(frozen=True)
class Overlap:
    """The transition from one item to the next."""

    seconds: float
    apart_s: float | None = None
    """Mean distance between the beats of both in it, the loudest ones counting most; None where
    they are not aligned."""
    apart_before_s: float | None = None
    """The same for the crossfade that was asked for."""


def pulse_of(heard: Heard) -> Pulse | None:
    """The beats of what was heard; None where there is no steady pulse."""
    found = estimate_tempo(heard)
    if found.bpm is None or found.strength < _LEAST_STRENGTH:
        return None
    beats = beat_times(heard, found.bpm)
    return Pulse(found.bpm, beats) if len(beats) >= _LEAST_BEATS else None


def aligned_overlap(
    ending: Pulse | None,
    starting: Pulse | None,
    ending_s: float,
    wanted_s: float,
    most_s: float,
    gains: Gains,
) -> Overlap:
    """The overlap nearest to the wanted one in which the beats coincide.

    It is moved by less than one beat. Left as it is where one side has no pulse, or the tempi
    (or one and twice or half the other) are further apart than 3 %.

    Args:
        ending: beats of the last seconds of one item, from the start of that stretch.
        starting: beats of the first seconds of the next.
        ending_s: length of the stretch that `ending` counts in.
        wanted_s: crossfade that was asked for.
        most_s: longest allowed.
        gains: fades of so many samples, down and up.
    """
    plain = Overlap(wanted_s)
    if ending is None or starting is None or wanted_s <= 0:
        return plain
    octave = _octave(ending.bpm, starting.bpm)
    if octave is None:
        return plain
    # A beat of the slower one, so that its beats fall on beats and not between them.
    period_s = 60 / min(ending.bpm, starting.bpm)
    low, high = max(0.5 * wanted_s, wanted_s - period_s / 2), min(most_s, wanted_s + period_s / 2)
    lengths = np.arange(low, high, _STEP_S)
    distances = [_apart(ending, starting, ending_s, length, gains) for length in lengths]
    before = _apart(ending, starting, ending_s, wanted_s, gains)
    known = [i for i, distance in enumerate(distances) if distance is not None]
    if before is None or not known:
        return plain
    best = min(known, key=lambda i: (distances[i], abs(lengths[i] - wanted_s)))
    found = distances[best]
    if found is None or found >= before:
        return Overlap(wanted_s, before, before)
    return Overlap(float(lengths[best]), found, before)


def _octave(one_bpm: float, other_bpm: float) -> float | None:
    """1, 2 or 1/2 where the tempi are as many times each other; None where they do not fit."""
    for octave in (1.0, 2.0, 0.5):
        if abs(other_bpm / (one_bpm * octave) - 1) <= MOST_TEMPO_DIFFERENCE:
            return octave
    return None


def _apart(
    ending: Pulse, starting: Pulse, ending_s: float, overlap_s: float, gains: Gains
) -> float | None:
    """Mean distance of the beats in the overlap; None where one side has none in it."""
    sets = []
    for beats in (ending.beats_s - (ending_s - overlap_s), starting.beats_s):
        sets.append(beats[(beats >= 0) & (beats < overlap_s)])
    few, many = sorted(sets, key=len)
    if not len(few):
        return None
    distances = np.abs(few[:, None] - many[None, :]).min(axis=1)
    down, up = gains(100)
    # Both are heard where the product of the gains is large.
    weights = (down * up)[np.minimum(99, (few / overlap_s * 100).astype(int))] + 1e-3
    return float(np.average(distances, weights=weights))
