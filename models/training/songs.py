"""Train the networks of the smart song strategy (`models.songs.scorer`) on streams with truth.

The networks are small enough for plain numpy: two hidden layers, Adam, noise and dropout on the
inputs, a few seconds a member on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.boundary_features import STEP_S, Cues
from utawaku.models.songs.scorer import OUTPUTS, Scorer

Array = npt.NDArray[np.float32]
_EDGE_FLAT_S = 0.5
_EDGE_SLOPE_S = 1.0


@dataclass(frozen=True)
class Example:
    """A stream with its truth, in seconds."""

    cues: Cues
    songs: Sequence[tuple[float, float]]
    unjudged: Sequence[tuple[float, float]] = ()
    """Spans to learn nothing from: broken-off songs, which sound like songs while they last."""


def targets(example: Example) -> tuple[Array, Array]:
    """Return what the networks should say: (n_steps, 3) in [0, 1], and weights (n_steps,)."""
    n_steps = len(example.cues.matrix)
    instants = np.arange(n_steps) * STEP_S
    wanted = edge_targets(n_steps, example.songs)
    weights = np.ones(n_steps, np.float32)
    for start, stop in example.unjudged:
        weights[(instants >= start - 1) & (instants < stop + 1)] = 0
    return wanted, weights


def edge_targets(n_steps: int, songs: Sequence[tuple[float, float]]) -> Array:
    """Songs as a network should tell them: float32 (n_steps, 3) in [0, 1], soft around edges."""
    instants = np.arange(n_steps) * STEP_S
    wanted = np.zeros((n_steps, len(OUTPUTS)), np.float32)
    for start, stop in songs:
        wanted[(instants + STEP_S / 2 >= start) & (instants + STEP_S / 2 < stop), 0] = 1
        for column, edge in ((1, start), (2, stop)):
            near = 1 - (np.abs(instants - edge) - _EDGE_FLAT_S) / _EDGE_SLOPE_S
            wanted[:, column] = np.maximum(wanted[:, column], np.clip(near, 0, 1))
    return wanted


def train_scorer(
    examples: Sequence[Example],
    *,
    n_members: int = 3,
    n_hidden: int = 48,
    epochs: int = 12,
    noise: float = 0.15,
    dropout: float = 0.05,
    decay: float = 1e-4,
    seed: int = 0,
) -> Scorer:
    """An ensemble trained on all examples; the same input and seed give the same weights."""
    inputs = np.concatenate([example.cues.matrix for example in examples])
    pairs = [targets(example) for example in examples]
    wanted = np.concatenate([pair[0] for pair in pairs])
    weights = np.concatenate([pair[1] for pair in pairs])
    mean = inputs.mean(axis=0)
    deviation = inputs.std(axis=0) + np.float32(1e-3)
    standard = np.clip((inputs - mean) / deviation, -6, 6).astype(np.float32)
    members = tuple(
        _trained_member(
            standard, wanted, weights, n_hidden, epochs, noise, dropout, decay, seed + member
        )
        for member in range(n_members)
    )
    return Scorer(examples[0].cues.names, mean, deviation, members)


def _trained_member(
    inputs: Array,
    wanted: Array,
    weights: Array,
    n_hidden: int,
    epochs: int,
    noise: float,
    dropout: float,
    decay: float,
    seed: int,
    batch: int = 512,
    rate: float = 2e-3,
) -> tuple[Array, ...]:
    rng = np.random.default_rng(seed)
    n_rows, n_inputs = inputs.shape
    sizes = (n_inputs, n_hidden, n_hidden // 2, wanted.shape[1])
    layers: list[Array] = []
    for fan_in, fan_out in pairwise(sizes):
        scale = np.sqrt(2 / fan_in)
        layers.append((rng.standard_normal((fan_in, fan_out)) * scale).astype(np.float32))
        layers.append(np.zeros(fan_out, np.float32))
    momentum = [np.zeros_like(layer) for layer in layers]
    energy = [np.zeros_like(layer) for layer in layers]
    n_updates = max(1, epochs * (n_rows // batch))
    update = 0
    for _epoch in range(epochs):
        order = rng.permutation(n_rows)
        for begin in range(0, n_rows - batch + 1, batch):
            rows = order[begin : begin + batch]
            x = inputs[rows] + noise * rng.standard_normal((batch, n_inputs), dtype=np.float32)
            x *= rng.random((batch, n_inputs), dtype=np.float32) > dropout
            gradients = _gradients(layers, x, wanted[rows], weights[rows])
            update += 1
            warmed = min(1.0, update / 200)
            step = rate * warmed * (0.5 + 0.5 * np.cos(np.pi * update / n_updates))
            for i, gradient in enumerate(gradients):
                momentum[i] = 0.9 * momentum[i] + 0.1 * gradient
                energy[i] = 0.99 * energy[i] + 0.01 * gradient**2
                change = momentum[i] / (1 - 0.9**update)
                change = change / (np.sqrt(energy[i] / (1 - 0.99**update)) + 1e-8)
                shrink = decay * layers[i] if i % 2 == 0 else 0
                layers[i] = (layers[i] - step * (change + shrink)).astype(np.float32)
    return tuple(layers)


def _gradients(
    layers: Sequence[Array], x: Array, wanted: Array, weights: Array
) -> tuple[Array, ...]:
    """Of the weighted mean cross-entropy, in the order of `layers`."""
    w1, b1, w2, b2, w3, b3 = layers
    first = np.maximum(x @ w1 + b1, 0)
    second = np.maximum(first @ w2 + b2, 0)
    said = 1 / (1 + np.exp(-(second @ w3 + b3)))
    error = (said - wanted) * weights[:, None] / len(x)
    error2 = (error @ w3.T) * (second > 0)
    error1 = (error2 @ w2.T) * (first > 0)
    return (
        x.T @ error1,
        error1.sum(axis=0),
        first.T @ error2,
        error2.sum(axis=0),
        second.T @ error,
        error.sum(axis=0),
    )
