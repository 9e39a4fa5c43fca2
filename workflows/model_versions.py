"""Versions of the models that make artefacts, as the settings want them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import utawaku.models.songs
from utawaku.library.artefacts import ARTEFACTS, artefacts_of_model
from utawaku.library.config import SegmentSettings, Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.plugins import SEPARATORS, plugin_version
from utawaku.library.progress import Progress
from utawaku.library.song_rules import SongRules
from utawaku.models import registry
from utawaku.models.highlight.engine import engine_version
from utawaku.models.mfcc_segmenter import VERSION as BACS_VERSION
from utawaku.models.mfcc_segmenter import own_version
from utawaku.models.separator.blend import BlendSeparator
from utawaku.models.separator.engines import (
    AUTO,
    BUILTIN_WEIGHTS,
    WEIGHTS,
    custom_version,
    engine_in_use,
)
from utawaku.models.separator.reference import ReferenceSpleeter
from utawaku.models.songs.doubt import DOUBT_FILE
from utawaku.models.songs.share import SHARE_FILE
from utawaku.models.tagger.engine import WEIGHTS as TAGGER_WEIGHTS
from utawaku.workflows.labelling import ENGINE_VERSION as NAMING_VERSION
from utawaku.workflows.song_network import learnt_network
from utawaku.workflows.sources import CUTTING, switched_on

MISSING = "missing"
"""Version of a model whose file the settings name and that is not there: nothing is known of it."""


@dataclass(frozen=True)
class Model:
    """One model as the settings want it."""

    asset: str
    """Name of the Dagster asset."""
    purpose: str
    version: Callable[[Settings], str]
    weights: Callable[[Settings], str] | None = None
    """Name in `utawaku.models.registry` of weights that have to be fetched."""
    may_change: Callable[[Settings], bool] = lambda _settings: False
    """Tells whether using it may fetch weights that are better than those it would do without."""

    def is_here(self, settings: Settings) -> bool:
        """Return whether it can be used at once; else its weights have to be fetched first."""
        if self.weights is None or not (name := self.weights(settings)):
            return True
        return registry.is_here(name, settings.weights_dir)

    def fetched_by(self, settings: Settings) -> str:
        """The command that fetches its weights; empty where there is nothing to fetch."""
        name = self.weights(settings) if self.weights is not None else ""
        return f"utawaku models pull {name}" if name else ""

    @property
    def makes(self) -> tuple[str, ...]:
        """Names of the artefacts that it makes."""
        return artefacts_of_model(self.asset)


def _registered(name: Callable[[Settings], str]) -> Callable[[Settings], str]:
    """The version that the registry knows, whether the weights are here or to be fetched."""

    def version(settings: Settings) -> str:
        return registry.expected_version(name(settings), settings.weights_dir)

    return version


def _with_rules(version: str, rules: Mapping[str, Any]) -> str:
    """A version that also tells of settings which decide the outcome; `rules` without defaults."""
    if not rules:
        return version
    told = json.dumps(rules, sort_keys=True)
    return f"{version}+{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _own_segmenter(settings: Settings) -> Path | None:
    """The network of the user's own that the segmenter runs, if it does."""
    wanted = settings.segments
    return wanted.weights if wanted.engine == "bacs" else None


def _segmenter(settings: Settings) -> str:
    """The network to be fetched; none where it is the user's own."""
    return "" if _own_segmenter(settings) is not None else settings.segments.engine


def _segmenter_version(settings: Settings) -> str:
    """The network with the settings that decide what it finds.

    The small network's own code counts: `segments` knows only the other engine's version.
    """
    own = _own_segmenter(settings)
    found = _registered(_segmenter)(settings) if own is None else own_version(own) or MISSING
    if settings.segments.engine == "bacs":
        found = f"{found}+{BACS_VERSION}"
    wanted, usual = settings.segments, SegmentSettings()
    decides = {"mode": wanted.mode, "energy_ratio": wanted.energy_ratio}
    return _with_rules(
        found, {name: value for name, value in decides.items() if value != getattr(usual, name)}
    )


def _tagger(_settings: Settings) -> str:
    return TAGGER_WEIGHTS


def _separator(settings: Settings) -> str:
    return WEIGHTS.get(engine_in_use(settings.stems.engine, settings.weights_dir), "")


def _may_become_spleeter(settings: Settings) -> bool:
    wanted = settings.stems.engine
    return wanted == AUTO and engine_in_use(wanted, settings.weights_dir) != "spleeter"


def _separator_version(settings: Settings) -> str:
    engine = engine_in_use(settings.stems.engine, settings.weights_dir)
    if engine == ReferenceSpleeter.name:  # in an environment of its own, pinned by us
        return f"{ReferenceSpleeter.name} {ReferenceSpleeter.version}"
    if engine == "custom":
        return custom_version(settings.stems.weights) or MISSING
    if engine == "plugin":
        return plugin_version(SEPARATORS, settings.stems.plugin) or MISSING
    weights = _registered(_separator)(settings)
    if engine == "blend":
        builtin = registry.expected_version(BUILTIN_WEIGHTS, settings.weights_dir)
        return f"{weights}+{builtin}+{BlendSeparator.version}"
    return weights


_SONG_NETWORKS = ("scorer_full.npz", "scorer_plain.npz", "sequence.npz")


def _song_scorer_version(settings: Settings) -> str:
    """The networks, shipped and learnt, with the user's rules; a channel's are looked at with each
    of its streams.
    """
    folder = Path(utawaku.models.songs.__file__).parent
    found = _hash_of((*(folder / name for name in _SONG_NETWORKS), DOUBT_FILE, SHARE_FILE))
    try:
        learnt = learnt_network(settings)
    except UtawakuError:
        return MISSING
    if learnt is not None:
        found = f"{found}+{learnt.version}"
    rules = SongRules.model_validate(settings.songs)
    return _with_rules(
        found,
        rules.model_dump(mode="json", exclude_defaults=True),
    )


def _naming_version(settings: Settings) -> str:
    """Return what decides which name is applied, beside the songs themselves."""
    labels = settings.labels
    decides: list[Any] = [NAMING_VERSION, labels.accept, labels.transpositions, labels.shazam]
    sources = [name for name in switched_on(settings) if name not in CUTTING]
    if sources:
        decides.append(sources)
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
            may_change=_may_become_spleeter,
        ),
    )
}
"""By asset name, in the order of the chain. The taste model is trained here: `assets.taste`."""


def models_of(artefacts: Iterable[str]) -> list[Model]:
    """The models that make these artefacts."""
    wanted = {ARTEFACTS[name].model for name in artefacts if name in ARTEFACTS}
    return [model for model in MODELS.values() if model.asset in wanted]


def not_fetched(settings: Settings, artefacts: Iterable[str]) -> dict[str, str]:
    """Models of these artefacts that are not on this machine, with the command for each."""
    return {
        model.asset: model.fetched_by(settings)
        for model in models_of(artefacts)
        if not model.is_here(settings)
    }


def fetch_missing(settings: Settings, artefacts: Iterable[str], progress: Progress) -> None:
    """Fetch weights that these artefacts need and that are not here, where somebody watches.

    What cannot be had is left to the artefact that needs it, which knows what to say.
    """
    for model in models_of(artefacts):
        if model.weights is not None and not model.is_here(settings):
            name = model.weights(settings)
            with suppress(UtawakuError):
                registry.pull(name, settings.weights_dir, progress=progress)
