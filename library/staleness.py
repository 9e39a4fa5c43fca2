"""The one definition of stale: made by another engine, model, mode or rules, or from older input.

`ingest`, `rematerialize`, the pipeline screen and Dagster go by it. An artefact is stale when what
its last success was made from is not what it would be made from now; what became of an attempt
since does not count. A model counts whether it is on this machine or to be fetched first. What
follows from a stream alone (`cut.*` with its channel's rules, its clock) is marked with the
artefact (`AssetStates.outdate`), and the same query finds it.

Something else is *unfinished* (never made, or the last attempt broke off) or *incomplete* (its
files are gone): `ingest` makes that, too, yet nothing about it is stale.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from utawaku.library.artefacts import ARTEFACTS, UPSTREAM
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.store.assets import OUTDATED

__all__ = [
    "INPUTS_ONLY",
    "OUTDATED",
    "Present",
    "Stale",
    "Version",
    "keep_present",
    "kept_present",
    "rules_mark",
    "stale_artefacts",
    "stale_streams",
]

_PRESENT = "artefacts.present_versions"
_DECIDING = ("segments", "songs", "labels", "sources", "stems", "highlight", "cut")
"""Sections of the settings that say which engines, models and rules are wanted."""


@dataclass(frozen=True)
class Version:
    """The present engine and models of an artefact."""

    engine_version: str | None
    """None where any will do."""
    models: Mapping[str, str]
    """Data version of each model, with the settings that decide what it finds, by asset name."""


Present = Mapping[str, Version]
"""The present version of each artefact, by name."""
INPUTS_ONLY: Present = {name: Version(None, {}) for name in ARTEFACTS}
"""To find what is of older input, whatever engine and model made it."""


@dataclass(frozen=True)
class Stale:
    """A stream, and an artefact of it that is out of date; what follows comes along."""

    stream_id: str
    asset: str
    model_version: str
    """The one that made it."""


def stale_artefacts(
    catalogue: Catalogue,
    present: Present,
    asset: str = "",
    *,
    dropped: bool = True,
    stream_id: str = "",
) -> list[Stale]:
    """Every artefact that is out of date by itself, in the order of the chain.

    Args:
        catalogue: where the versions are kept.
        present: what would be made now.
        asset: only this artefact.
        dropped: also of streams whose recording was dropped: there is nothing to make it from.
        stream_id: only of this stream.
    """
    return [
        Stale(stale_id, name, made_by)
        for name in ARTEFACTS
        if asset in ("", name) and name in present
        for stale_id, made_by in catalogue.assets.stale(
            name,
            present[name].engine_version,
            models=present[name].models,
            upstream=UPSTREAM[name],
            dropped=dropped,
            stream_id=stream_id,
        )
    ]


def stale_streams(catalogue: Catalogue, present: Present, asset: str = "") -> list[Stale]:
    """Streams that can be brought up to date, each once, with the first artefact to make again."""
    found: dict[str, Stale] = {}
    for one in stale_artefacts(catalogue, present, asset, dropped=False):
        found.setdefault(one.stream_id, one)
    return list(found.values())


def keep_present(catalogue: Catalogue, settings: Settings, present: Present) -> None:
    """Leave the present versions where the screen, which loads no engine, finds them."""
    versions = {name: asdict(version) for name, version in present.items()}
    told = {"settings": rules_mark(settings), "versions": versions}
    if catalogue.memories.recall(_PRESENT, {}) != told:
        catalogue.memories.keep(_PRESENT, told)


def kept_present(catalogue: Catalogue, settings: Settings) -> Present:
    """The present versions as pipeline or command line last told them.

    Empty where they never did, or where the settings have changed since.
    """
    told = catalogue.memories.recall(_PRESENT, {})
    if told.get("settings") != rules_mark(settings):
        return {}
    return {
        name: Version(one["engine_version"], dict(one["models"]))
        for name, one in told["versions"].items()
        if name in ARTEFACTS
    }


def rules_mark(settings: Settings) -> str:
    """Tells these settings from others that want other engines, models or rules."""
    wanted = settings.model_dump(mode="json", include=set(_DECIDING))
    return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:16]
