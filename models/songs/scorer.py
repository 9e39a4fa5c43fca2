"""From cues to evidence: is a song sounding, does one start, does one stop.

A few small networks (two hidden layers) trained by `models.training.songs` on composed streams;
their mean is taken. The weights are our own and lie beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.weights_file import opened_weights

Array = npt.NDArray[np.float32]

_HERE = Path(__file__).parent
_CLIP = 6.0
OUTPUTS = ("song", "start", "stop")


@dataclass(frozen=True)
class Scorer:
    """An ensemble of perceptrons over standardised cues."""

    names: tuple[str, ...]
    """The cues expected, in order."""
    mean: Array
    deviation: Array
    layers: tuple[tuple[Array, ...], ...]
    """For each member: weights and biases of three layers, in turn."""

    def score(self, matrix: Array) -> Array:
        """Log-odds of `OUTPUTS`; (n_steps, n_cues) -> (n_steps, 3)."""
        inputs = np.clip((matrix - self.mean) / self.deviation, -_CLIP, _CLIP)
        total = np.zeros((len(matrix), len(OUTPUTS)), np.float32)
        for w1, b1, w2, b2, w3, b3 in self.layers:
            hidden = np.maximum(inputs @ w1 + b1, 0)
            hidden = np.maximum(hidden @ w2 + b2, 0)
            total += hidden @ w3 + b3
        return (total / len(self.layers)).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write as `.npz` (float32, no pickles)."""
        arrays: dict[str, Any] = {
            f"member{i}_{j}": array.astype(np.float32)
            for i, member in enumerate(self.layers)
            for j, array in enumerate(member)
        }
        np.savez_compressed(
            path,
            names=np.array(self.names),
            mean=self.mean.astype(np.float32),
            deviation=self.deviation.astype(np.float32),
            **arrays,
        )

    @classmethod
    def load(cls, path: Path) -> Scorer:
        """Read what `save` wrote.

        Raises:
            WeightsMissingError: no such file.
            WeightsCorruptError: not what `save` writes.
        """
        with opened_weights(path) as stored:
            n_members = sum(name.endswith("_0") for name in stored.files)
            return cls(
                names=tuple(str(name) for name in stored["names"]),
                mean=stored["mean"],
                deviation=stored["deviation"],
                layers=tuple(
                    tuple(stored[f"member{i}_{j}"] for j in range(6)) for i in range(n_members)
                ),
            )


@lru_cache(maxsize=2)
def shipped_scorer(with_features: bool) -> Scorer:
    """The scorer that comes with the package: one for all cues, one without `SongFeatures`."""
    return Scorer.load(_HERE / ("scorer_full.npz" if with_features else "scorer_plain.npz"))
