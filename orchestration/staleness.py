"""Stale artefacts: made by an older model or engine, or from older input.

The answer is the one that Dagster gives for each artefact and partition; a stream whose recording
was dropped to make room is left out on request, as there is nothing to make it from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from utawaku.library.artefacts import ARTEFACTS, UPSTREAM
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.orchestration.bindings import binding_of
from utawaku.workflows.model_versions import MISSING, models_of


@dataclass(frozen=True)
class Stale:
    """A stream, and its first artefact that is out of date; what follows comes along."""

    stream_id: str
    asset: str
    model_version: str
    """The one that made it."""


@dataclass(frozen=True)
class Version:
    """The present engine and models of an artefact."""

    engine_version: str
    models: Mapping[str, str]
    """Data version of each model by asset name; without those that are not on this machine."""


def present_versions(settings: Settings) -> dict[str, Version]:
    """Engine and models of each artefact as they are now."""
    return {
        name: Version(
            binding_of(name).code_version,
            {
                model.asset: version
                for model in models_of([name])
                if (version := model.version(settings)) != MISSING
            },
        )
        for name in ARTEFACTS
    }


def stale_artefacts(
    catalogue: Catalogue, settings: Settings, asset: str = "", *, dropped: bool = True
) -> list[Stale]:
    """Every artefact that is out of date by itself, in the order of the chain.

    Args:
        catalogue: where the versions are kept.
        settings: which engines are wanted.
        asset: only this artefact.
        dropped: also of streams whose recording was dropped.
    """
    versions = present_versions(settings)
    return [
        Stale(stream_id, name, made_by)
        for name in ARTEFACTS
        if asset in ("", name)
        for stream_id, made_by in catalogue.assets.stale(
            name,
            versions[name].engine_version,
            models=versions[name].models,
            upstream=UPSTREAM[name],
            dropped=dropped,
        )
    ]


def stale_streams(catalogue: Catalogue, settings: Settings, asset: str = "") -> list[Stale]:
    """Streams that can be brought up to date, each once, with the first artefact to make again."""
    found: dict[str, Stale] = {}
    for one in stale_artefacts(catalogue, settings, asset, dropped=False):
        found.setdefault(one.stream_id, one)
    return list(found.values())
