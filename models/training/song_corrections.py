"""Train the sequence network further on what a user said of songs, beside shipped lessons.

Half of each batch are crops around the user's corrections, half are shipped ones, so that the
network does not forget what it could. Training begins with the shipped weights each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from utawaku.library.progress import Progress, silent
from utawaku.models.songs.boundary_features import STEP_S
from utawaku.models.songs.sequence import TURN, SequenceScorer
from utawaku.models.training.judgements import Judgements, Span
from utawaku.models.training.rehearsal import PackedLesson, Scale, without
from utawaku.models.training.sequences import (
    CROP_STEPS,
    Crop,
    Lesson,
    crop_of,
    descended,
    lesson_of,
    part_of,
)

Known = npt.NDArray[np.bool_]

N_UPDATES = 100
_BATCH = 8
_RATE = 6e-4
_SHARE = 0.5
"""Of the way from the shipped weights to the learnt ones: the mean of both forgets nothing."""
_AROUND_S = 20.0
"""Before and after a judged song nothing else is one: the user heard as much to judge its ends."""
_APART_S = 3.0
"""Ends of songs that nobody judged may be wrong by as much."""
_EDGE_S = 2.0
"""A judged end tells as much of what lies beyond it, whoever its neighbour is."""


@dataclass(frozen=True)
class Corrections:
    """Judgements of a user about one stream, as a lesson."""

    lesson: PackedLesson
    spans: tuple[Span, ...]
    """Songs and finds that are none, in seconds: each is drawn as often as any other."""

    def without(self, spans: Sequence[Span]) -> Corrections:
        """The same without some of the spans and what surrounds them."""
        left = tuple(span for span in self.spans if span not in spans)
        hidden = _covered(len(self.lesson), spans, _AROUND_S)
        shown = _covered(len(self.lesson), left, 0.0)
        return Corrections(without(self.lesson, ~hidden | shown), left)


def corrections_of(
    inputs: npt.NDArray[np.float32], judgements: Judgements, scale: Scale
) -> Corrections:
    """The lesson of a stream that a user judged, with inputs float32 (n_steps, n_inputs).

    Where no song is judged it tells nothing; a stream of which every song is judged counts whole.
    """
    n = len(inputs)
    lesson = lesson_of(inputs, judgements.songs)
    known = known_steps(n, judgements)
    weights = lesson.weights * known[:, None].astype(np.float32)
    strangers = (*judgements.unjudged, *judgements.unknown)
    weights[_covered(n, strangers, _APART_S + _EDGE_S), TURN] = 0
    packed = scale.packed(replace(lesson, weights=weights))
    return Corrections(packed, (*judgements.songs, *judgements.no_songs))


def known_steps(n_steps: int, judgements: Judgements) -> Known:
    """Steps of which the user's words tell what they are, bool (n_steps,)."""
    judged = (*judgements.songs, *judgements.no_songs)
    known = (
        np.ones(n_steps, np.bool_) if judgements.is_whole else _covered(n_steps, judged, _AROUND_S)
    )
    strangers = (*judgements.unjudged, *judgements.unknown)
    known &= ~_covered(n_steps, strangers, _APART_S)
    known |= _covered(n_steps, judgements.songs, _EDGE_S)
    known |= _covered(n_steps, judgements.no_songs, 0.0)
    return known


def _covered(n_steps: int, spans: Sequence[Span], around_s: float) -> Known:
    covered = np.zeros(n_steps, np.bool_)
    for start_s, stop_s in spans:
        first = max(0, int(np.floor((start_s - around_s) / STEP_S)))
        covered[first : max(first, int(np.ceil((stop_s + around_s) / STEP_S)))] = True
    return covered


def trained_further(
    shipped: SequenceScorer,
    corrections: Sequence[Corrections],
    rehearsed: Sequence[Lesson],
    *,
    n_updates: int = N_UPDATES,
    seed: int = 0,
    progress: Progress = silent,
) -> SequenceScorer:
    """The shipped network after some more lessons; the same for the same input and seed.

    Raises:
        ValueError: there is nothing to learn from.
    """
    scale = Scale(shipped.mean, shipped.deviation)
    places = [(one, span) for one in corrections for span in one.spans]
    if not places or not rehearsed:
        raise ValueError("nothing to learn from")
    n_members = len(shipped.members)
    members = []
    for number, weights in enumerate(shipped.members):
        rng = np.random.default_rng(seed + number)

        def done(update: int, number: int = number) -> None:
            progress((number + update / n_updates) / n_members, "")

        learnt = descended(
            weights,
            _drawing(places, rehearsed, scale, rng),
            n_updates=n_updates,
            rate=_RATE,
            decay=0.0,
            done=done,
        )
        share = np.float32(_SHARE)
        members.append(
            {name: (1 - share) * weights[name] + share * array for name, array in learnt.items()}
        )
    return SequenceScorer(shipped.mean, shipped.deviation, tuple(members)).rounded()


def _drawing(
    places: Sequence[tuple[Corrections, Span]],
    rehearsed: Sequence[Lesson],
    scale: Scale,
    rng: np.random.Generator,
) -> Callable[[], list[Crop]]:
    mean, deviation = scale.mean, scale.deviation

    def draw() -> list[Crop]:
        crops = []
        for i in rng.integers(len(places), size=_BATCH // 2):
            corrections, span = places[int(i)]
            lesson = _around(corrections.lesson, span, scale, rng)
            crops.append(part_of(lesson, mean, deviation, rng))
        for i, k in rng.integers(len(rehearsed), size=(_BATCH - _BATCH // 2, 2)):
            crops.append(crop_of(rehearsed[int(i)], rehearsed[int(k)], mean, deviation, rng))
        return crops

    return draw


def _around(lesson: PackedLesson, span: Span, scale: Scale, rng: np.random.Generator) -> Lesson:
    """A crop with one end of the span somewhere inside."""
    at = int(span[int(rng.integers(2))] / STEP_S)
    begin = at - int(rng.uniform(0.15, 0.85) * CROP_STEPS)
    begin = max(0, min(begin, len(lesson) - CROP_STEPS))
    return scale.part(lesson, begin, min(len(lesson), begin + CROP_STEPS))
