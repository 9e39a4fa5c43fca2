"""Evidence for songs from a network that listens to a minute at a time.

Residual convolutions over half-second steps, each with twice the reach of the one before, see 64
seconds on both sides of an instant: enough to tell a song from music under talk, a waiting loop
or a line sung in passing. It is small enough for plain numpy; the weights are our own, made by
`utawaku.models.training.song_data`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.weights_file import SHIPPED, opened_weights

Array = npt.NDArray[np.float32]

OUTPUTS = ("song", "start", "stop", "turn", "talk", "singing", "music")
"""Log-odds that a song sounds, starts, stops, that one turns into the next within two seconds;
that somebody talks, sings, that music plays."""
TURN = OUTPUTS.index("turn")
DILATIONS = (1, 2, 4, 8, 16, 32, 64)
REACH_STEPS = sum(DILATIONS)
"""Steps on each side of an instant that the network takes in, one more for the first layer."""
CLIP = 4.0
SEQUENCE_FILE = Path(__file__).parent / "sequence.npz"
_BLOCK = 4_096


@dataclass(frozen=True)
class SequenceScorer:
    """An ensemble of convolutional networks over standardised inputs."""

    mean: Array
    """(n_inputs,) subtracted from the inputs."""
    deviation: Array
    """(n_inputs,) that they are divided by."""
    members: tuple[dict[str, Array], ...]
    """Weights and biases of each network by name, as `layer_shapes` lists them."""

    def score(self, inputs: Array) -> Array:
        """Log-odds of `OUTPUTS`: float32 (n_steps, n_inputs) -> float32 (n_steps, n_outputs)."""
        n = len(inputs)
        if not n:
            return np.zeros((0, len(OUTPUTS)), np.float32)
        out = np.zeros((n, len(OUTPUTS)), np.float32)
        for first in range(0, n, _BLOCK):
            low, high = max(0, first - REACH_STEPS - 1), min(n, first + _BLOCK + REACH_STEPS + 1)
            kept = slice(first - low, min(first + _BLOCK, n) - low)
            block = standardised(inputs[None, low:high], self.mean, self.deviation)
            for weights in self.members:
                out[first : first + _BLOCK] += forward(weights, block)[0][kept]
        return out / np.float32(len(self.members))

    def rounded(self) -> SequenceScorer:
        """The network as it is after `save` and `load`."""
        members = tuple(
            {name: array.astype(np.float16).astype(np.float32) for name, array in one.items()}
            for one in self.members
        )
        return SequenceScorer(self.mean, self.deviation, members)

    def save(self, path: Path) -> None:
        """Write as `.npz`: float16 weights, no pickles, the same bytes for the same weights."""
        arrays: dict[str, Any] = {
            f"member{i}_{name}": array.astype(np.float16)
            for i, member in enumerate(self.members)
            for name, array in member.items()
        }
        np.savez_compressed(path, mean=self.mean, deviation=self.deviation, **arrays)

    @classmethod
    def load(cls, path: Path, next_step: str = SHIPPED) -> SequenceScorer:
        """Read what `save` wrote; `next_step` is what to do where that fails.

        Raises:
            WeightsMissingError: no such file.
            WeightsCorruptError: not what `save` writes.
        """
        with opened_weights(path, next_step) as stored:
            n_members = sum(name.endswith("_input.weight") for name in stored.files)
            mean, deviation = stored["mean"], stored["deviation"]
            n_channels = stored["member0_input.bias"].shape[0]
            members = tuple(
                {
                    name: stored[f"member{i}_{name}"].astype(np.float32).reshape(shape)
                    for name, shape in layer_shapes(len(mean), n_channels).items()
                }
                for i in range(n_members)
            )
        return cls(mean.astype(np.float32), deviation.astype(np.float32), members)


def layer_shapes(n_inputs: int, n_channels: int) -> dict[str, tuple[int, ...]]:
    """Shape of each weight and bias by name, in order."""
    shapes: dict[str, tuple[int, ...]] = {
        "input.weight": (3 * n_inputs, n_channels),
        "input.bias": (n_channels,),
    }
    for number in range(len(DILATIONS)):
        shapes[f"wide{number}.weight"] = (3 * n_channels, n_channels)
        shapes[f"wide{number}.bias"] = (n_channels,)
        shapes[f"mix{number}.weight"] = (n_channels, n_channels)
    shapes["output.weight"] = (n_channels, len(OUTPUTS))
    shapes["output.bias"] = (len(OUTPUTS),)
    return shapes


def standardised(inputs: Array, mean: Array, deviation: Array) -> Array:
    """Inputs, float32 (..., n_inputs), at zero mean and unit deviation, clipped at `CLIP`."""
    return np.asarray(np.clip((inputs - mean) / deviation, -CLIP, CLIP), np.float32)


def neighbours(x: Array, dilation: int) -> Array:
    """Each step beside the ones `dilation` before and after it; zeros past the ends.

    float32 (n, n_steps, n_channels) -> float32 (n, n_steps, 3 * n_channels).
    """
    n, n_steps, n_channels = x.shape
    padded = np.zeros((n, n_steps + 2 * dilation, n_channels), np.float32)
    padded[:, dilation : dilation + n_steps] = x
    return np.concatenate(
        [padded[:, :n_steps], x, padded[:, 2 * dilation : 2 * dilation + n_steps]], axis=2
    )


def forward(weights: dict[str, Array], x: Array) -> Array:
    """Log-odds: float32 (n, n_steps, n_inputs) -> float32 (n, n_steps, n_outputs)."""
    state = np.maximum(neighbours(x, 1) @ weights["input.weight"] + weights["input.bias"], 0)
    for number, dilation in enumerate(DILATIONS):
        wide = neighbours(state, dilation) @ weights[f"wide{number}.weight"]
        hidden = np.maximum(wide + weights[f"wide{number}.bias"], 0)
        state = state + hidden @ weights[f"mix{number}.weight"]
    result: Array = state @ weights["output.weight"] + weights["output.bias"]
    return result


@lru_cache(maxsize=1)
def shipped_sequence_scorer() -> SequenceScorer:
    """The network that comes with the package."""
    return SequenceScorer.load(SEQUENCE_FILE)
