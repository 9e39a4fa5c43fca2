"""Lessons of the sequence network kept small, and shipped ones that keep it from forgetting.

Inputs take a byte a number: standardised, in eighths of a deviation. `rehearsal.npz` holds crops of
composed streams as they are: some to be learnt again beside what a user taught, some only to check
that nothing was forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.sequence import OUTPUTS, TURN, SequenceScorer, standardised
from utawaku.models.songs.sequence_inputs import N_INPUTS
from utawaku.models.songs.weights_file import opened_weights
from utawaku.models.training.sequences import CROP_EDGE, CROP_STEPS, Lesson

Array = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.int8]
Shares = npt.NDArray[np.uint8]

REHEARSAL_FILE = Path(__file__).parent.parent / "songs" / "rehearsal.npz"
N_LEARNT, N_CHECKED = 64, 14
"""Crops of five minutes to learn from, and to check by; together they take less than 4 MB."""
_EIGHTHS = 8
_MOST_MATTERING = slice(0, TURN + 1)
"""Outputs by which songs are cut; the others only help to learn."""


@dataclass(frozen=True)
class PackedLesson:
    """A lesson in bytes; `Scale` packs and unpacks it."""

    inputs: Bytes
    """(n_steps, n_inputs)."""
    wanted: Shares
    """(n_steps, n_outputs) of 255."""
    weights: Shares
    """(n_steps, n_outputs) of 255."""

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Scale:
    """Mean and deviation by which inputs are standardised, float32 (n_inputs,) each."""

    mean: Array
    deviation: Array

    def packed(self, lesson: Lesson) -> PackedLesson:
        """A lesson in bytes."""
        inputs = np.rint(standardised(lesson.inputs, self.mean, self.deviation) * _EIGHTHS)
        wanted, weights = (
            np.rint(np.clip(part, 0, 1) * 255).astype(np.uint8)
            for part in (lesson.wanted, lesson.weights)
        )
        return PackedLesson(inputs.astype(np.int8), wanted, weights)

    def part(self, lesson: PackedLesson, first: int, last: int) -> Lesson:
        """Steps `first` to `last` of a packed lesson.

        Nothing is learnt near ends that were cut: what surrounds them is missing.
        """
        inputs = lesson.inputs[first:last].astype(np.float32) / np.float32(_EIGHTHS)
        weights = _shares(lesson.weights[first:last])
        if first > 0:
            weights[:CROP_EDGE] = 0
        if last < len(lesson):
            weights[-CROP_EDGE:] = 0
        return Lesson(
            np.asarray(inputs * self.deviation + self.mean, np.float32),
            _shares(lesson.wanted[first:last]),
            weights,
        )

    def whole(self, lesson: PackedLesson) -> Lesson:
        """All of a packed lesson."""
        return self.part(lesson, 0, len(lesson))


@dataclass(frozen=True)
class Rehearsal:
    """Shipped crops."""

    learnt: tuple[Lesson, ...]
    checked: tuple[Lesson, ...]
    """Crops that nothing is learnt from."""

    @classmethod
    def load(cls, path: Path) -> Rehearsal:
        """Read what `write_rehearsal` wrote.

        Raises:
            WeightsMissingError: no such file.
            WeightsCorruptError: it cannot be read, or holds something else.
        """
        with opened_weights(path) as stored:
            scale = Scale(stored["mean"], stored["deviation"])
            n_learnt = int(stored["n_learnt"])
            inputs, wanted, weights = (stored[name] for name in ("inputs", "wanted", "weights"))
            if len(scale.mean) != N_INPUTS or inputs.shape[2] != N_INPUTS:
                raise ValueError("these crops are of other inputs")
            if wanted.shape[2] != len(OUTPUTS) or not 0 < n_learnt < len(inputs):
                raise ValueError("these crops are of other outputs")
            lessons = [
                scale.whole(PackedLesson(*parts))
                for parts in zip(inputs, wanted, weights, strict=True)
            ]
        return cls(tuple(lessons[:n_learnt]), tuple(lessons[n_learnt:]))


@lru_cache(maxsize=1)
def shipped_rehearsal() -> Rehearsal:
    """The crops that come with the package."""
    return Rehearsal.load(REHEARSAL_FILE)


def write_rehearsal(
    lessons: Mapping[str, Lesson],
    scale: Scale,
    path: Path,
    *,
    n_learnt: int = N_LEARNT,
    n_checked: int = N_CHECKED,
    seed: int = 0,
) -> None:
    """Write crops of the lessons of some streams, by name; the same bytes for the same lessons.

    One stream in five is for checking only. Crops are shared out evenly among the makes of streams
    (the word before the first underscore of a name) and the streams of each.

    Raises:
        ValueError: there are too few streams for crops of both kinds.
    """
    rng = np.random.default_rng(seed)
    names = _by_turns(lessons, rng)
    checked = names[::5]
    learnt = [name for name in names if name not in checked]
    if not learnt or not checked:
        raise ValueError("crops of at least two streams are needed")
    drawn = [_drawn(lessons, learnt, n_learnt, rng), _drawn(lessons, checked, n_checked, rng)]
    packed = [scale.packed(lesson) for part in drawn for lesson in part]
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            mean=scale.mean,
            deviation=scale.deviation,
            n_learnt=np.int64(n_learnt),
            inputs=np.stack([one.inputs for one in packed]),
            wanted=np.stack([one.wanted for one in packed]),
            weights=np.stack([one.weights for one in packed]),
        )


def _shares(bytes_: Shares) -> Array:
    return np.asarray(bytes_ / np.float32(255), np.float32)


def _by_turns(names: Mapping[str, Lesson], rng: np.random.Generator) -> list[str]:
    """Names in an order that takes one of each make after the other, as long as there are any."""
    makes: dict[str, list[str]] = {}
    for name in sorted(names):
        makes.setdefault(name.split("_")[0], []).append(name)
    queues = [[of_make[i] for i in rng.permutation(len(of_make))] for of_make in makes.values()]
    longest = max(map(len, queues), default=0)
    return [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]


def _drawn(
    lessons: Mapping[str, Lesson], names: Sequence[str], n: int, rng: np.random.Generator
) -> list[Lesson]:
    """`n` crops of the named lessons in turn, each `CROP_STEPS` long."""
    return [_crop_at_random(lessons[names[i % len(names)]], rng) for i in range(n)]


def _crop_at_random(lesson: Lesson, rng: np.random.Generator) -> Lesson:
    n = len(lesson.inputs)
    begin = int(rng.integers(max(0, n - CROP_STEPS) + 1))
    short = max(0, CROP_STEPS - n)
    parts = [
        np.pad(part[begin : begin + CROP_STEPS], ((0, short), (0, 0)))
        for part in (lesson.inputs, lesson.wanted, lesson.weights)
    ]
    made = Lesson(*parts)
    if begin > 0:
        made.weights[:CROP_EDGE] = 0
    if begin + CROP_STEPS < n:
        made.weights[-CROP_EDGE:] = 0
    return made


@dataclass(frozen=True)
class Agreement:
    """Figures of how far a network agrees with lessons."""

    loss: float
    """Mean cross-entropy of what songs are cut by: a song, its start, its stop, a turn."""
    right: float
    """Share of the steps that are told rightly to be of a song, or of none."""


def agreement(scorer: SequenceScorer, lessons: Sequence[Lesson]) -> Agreement:
    """Compare a network with lessons that it may not have learnt from."""
    total = weight = right = n = 0.0
    for lesson in lessons:
        said = scorer.score(lesson.inputs)[:, _MOST_MATTERING].astype(np.float64)
        wanted = lesson.wanted[:, _MOST_MATTERING]
        importance = lesson.weights[:, _MOST_MATTERING]
        total += float(((np.logaddexp(0, said) - wanted * said) * importance).sum())
        weight += float(importance.sum())
        judged = importance[:, 0] > 0
        right += float(((said[:, 0] > 0) == (wanted[:, 0] > 0.5))[judged].sum())
        n += float(judged.sum())
    return Agreement(total / max(weight, 1e-9), right / max(n, 1.0))


def without(lesson: PackedLesson, known: npt.NDArray[np.bool_]) -> PackedLesson:
    """A lesson that tells nothing where `known`, bool (n_steps,), is False."""
    return replace(lesson, weights=lesson.weights * known[:, None].astype(np.uint8))
