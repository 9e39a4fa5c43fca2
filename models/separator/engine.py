"""The interface of a separation engine."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]


class Stems(NamedTuple):
    """The two parts of a piece of audio, each float32 (n_channels, n_samples)."""

    vocals: Audio
    accompaniment: Audio


class Separator(Protocol):
    """Tells the voice from the rest."""

    name: str
    version: str
    """Raised when results can change."""
    model_version: str
    """sha256 of the weights."""

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """Separate audio that comes in chunks of any length, float32 (n_channels, n_samples).

        Yields stems as they become ready; all pieces together have exactly as many samples as all
        chunks. The memory does not grow with the length.
        """
        ...


def separate(engine: Separator, samples: Audio, sample_rate_hz: int) -> Stems:
    """Separate audio that is all in memory.

    Args:
        samples: float32 (n_samples,) or (n_channels, n_samples); the stems have the same shape.
    """
    mix = np.atleast_2d(samples)
    pieces = list(engine.stream([mix], sample_rate_hz))
    shape = samples.shape
    if not pieces:
        return Stems(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    vocals = np.concatenate([piece.vocals for piece in pieces], axis=1)
    accompaniment = np.concatenate([piece.accompaniment for piece in pieces], axis=1)
    return Stems(vocals.reshape(shape), accompaniment.reshape(shape))
