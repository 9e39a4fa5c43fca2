"""p(like) from a song's vector: logistic regression with an L2 penalty.

Every song counts the same: balanced weights would raise the calibration error from .025 to .079 at
40 labels. Degrees of liking are soft targets of the cross-entropy.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.special import expit

from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.library.files import atomic_path
from utawaku.models.taste.vectors import weights_of

CODE_VERSION = "2"
C = 0.2
"""Weight of the data against the penalty 0.5 |w|^2, summed over songs."""
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True)
class LogisticTaste:
    """A fitted model: p = sigmoid(((x - mean) / spread) . weights + bias)."""

    mean: np.ndarray
    """float32 (n_values,)."""
    spread: np.ndarray
    weights: np.ndarray
    bias: float
    embedding_kind: str = ""
    embedding_version: str = ""
    """sha256 of the network that made the embeddings."""

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """p(like) in [0, 1] of float32 (n_songs, n_values): float32 (n_songs,).

        Raises:
            ValueError: vectors that are too short.
        """
        result: np.ndarray = expit(self.standardised(vectors) @ self.weights + self.bias).astype(
            np.float32
        )
        return result

    def standardised(self, vectors: np.ndarray) -> np.ndarray:
        """The vectors as the model sees them; what is not known of a song (NaN) is as in most.

        Both are float (n_songs, n_dimensions). A model of an earlier version sees the first values
        alone.

        Raises:
            ValueError: vectors that are too short.
        """
        n = self.weights.size
        if vectors.ndim != 2 or vectors.shape[1] < n:
            raise ValueError(f"the model takes {n} values, not {vectors.shape}")
        result: np.ndarray = np.nan_to_num((vectors[:, :n] - self.mean) / self.spread)
        return result

    @property
    def version(self) -> str:
        """Digest of everything that decides a score."""
        digest = hashlib.sha256(CODE_VERSION.encode())
        digest.update(f"{self.embedding_kind} {self.embedding_version} {self.bias!r}".encode())
        for values in (self.mean, self.spread, self.weights):
            digest.update(np.ascontiguousarray(values, "<f4").tobytes())
        return digest.hexdigest()[:16]

    def save(self, path: Path) -> None:
        """Write the model; the file is whole or not there."""
        header = json.dumps(
            {
                "bias": self.bias,
                "embedding_kind": self.embedding_kind,
                "embedding_version": self.embedding_version,
                "version": self.version,
            }
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                header=np.array(header),
                mean=self.mean,
                spread=self.spread,
                weights=self.weights,
            )

    @classmethod
    def load(cls, path: Path) -> "LogisticTaste":
        """Read a saved model.

        Raises:
            WeightsMissingError: it is not there; WeightsCorruptError: it is damaged.
        """
        next_step = "Train it again with `utawaku train taste`; grades are kept elsewhere"
        try:
            with np.load(path, allow_pickle=False) as stored:
                header = json.loads(str(stored["header"]))
                model = cls(
                    mean=stored["mean"].astype(np.float32),
                    spread=stored["spread"].astype(np.float32),
                    weights=stored["weights"].astype(np.float32),
                    bias=float(header["bias"]),
                    embedding_kind=str(header["embedding_kind"]),
                    embedding_version=str(header["embedding_version"]),
                )
            if model.version != header["version"]:
                raise ValueError("its digest differs")
        except FileNotFoundError as error:
            raise WeightsMissingError(
                "the taste model is gone", subject=str(path), next_step=next_step
            ) from error
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, TypeError) as error:
            raise WeightsCorruptError(
                f"the taste model is damaged ({error})", subject=str(path), next_step=next_step
            ) from error
        return model


def fit(
    vectors: np.ndarray,
    targets: np.ndarray,
    *,
    everything: np.ndarray | None = None,
    embedding_kind: str = "",
    embedding_version: str = "",
) -> LogisticTaste:
    """Learn from graded songs.

    Args:
        vectors: float32 (n_songs, n_values) of graded songs; NaN where a value is not known.
        targets: (n_songs,) in [0, 1]; 0.5 is neither liked nor disliked.
        everything: vectors of the whole library: their mean and spread are steadier than those of
            a few graded songs.

    Raises:
        ValueError: no songs, or not one target a song.
    """
    if not len(vectors) or len(vectors) != len(targets):
        raise ValueError(f"{len(vectors)} songs and {len(targets)} targets")
    reference = vectors if everything is None or len(everything) < 2 else everything
    mean, spread = _mean_and_spread(reference)
    seen = np.nan_to_num((vectors - mean) / spread).astype(np.float64)
    wanted = np.asarray(targets, np.float64)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = parameters[:-1], parameters[-1]
        logits = seen @ weights + bias
        cost = np.sum(np.logaddexp(0, logits) - wanted * logits)
        slope = C * (expit(logits) - wanted)
        gradient = np.append(seen.T @ slope + weights, slope.sum())
        return 0.5 * float(weights @ weights) + C * float(cost), gradient

    start = np.zeros(seen.shape[1] + 1)
    from scipy.optimize import minimize  # a second to import, and only learning needs it

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return LogisticTaste(
        mean=mean,
        spread=spread,
        weights=found.x[:-1].astype(np.float32),
        bias=float(found.x[-1]),
        embedding_kind=embedding_kind,
        embedding_version=embedding_version,
    )


def standardised_alone(vectors: np.ndarray) -> np.ndarray:
    """Vectors as a model would see them that knows these songs alone: float32 (n_songs, n_values).

    `vectors` is float32 (n_songs, n_values); see `fit`.
    """
    mean, spread = _mean_and_spread(vectors)
    result: np.ndarray = np.nan_to_num((vectors - mean) / spread)
    return result


def _mean_and_spread(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each column of (n_songs, n_values), both float32 (n_values,); 0 and 1 of unknown ones."""
    known = ~np.isnan(vectors).all(axis=0)
    mean = np.zeros(vectors.shape[1], np.float32)
    spread = np.ones(vectors.shape[1], np.float32)
    mean[known] = np.nanmean(vectors[:, known], axis=0)
    spread[known] = np.maximum(np.nanstd(vectors[:, known], axis=0), _LEAST_SPREAD)
    # What counts more spreads more, so that the penalty costs it less.
    return mean, spread / weights_of(vectors.shape[1])
