"""What a separation engine is, and which there are."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from utawaku.library.errors import EngineError
from utawaku.library.progress import Progress, silent

Audio = npt.NDArray[np.float32]

ENGINES = ("builtin", "spleeter")
"""Names that `make_separator` knows."""


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


def make_separator(
    name: str,
    weights_dir: Path,
    *,
    threads: int = 0,
    extension: str = "zeros",
    progress: Progress = silent,
) -> Separator:
    """The engine called `name`, with its weights fetched where they are not here yet.

    Args:
        threads: inference threads; 0 is one a core.
        extension: what Spleeter does above 11 kHz: `zeros` (drops it) or `average`.

    Raises:
        EngineError: no engine has this name.
        WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
    """
    from utawaku.models import registry

    if name == "builtin":
        from utawaku.models.separator.builtin.engine import BuiltinSeparator

        weights = registry.pull("vocal-unet", weights_dir, progress=progress)
        return BuiltinSeparator(
            weights, threads=threads, model_version=registry.version("vocal-unet", weights_dir)
        )
    if name == "spleeter":
        from utawaku.models.separator.spleeter.engine import SpleeterSeparator

        weights = registry.pull("spleeter-2stems", weights_dir, progress=progress)
        return SpleeterSeparator(
            weights,
            threads=threads,
            extension=extension,
            model_version=registry.version("spleeter-2stems", weights_dir),
        )
    raise EngineError(
        "there is no such separation engine",
        subject=name,
        next_step=f"Choose one of {', '.join(ENGINES)}",
    )


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
