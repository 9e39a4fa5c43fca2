"""The model that draws the interest curve of songs without evidence."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from utawaku.library.config import HighlightSettings
from utawaku.library.errors import ConfigError, WeightsMissingError
from utawaku.models.highlight.model import HighlightModel, shipped_model
from utawaku.models.highlight.window import Curve
from utawaku.models.registry import version_of
from utawaku.models.tempo.features import Heard

Sound = Callable[[int], Iterable[npt.NDArray[np.float32]]]
"""The song again, mono chunks float32 (n_samples,) at the rate asked for."""


class InterestEngine(Protocol):
    """Draws the interest curve of a song."""

    @property
    def version(self) -> str:
        """sha256 of the model."""
        ...

    @property
    def is_measured(self) -> bool:
        """Return whether `certainty` of its curves is measured: it is the shipped model."""
        ...

    def curve(self, heard: Heard, sound: Sound) -> Curve:
        """float32 (n_seconds,) in [0, 1]; raises what `sound` raises."""
        ...


def interest_engine(settings: HighlightSettings) -> InterestEngine:
    """The engine that the settings want, ready to run; the last one is kept.

    Raises:
        ConfigError: DeepChorus is wanted and no file is named.
        WeightsMissingError: there is no such file.
        WeightsCorruptError: the file is not one of the engine's.
    """
    path = _weights_of(settings)
    if path is None:
        return _Small(shipped_model())
    return _loaded(settings.engine, path, path.stat().st_mtime_ns, settings.threads)


def engine_version(settings: HighlightSettings) -> str:
    """sha256 of the model that the settings want, without loading it.

    Raises:
        ConfigError, WeightsMissingError: see `interest_engine`.
    """
    path = _weights_of(settings)
    return version_of(path) if path else shipped_model().version


def engine_of_file(path: Path) -> Literal["builtin", "deepchorus"]:
    """Return the engine whose network a file holds, by its content; loading it checks the rest."""
    if path.suffix.lower() == ".npz" and path.is_file():
        try:
            with np.load(path, allow_pickle=False) as stored:
                return "builtin" if "features" in stored.files else "deepchorus"
        except (OSError, ValueError, EOFError, BadZipFile):  # loading it tells
            return "builtin"
    return "deepchorus"


class _Small:
    def __init__(self, model: HighlightModel) -> None:
        self._model = model

    @property
    def version(self) -> str:
        return self._model.version

    @property
    def is_measured(self) -> bool:
        return self._model.version == shipped_model().version

    def curve(self, heard: Heard, sound: Sound) -> Curve:
        return self._model.curve(heard)


class _DeepChorus:
    def __init__(self, path: Path, threads: int) -> None:
        from utawaku.models.highlight.deepchorus.mel import SAMPLE_RATE_HZ
        from utawaku.models.highlight.deepchorus.model import DeepChorus

        self._network = DeepChorus.load(path, threads=threads)
        self._rate_hz = SAMPLE_RATE_HZ

    @property
    def version(self) -> str:
        return self._network.version

    @property
    def is_measured(self) -> bool:
        return False

    def curve(self, heard: Heard, sound: Sound) -> Curve:
        return self._network.curve(sound(self._rate_hz))


def _weights_of(settings: HighlightSettings) -> Path | None:
    """The file that the settings name; None for the shipped model."""
    if settings.weights is None:
        if settings.engine == "builtin":
            return None
        raise ConfigError(
            "the engine deepchorus needs a network",
            subject="highlight.weights",
            next_step="Name the published .h5, or what `utawaku train highlight --network "
            "deepchorus` wrote",
        )
    path = settings.weights.expanduser()
    if not path.is_file():
        raise WeightsMissingError(
            "there is no highlight model",
            subject=str(path),
            next_step="Set `highlight.weights` to its file, or to nothing for the shipped one",
        )
    return path


@lru_cache(maxsize=1)
def _loaded(engine: str, path: Path, _changed_ns: int, threads: int) -> InterestEngine:
    if engine == "deepchorus":
        return _DeepChorus(path, threads)
    return _Small(HighlightModel.load(path))
