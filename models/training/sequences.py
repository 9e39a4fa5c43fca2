"""Train the sequence network (`models.songs.sequence`) on streams with truth, in plain numpy.

Crops of some minutes go through the network with random changes of tone, key and level, so that
it learns what songs have in common and not what the few recordings sound like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.boundary_features import STEP_S
from utawaku.models.songs.sequence import (
    CLIP,
    DILATIONS,
    OUTPUTS,
    TURN,
    SequenceScorer,
    layer_shapes,
    neighbours,
)
from utawaku.models.songs.sequence_inputs import BACKINGS, BANDS, LEVELS, N_GROUPS, PITCHES
from utawaku.models.training.songs import edge_targets

Array = npt.NDArray[np.float32]
Rng = np.random.Generator

Crop = tuple[Array, Array, Array]
"""Changed inputs (CROP_STEPS, n_inputs), what is wanted and what it weighs: (CROP_STEPS, n_outputs)
each."""
CROP_STEPS = 640
CROP_EDGE = 30
"""Steps at a crop's cut ends from which nothing is learned: their surroundings are missing."""
_JOINED_SHARE = 0.6
"""Crops made of the parts of two recordings, joined between songs or at the edge of one."""
_ALIKE_SHARE = 0.5
"""Of the joined crops: both parts in the same tone, key and level, as on one evening."""
_NOISE = 0.3
_DROPPED_SHARE = 0.1
"""Noise on the inputs, in deviations, and the share of them that a crop does without."""
_TURN_S = 2.0
"""Two songs with less between them turn into each other."""
_EDGE_STEPS = 3
"""Steps around an edge in which it is still wanted."""
_ABORTED_WEIGHT = 0.5
_TRACK_WEIGHT = 0.3
_AUDIBLE_DB, _BELOW_LOUD_DB = -58.0, 30.0


@dataclass(frozen=True)
class Lesson:
    """A recording with what should be said of it."""

    inputs: Array
    """(n_steps, n_inputs)."""
    wanted: Array
    """(n_steps, n_outputs) in [0, 1]."""
    weights: Array
    """(n_steps, n_outputs): 0 where nothing is known."""


def lesson_of(
    inputs: Array,
    songs: Sequence[tuple[float, float]],
    aborted: Sequence[tuple[float, float]] = (),
    tracks: Mapping[str, Any] | None = None,
) -> Lesson:
    """The lesson of inputs, float32 (n_steps, n_inputs), with its truth in seconds.

    `tracks` holds the levels in dBFS that `evenings.compose_evening` tells.
    """
    n = len(inputs)
    wanted = np.zeros((n, len(OUTPUTS)), np.float32)
    weights = np.zeros((n, len(OUTPUTS)), np.float32)
    wanted[:, :3] = edge_targets(n, songs)
    wanted[:, TURN] = edge_targets(n, _turns(songs))[:, 0:3].max(axis=1)
    weights[:, : TURN + 1] = 1
    instants = np.arange(n) * STEP_S
    for start, stop in aborted:
        weights[(instants >= start - 1) & (instants < stop + 1), :TURN] = _ABORTED_WEIGHT
    for column, name in enumerate(OUTPUTS[TURN + 1 :], start=TURN + 1):
        if tracks is None or name not in tracks:
            continue
        level = np.asarray(tracks[name], np.float32)[:n]
        least = max(_AUDIBLE_DB, float(np.percentile(level, 95)) - _BELOW_LOUD_DB)
        wanted[: len(level), column] = level > least
        weights[: len(level), column] = _TRACK_WEIGHT
    return Lesson(inputs, wanted, weights)


