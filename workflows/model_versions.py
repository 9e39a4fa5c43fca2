"""Versions of the models that make artefacts, as the settings want them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import utawaku.models.songs
from utawaku.library.artefacts import ARTEFACTS, artefacts_of_model
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError, WeightsMissingError
from utawaku.library.progress import Progress
from utawaku.models import registry
from utawaku.models.highlight.engine import engine_version
from utawaku.models.mfcc_segmenter import VERSION as BACS_VERSION
from utawaku.models.separator.reference import ReferenceSpleeter
from utawaku.models.tagger.engine import WEIGHTS as TAGGER_WEIGHTS
from utawaku.workflows.labelling import ENGINE_VERSION as NAMING_VERSION

MISSING = "missing"
"""Version of a model whose weights are not on this machine."""


SEPARATORS = {"builtin": "vocal-unet", "spleeter": "spleeter-2stems"}
"""Registry names of the separation engines' weights."""


@dataclass(frozen=True)
class Model:
    """One model as the settings want it."""

    asset: str
    """Name of the Dagster asset."""
    purpose: str
    version: Callable[[Settings], str]
    weights: Callable[[Settings], str] | None = None
    """Name in `utawaku.models.registry` of weights that have to be fetched."""

    @property
    def makes(self) -> tuple[str, ...]:
        """Names of the artefacts that it makes."""
        return artefacts_of_model(self.asset)


def _registered(name: Callable[[Settings], str]) -> Callable[[Settings], str]:
    def version(settings: Settings) -> str:
        try:
            return registry.version(name(settings), settings.weights_dir)
        except WeightsMissingError:
            return MISSING

    return version


def _segmenter(settings: Settings) -> str:
    return settings.segments.engine


def _segmenter_version(settings: Settings) -> str:
    """The small network's own code counts: `segments` knows only the other engine's version."""
    found = _registered(_segmenter)(settings)
    if found == MISSING or _segmenter(settings) != "bacs":
        return found
    return f"{found}+{BACS_VERSION}"


def _tagger(_settings: Settings) -> str:
    return TAGGER_WEIGHTS


def _separator(settings: Settings) -> str:
    return SEPARATORS.get(settings.stems.engine, "")


def _separator_version(settings: Settings) -> str:
    if settings.stems.engine not in SEPARATORS:  # in an environment of its own, pinned by us
        return f"{ReferenceSpleeter.name} {ReferenceSpleeter.version}"
    return _registered(_separator)(settings)


def _song_scorer_version(_settings: Settings) -> str:
    folder = Path(utawaku.models.songs.__file__).parent
    return _hash_of(tuple(sorted(folder.glob("scorer_*.npz"))))


def _naming_version(settings: Settings) -> str:
    """Return what decides which name is applied, beside the songs themselves."""
    labels = settings.labels
    decides = [NAMING_VERSION, labels.accept, labels.transpositions, labels.shazam]
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()


@lru_cache
def _hash_of(files: tuple[Path, ...]) -> str:
    """sha256 over files that come with the package, thus never change while it runs."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()


def highlight_version(settings: Settings) -> str:
    """Version of the model that draws interest curves; `MISSING` where its file is not there."""
    try:
        return engine_version(settings.highlight)
    except UtawakuError:
        return MISSING


MODELS: Mapping[str, Model] = {
    model.asset: model
    for model in (
        Model(
            "segmenter_weights",
            "tells speech from music",
            _segmenter_version,
            _segmenter,
        ),
        Model("song_scorer", "hears where songs start and stop", _song_scorer_version),
        Model(
            "naming_rules",
            "fingerprints, and the thresholds from which a name is applied",
            _naming_version,
        ),
        Model(
            "highlight_model",
            "finds the best half minute",
            highlight_version,
        ),
        Model(
            "tagger_weights",
            "hears what a song sounds like",
            _registered(_tagger),
            _tagger,
        ),
        Model(
            "separator_weights",
            "takes voice and accompaniment apart",
            _separator_version,
            _separator,
        ),
    )
}
"""By asset name, in the order of the chain. The taste model is trained here: `assets.taste`."""


def models_of(artefacts: Iterable[str]) -> list[Model]:
    """The models that make these artefacts."""
    wanted = {ARTEFACTS[name].model for name in artefacts if name in ARTEFACTS}
    return [model for model in MODELS.values() if model.asset in wanted]


def fetch_missing(settings: Settings, artefacts: Iterable[str], progress: Progress) -> None:
    """Fetch weights that these artefacts need and that are not here, where somebody watches.

    What cannot be had is left to the artefact that needs it, which knows what to say.
    """
    for model in models_of(artefacts):
        if model.weights is not None and model.version(settings) == MISSING:
            name = model.weights(settings)
            with suppress(UtawakuError):
                registry.pull(name, settings.weights_dir, progress=progress)
