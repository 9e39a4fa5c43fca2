"""Versions of models that Dagster has on record, kept true by whoever uses a model."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import (
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
)

from utawaku.library.config import Settings
from utawaku.models import registry
from utawaku.orchestration.shown_metadata import source_of
from utawaku.workflows.model_versions import MISSING, MODELS, Model


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


def report_versions(
    instance: dg.DagsterInstance, settings: Settings, models: Iterable[Model]
) -> dict[str, str]:
    """Tell Dagster the present versions of models, where it has others; returns those told.

    No run is needed for it: a model is not made here, and a run that has begun already could not
    wait for another one.
    """
    wanted = list(models)
    recorded = recorded_versions(instance) if wanted else {}
    told = {}
    for model in wanted:
        version = model.version(settings)
        if version in (MISSING, recorded.get(model.asset)):
            continue
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                model.asset,
                metadata=described(model, settings),
                tags={DATA_VERSION_TAG: version, DATA_VERSION_IS_USER_PROVIDED_TAG: "true"},
            )
        )
        told[model.asset] = version
    return told


def described(model: Model, settings: Settings) -> Mapping[str, Any]:
    """The model that the settings choose, as metadata."""
    version = model.version(settings)
    told: dict[str, Any] = {"version": version, "makes": ", ".join(model.makes)}
    name = model.weights(settings) if model.weights is not None else ""
    if name:
        known = registry.entry(name)
        here = model.is_here(settings)
        told |= {
            "name": name,
            "licence": known.licence,
            "source": source_of(known.source.described),
            "state": "here" if here else f"not fetched: {model.fetched_by(settings)}",
        }
    return told