def _turns(songs: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """From where to where one song turns into the next, in seconds."""
    return [
        (min(stop, start), max(stop, start))
        for (_, stop), (start, _) in pairwise(sorted(songs))
        if start - stop <= _TURN_S
    ]


def train_sequences(
    lessons: Sequence[Lesson],
    *,
    n_members: int = 2,
    n_channels: int = 48,
    n_updates: int = 1_500,
    batch: int = 8,
    seed: int = 0,
) -> SequenceScorer:
    """An ensemble trained on all lessons; the same input and seed give the same weights."""
    sample = np.concatenate([lesson.inputs for lesson in lessons])
    mean = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    deviation = (sample.std(axis=0, dtype=np.float64) + 1e-2).astype(np.float32)
    members = tuple(
        _trained(lessons, mean, deviation, n_channels, n_updates, batch, seed + number)
        for number in range(n_members)
    )
    return SequenceScorer(mean, deviation, members)


def _trained(
    lessons: Sequence[Lesson],
    mean: Array,
    deviation: Array,
    n_channels: int,
    n_updates: int,
    batch: int,
    seed: int,
    rate: float = 3e-3,
    decay: float = 1e-3,
) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    weights = _first_weights(rng, len(mean), n_channels)
    share = np.array([len(lesson.inputs) for lesson in lessons], np.float64)
    share /= share.sum()

    def draw() -> list[Crop]:
        chosen = [lessons[int(i)] for i in rng.choice(len(lessons), 2 * batch, p=share)]
        return [
            crop_of(one, other, mean, deviation, rng)
            for one, other in zip(chosen[:batch], chosen[batch:], strict=True)
        ]

    return descended(weights, draw, n_updates=n_updates, rate=rate, decay=decay)


def descended(
    weights: Mapping[str, Array],
    draw: Callable[[], Sequence[Crop]],
    *,
    n_updates: int,
    rate: float,
    decay: float,
    done: Callable[[int], None] = lambda _update: None,
) -> dict[str, Array]:
    """Weights after `n_updates` steps against the slope of the loss over what `draw` gives.

    The mean of the last fifth of the steps is returned; `done` is called after each of them.
    """
    weights = dict(weights)
    momentum = {name: np.zeros_like(array) for name, array in weights.items()}
    energy = {name: np.zeros_like(array) for name, array in weights.items()}
    averaged = {name: np.zeros_like(array) for name, array in weights.items()}
    n_averaged = 0
    for update in range(1, n_updates + 1):
        x, wanted, importance = (np.stack(part) for part in zip(*draw(), strict=True))
        gradients = _gradients(weights, x, wanted, importance)
        step = rate * min(1.0, update / 100) * (0.5 + 0.5 * np.cos(np.pi * update / n_updates))
        _adam(weights, gradients, momentum, energy, update, step, decay)
        if update > 0.8 * n_updates:
            n_averaged += 1
            for name, array in weights.items():
                averaged[name] += array
        done(update)
    return {name: (array / n_averaged).astype(np.float32) for name, array in averaged.items()}


def _first_weights(rng: Rng, n_inputs: int, n_channels: int) -> dict[str, Array]:
    made: dict[str, Array] = {}
    for name, shape in layer_shapes(n_inputs, n_channels).items():
        if name.endswith("bias"):
            made[name] = np.zeros(shape, np.float32)
            continue
        scale = np.sqrt(2 / shape[0]) * (0.3 if name.startswith("mix") else 1.0)
        made[name] = (rng.standard_normal(shape) * scale).astype(np.float32)
    made["output.bias"][1 : TURN + 1] = -4.0
    return made


def _adam(
    weights: dict[str, Array],
    gradients: Mapping[str, Array],
    momentum: dict[str, Array],
    energy: dict[str, Array],
    update: int,
    step: float,
    decay: float,
) -> None:
    """Move `weights` against `gradients`; their norm is bounded first."""
    norm = float(np.sqrt(sum(float((g.astype(np.float64) ** 2).sum()) for g in gradients.values())))
    bound = np.float32(min(1.0, 1.0 / (norm + 1e-9)))
    for name, gradient in gradients.items():
        gradient = gradient * bound
        momentum[name] = 0.9 * momentum[name] + 0.1 * gradient
        energy[name] = 0.99 * energy[name] + 0.01 * gradient**2
        change = momentum[name] / (1 - 0.9**update)
        change = change / (np.sqrt(energy[name] / (1 - 0.99**update)) + 1e-8)
        shrink = decay * weights[name] if name.endswith("weight") else 0
        weights[name] = (weights[name] - step * (change + shrink)).astype(np.float32)


def crop_of(one: Lesson, other: Lesson, mean: Array, deviation: Array, rng: Rng) -> Crop:
    """A part of `one`, often joined to a part of `other`, changed at random.

    `mean` and `deviation` are float32 (n_inputs,).
    """
    if rng.random() < _JOINED_SHARE:
        return _joined(one, other, mean, deviation, rng)
    return part_of(one, mean, deviation, rng)


def part_of(lesson: Lesson, mean: Array, deviation: Array, rng: Rng) -> Crop:
    """`CROP_STEPS` of a lesson, changed at random; past its end there is nothing to learn.

    `mean` and `deviation` are float32 (n_inputs,).
    """
    n = len(lesson.inputs)
    begin = int(rng.integers(min(0, n - CROP_STEPS), max(1, n - CROP_STEPS + 1)))
    begin = max(0, begin)
    stop = min(n, begin + CROP_STEPS)
    x = np.zeros((CROP_STEPS, len(mean)), np.float32)
    wanted = np.zeros((CROP_STEPS, len(OUTPUTS)), np.float32)
    importance = np.zeros((CROP_STEPS, len(OUTPUTS)), np.float32)
    x[: stop - begin] = _changed(
        lesson.inputs[begin:stop], mean, deviation, rng, _drawn_change(rng)
    )
    wanted[: stop - begin] = lesson.wanted[begin:stop]
    importance[: stop - begin] = lesson.weights[begin:stop]
    if begin > 0:
        importance[:CROP_EDGE] = 0
    if stop < n:
        importance[-CROP_EDGE:] = 0
    return x, wanted, importance


def _joined(one: Lesson, other: Lesson, mean: Array, deviation: Array, rng: Rng) -> Crop:
    """The end of a part of `one` and the beginning of a part of `other`, `CROP_STEPS` together.

    The cut lies outside of songs or exactly at the end or start of one, so that what is true of
    the parts stays true.
    """
    stop, begin = _cut_in(one, 2, rng), _cut_in(other, 1, rng)
    n_first = min(int(rng.uniform(0.2, 0.8) * CROP_STEPS), stop)
    n_second = min(CROP_STEPS - n_first, len(other.inputs) - begin)
    pieces = [(one, stop - n_first, stop), (other, begin, begin + n_second)]
    x = np.zeros((CROP_STEPS, len(mean)), np.float32)
    wanted = np.zeros((CROP_STEPS, len(OUTPUTS)), np.float32)
    importance = np.zeros((CROP_STEPS, len(OUTPUTS)), np.float32)
    at = 0
    change = _drawn_change(rng)
    alike = rng.random() < _ALIKE_SHARE
    for lesson, first, last in pieces:
        heard = lesson.inputs[first:last]
        x[at : at + last - first] = _changed(heard, mean, deviation, rng, change)
        change = change if alike else _drawn_change(rng)
        wanted[at : at + last - first] = lesson.wanted[first:last]
        importance[at : at + last - first] = lesson.weights[first:last]
        at += last - first
    after = one.wanted[stop : stop + _EDGE_STEPS, 2]
    place = slice(n_first, min(n_first + len(after), CROP_STEPS))
    wanted[place, 2] = np.maximum(wanted[place, 2], after[: place.stop - place.start])
    before = other.wanted[max(0, begin - _EDGE_STEPS) : begin, 1]
    place = slice(max(0, n_first - len(before)), n_first)
    if place.stop > place.start:
        kept = before[len(before) - (place.stop - place.start) :]
        wanted[place, 1] = np.maximum(wanted[place, 1], kept)
    if stop and one.wanted[stop - 1, 0] == 1 and other.wanted[begin : begin + 1, 0].any():
        for away, sure in enumerate((1.0, 1.0, 0.5)):
            wanted[max(0, n_first - away), TURN] = sure
            wanted[min(n_first + away, CROP_STEPS - 1), TURN] = sure
    if stop - n_first > 0:
        importance[:CROP_EDGE] = 0
    if begin + n_second < len(other.inputs):
        importance[max(0, at - CROP_EDGE) :] = 0
    return x, wanted, importance


def _cut_in(lesson: Lesson, edge: int, rng: Rng) -> int:
    """A step between songs, or one in two times that at which a song stops (`edge` 2) or
    starts (1).
    """
    inside = np.concatenate([[0.0], lesson.wanted[:, 0], [0.0]])
    turns = np.flatnonzero(np.diff(inside) == (1 if edge == 1 else -1))
    if len(turns) and rng.random() < 0.5:
        return int(turns[int(rng.integers(len(turns)))])
    outside = np.flatnonzero(lesson.wanted[:, :3].sum(axis=1) == 0)
    if not len(outside):
        return len(lesson.inputs) if edge == 2 else 0
    return int(outside[int(rng.integers(len(outside)))])


@dataclass(frozen=True)
class _Change:
    """Another tone, level and key."""

    tone_db: Array
    """(n_bands,)."""
    level_db: float
    semitones: int


def _drawn_change(rng: Rng) -> _Change:
    places = np.linspace(-1, 1, BANDS.stop - BANDS.start)
    tone = rng.normal(0, 3) * places + rng.normal(0, 2) * np.sin(
        rng.uniform(1, 6) * places + rng.uniform(0, 6)
    )
    return _Change(tone.astype(np.float32), float(rng.normal(0, 2)), int(rng.integers(-5, 6)))


def _changed(inputs: Array, mean: Array, deviation: Array, rng: Rng, change: _Change) -> Array:
    """Standardised inputs, float32 (n_steps, n_inputs), in another tone, key and level."""
    x = inputs.copy()
    x[:, BANDS] += change.tone_db
    for columns in BACKINGS:
        x[:, columns] += change.tone_db.reshape(N_GROUPS, -1).mean(axis=1)
    x[:, list(LEVELS)] += np.float32(change.level_db)
    x[:, PITCHES] = np.roll(x[:, PITCHES], change.semitones, axis=1)
    x = np.clip((x - mean) / deviation, -CLIP, CLIP)
    x += np.float32(_NOISE) * rng.standard_normal(x.shape, dtype=np.float32)
    heard = rng.random(x.shape[1]) > _DROPPED_SHARE
    return np.asarray(x * heard, np.float32)


def _gradients(
    weights: dict[str, Array], x: Array, wanted: Array, importance: Array
) -> dict[str, Array]:
    """Of the weighted mean cross-entropy of float32 (n, n_steps, ...) inputs and outputs."""
    first = neighbours(x, 1)
    state = np.maximum(first @ weights["input.weight"] + weights["input.bias"], 0)
    opened = state > 0
    kept: list[tuple[Array, Array]] = []
    for number, dilation in enumerate(DILATIONS):
        wide = neighbours(state, dilation)
        hidden = wide @ weights[f"wide{number}.weight"] + weights[f"wide{number}.bias"]
        hidden = np.maximum(hidden, 0)
        kept.append((wide, hidden))
        state = state + hidden @ weights[f"mix{number}.weight"]
    said = 1 / (1 + np.exp(-(state @ weights["output.weight"] + weights["output.bias"])))
    error = ((said - wanted) * importance / importance.sum() * 3).astype(np.float32)
    gradients = {
        "output.weight": _outer(state, error),
        "output.bias": error.sum(axis=(0, 1)),
    }
    back = error @ weights["output.weight"].T
    for number in range(len(DILATIONS) - 1, -1, -1):
        wide, hidden = kept[number]
        gradients[f"mix{number}.weight"] = _outer(hidden, back)
        through = (back @ weights[f"mix{number}.weight"].T) * (hidden > 0)
        gradients[f"wide{number}.weight"] = _outer(wide, through)
        gradients[f"wide{number}.bias"] = through.sum(axis=(0, 1))
        spread = through @ weights[f"wide{number}.weight"].T
        back = back + _gathered(spread, DILATIONS[number])
    back = back * opened
    gradients["input.weight"] = _outer(first, back)
    gradients["input.bias"] = back.sum(axis=(0, 1))
    return gradients


def _outer(inputs: Array, error: Array) -> Array:
    """Gradient of a weight: (n, n_steps, a) and (n, n_steps, b), both float32 -> (a, b)."""
    result: Array = inputs.reshape(-1, inputs.shape[2]).T @ error.reshape(-1, error.shape[2])
    return result


def _gathered(spread: Array, dilation: int) -> Array:
    """The transpose of `neighbours`: float32 (n, n_steps, 3 * c) -> float32 (n, n_steps, c)."""
    n, n_steps, n_columns = spread.shape
    c = n_columns // 3
    padded = np.zeros((n, n_steps + 2 * dilation, c), np.float32)
    padded[:, :n_steps] += spread[..., :c]
    padded[:, dilation : dilation + n_steps] += spread[..., c : 2 * c]
    padded[:, 2 * dilation :] += spread[..., 2 * c :]
    return padded[:, dilation : dilation + n_steps]
