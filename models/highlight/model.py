"""The learned interest model: a small network from a second's features to how chorus-like it is."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.library.files import atomic_path
from utawaku.models.highlight.features import FEATURES, second_features
from utawaku.models.highlight.window import Curve, normalised, smoothed
from utawaku.models.tempo.features import Heard

Array = npt.NDArray[np.float32]

SHIPPED = Path(__file__).with_name("highlight_model.npz")
"""The model that comes with the package; `utawaku.models.training.highlights` makes it."""
_SMOOTH_S = 9


@dataclass(frozen=True)
class HighlightModel:
    """An ensemble of networks with one hidden layer of tanh units."""

    members: tuple[tuple[Array, Array, Array, Array], ...]
    """Per member: (n_features, n_hidden), (n_hidden,), (n_hidden, 1), (1,)."""
    version: str = ""
    """sha256 of the file it came from."""

    def scores(self, features: Array) -> Array:
        """Float32 (n_seconds,): log odds that a second lies in a chorus."""
        total = np.zeros(len(features))
        for w1, b1, w2, b2 in self.members:
            total += (np.tanh(features @ w1 + b1) @ w2 + b2)[:, 0]
        return (total / len(self.members)).astype(np.float32)

    def curve(self, heard: Heard) -> Curve:
        """The interest curve of a song, float32 (n_seconds,) in [0, 1]."""
        scores = self.scores(second_features(heard))
        return normalised(smoothed(1 / (1 + np.exp(-scores)), _SMOOTH_S))

    def save(self, path: Path) -> None:
        """Write it to one npz file, atomically."""
        arrays = {
            f"member{i}_{j}": array.astype(np.float32)
            for i, member in enumerate(self.members)
            for j, array in enumerate(member)
        }
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, features=np.array(FEATURES), **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> "HighlightModel":
        """Read what `save` wrote.

        Raises:
            WeightsMissingError: no such file. WeightsCorruptError: damaged, or of other features.
        """
        if not path.is_file():
            raise WeightsMissingError(
                "the highlight model is not there",
                subject=str(path),
                next_step="Install the package again",
            )
        try:
            with np.load(path, allow_pickle=False) as stored:
                names = tuple(str(name) for name in stored["features"])
                n_members = sum(name.endswith("_0") for name in stored.files)
                members = tuple(
                    tuple(stored[f"member{i}_{j}"] for j in range(4)) for i in range(n_members)
                )
        except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
            raise WeightsCorruptError(
                f"the highlight model cannot be read ({error})",
                subject=str(path),
                next_step="Train it with `utawaku train highlight`; the shipped one comes with the "
                "package",
            ) from error
        if names != FEATURES or not members or not all(_fits(member) for member in members):
            raise WeightsCorruptError(
                "the highlight model was trained on other features, or has another shape",
                subject=str(path),
                next_step="Train it again with `utawaku train highlight`",
            )
        return cls(members, sha256(path.read_bytes()).hexdigest())


def _fits(member: tuple[Array, ...]) -> bool:
    n_hidden = member[1].shape[0] if member[1].ndim == 1 else -1
    shapes = [(len(FEATURES), n_hidden), (n_hidden,), (n_hidden, 1), (1,)]
    return [one.shape for one in member] == shapes and all(np.isfinite(one).all() for one in member)


@lru_cache(maxsize=1)
def shipped_model() -> HighlightModel:
    """The model that comes with the package."""
    return HighlightModel.load(SHIPPED)
