"""Music that comes again tells one song from two.

A song repeats itself: what sounds behind an instant inside it mostly sounded before, and the other
way round. Of two songs that follow each other neither sounds in the other. The network that hears
a minute cannot know this of songs that last for several.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.fft

from utawaku.models.songs.boundaries import refined_start
from utawaku.models.songs.boundary_features import STEP_HOPS, Cues
from utawaku.models.songs.filters import Span

Array = npt.NDArray[np.float64]
Pitch = npt.NDArray[np.floating]

_COMPARED_HOPS = 100
_LEAST_HOPS = 60
"""Ten seconds are looked for; with less than six nothing can be told."""
_MOST_HOPS = 3_000
"""Of a long song, five minutes on each side are searched."""
_RANGE_DB = 40.0
_ONE_SONG = 0.3
_TWO_SONGS = 0.25
"""By composed streams (`benchmarks/RESULTS.md`, "Evenings"): nothing of 51 songs that follow each
other at once came again by more than .25, of instants inside songs nine in ten by more."""
_TOUCH_HOPS = 30
_APART_STEPS = 50
"""A song is divided 25 s from its ends at the nearest."""
_NEAR_STEPS = 40
_TURN_FROM = -2.0
"""Score of a turn from which one that was not taken is looked at."""


def recurrence(pitch: Pitch, one: Span, other: Span) -> float:
    """Return how much of the sound at a cut comes again on the other side, 0 to 1.

    Args:
        pitch: float (n_hops, n_semitones), power around each semitone in dB.
        one: the hops before the cut.
        other: the hops behind it.

    The beginning of `other` is looked for in `one`, and the end of `one` in `other`; the better
    correlation counts. Parts shorter than 6 s give 0.
    """
    n = min(_COMPARED_HOPS, one[1] - one[0], other[1] - other[0])
    if n < _LEAST_HOPS:
        return 0.0
    before = _shape(pitch[max(one[0], one[1] - _MOST_HOPS) : one[1]])
    after = _shape(pitch[other[0] : min(other[1], other[0] + _MOST_HOPS)])
    return max(_best_likeness(after[:n], before), _best_likeness(before[-n:], after))


def _shape(pitch: Pitch) -> Array:
    """Levels of float (n, n_semitones) against the mean of their hop."""
    levels = pitch.astype(np.float64)
    levels = np.maximum(levels, levels.max(axis=1, keepdims=True) - _RANGE_DB)
    return np.asarray(levels - levels.mean(axis=1, keepdims=True))


def _best_likeness(piece: Array, body: Array) -> float:
    """Best correlation of a piece, float64 (n, n_semitones), with as long a piece of `body`."""
    n = len(piece)
    if len(body) < n:
        return 0.0
    own = piece - piece.mean(axis=0)
    size = scipy.fft.next_fast_len(len(body), real=True)
    heard, sought = (scipy.fft.rfft(part, size, axis=0) for part in (body, own))
    shared = scipy.fft.irfft((heard * sought.conj()).sum(axis=1), size)[: len(body) - n + 1]
    zeros = np.zeros((1, body.shape[1]))
    sums = np.concatenate([zeros, np.cumsum(body, axis=0)])
    squares = np.concatenate([zeros, np.cumsum(body**2, axis=0)])
    power = squares[n:] - squares[:-n] - (sums[n:] - sums[:-n]) ** 2 / n
    norms = np.sqrt(np.maximum(power, 0).sum(axis=1)) * np.linalg.norm(own)
    return float(np.clip((shared / (norms + 1e-9)).max(), 0.0, 1.0))


def joined(spans: Sequence[Span], pitch: Pitch) -> list[Span]:
    """Join neighbouring spans of hops, at most 3 s apart, that sound again in each other."""
    found: list[Span] = []
    for span in spans:
        if found and span[0] - found[-1][1] <= _TOUCH_HOPS:
            before = found[-1]
            if recurrence(pitch, before, span) > _ONE_SONG:
                found[-1] = (before[0], span[1])
                continue
        found.append(span)
    return found


def divided(spans: Sequence[Span], turning: Array, pitch: Pitch, cues: Cues) -> list[Span]:
    """Divide spans of hops at likely turns where neither side sounds again in the other.

    `turning` is float64 (n_steps,), what `decoding.turning_gains` tells.
    """
    found: list[Span] = []
    for start, stop in spans:
        begin = start
        for at in _likely_turns(start, stop, turning):
            cut = refined_start(cues, at, begin + 1)
            if cut < stop and recurrence(pitch, (begin, cut), (cut, stop)) < _TWO_SONGS:
                found.append((begin, cut))
                begin = cut
        found.append((begin, stop))
    return found


def _likely_turns(start: int, stop: int, turning: Array) -> list[int]:
    """Hops inside a span of hops at which a turn is likely, in order and 20 s apart."""
    first, last = start // STEP_HOPS + _APART_STEPS, stop // STEP_HOPS - _APART_STEPS
    left = turning[first:last].copy() if last > first else np.zeros(0)
    places: list[int] = []
    while len(left) and left.max() >= _TURN_FROM:
        best = int(left.argmax())
        places.append((first + best) * STEP_HOPS)
        left[max(0, best - _NEAR_STEPS) : best + _NEAR_STEPS + 1] = -np.inf
    return sorted(places)
