"""Model weights as assets: their data version is the registry's, so Dagster sees what is stale.

`segments` depends on `segmenter_weights`. When the version of the weights that the settings want
changes, the next look materializes them with a new data version, and Dagster's page shows every
stream's segments, and what follows, as stale: the same streams as `assets.staleness` finds in the
catalogue.
"""

from typing import Any

import dagster as dg

from assets.resources import LibraryResource
from library.config import Settings
from library.errors import UtawakuError, WeightsMissingError
from models import registry


def wanted_weights(settings: Settings) -> str:
    """Name of the segmenter's weights that the settings want."""
    return settings.segments.engine


def weights_version(settings: Settings) -> str:
    """Data version of the wanted weights; empty where they are not on this machine."""
    try:
        return registry.version(wanted_weights(settings), settings.weights_dir)
    except WeightsMissingError:
        return ""


def weights_metadata(settings: Settings) -> dict[str, Any]:
    """What is known of the wanted weights."""
    known = registry.entry(wanted_weights(settings))
    return {
        "name": known.name,
        "purpose": known.purpose,
        "licence": known.licence,
        "source": known.source.described,
    }


@dg.asset(group_name="models", kinds={"onnx"})
def segmenter_weights(
    context: dg.AssetExecutionContext, library: LibraryResource
) -> dg.MaterializeResult:
    """Weights that tell speech from music: fetched, verified, converted."""
    settings = library.settings
    try:
        registry.pull(wanted_weights(settings), settings.weights_dir)
    except UtawakuError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    version = weights_version(settings)
    return dg.MaterializeResult(
        metadata={**weights_metadata(settings), "sha256": version},
        data_version=dg.DataVersion(version),
    )


def recorded_version(instance: dg.DagsterInstance) -> str:
    """The data version of the weights that Dagster knows; empty where it knows none."""
    event = instance.get_latest_materialization_event(segmenter_weights.key)
    tags = event.asset_materialization.tags if event and event.asset_materialization else None
    return (tags or {}).get("dagster/data_version", "")
