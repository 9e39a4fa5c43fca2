"""Versions of models that Dagster has on record."""

from collections.abc import Iterable

import dagster as dg

from utawaku.library.config import Settings
from utawaku.workflows.model_versions import MISSING, MODELS, models_of

DATA_VERSION_TAG = "dagster/data_version"


def recorded_versions(instance: dg.DagsterInstance) -> dict[str, str]:
    """The data version of each model that Dagster knows, by asset name."""
    keys = [dg.AssetKey(name) for name in MODELS]
    found = instance.get_latest_materialization_events(keys)
    versions = {}
    for key, event in found.items():
        made = event.asset_materialization if event else None
        versions[key.to_user_string()] = ((made.tags if made else None) or {}).get(
            DATA_VERSION_TAG, ""
        )
    return versions


def unrecorded(
    instance: dg.DagsterInstance, settings: Settings, artefacts: Iterable[str]
) -> list[str]:
    """Models to materialize before these artefacts are made: new to Dagster, or not fetched yet."""
    recorded = recorded_versions(instance)
    return [
        model.asset
        for model in models_of(artefacts)
        if (version := model.version(settings)) == MISSING or version != recorded.get(model.asset)
    ]
