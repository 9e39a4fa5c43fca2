"""Partitions of the pipeline: one for each stream."""

import warnings
from collections.abc import Iterable
from typing import NamedTuple

import dagster as dg
from dagster._core.execution.backfill import (
    BULK_ACTION_TERMINAL_STATUSES,
    BulkActionsFilter,
    BulkActionStatus,
)
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from utawaku.library.catalogue import Catalogue

stream_partitions = dg.DynamicPartitionsDefinition(name="stream")
"""Keys are stream ids. Songs are rows of the catalogue, never partitions: Dagster's daemon starts
about one run a second, and a library holds 30,000 songs in about 3,000 streams."""


def stream_check(
    name: str, *, asset: str, description: str, blocking: bool = False
) -> dg.AssetCheckSpec:
    """A check whose result Dagster keeps for each stream; a blocking one guards what follows.

    A check without partitions of its own has one state for the whole asset: a stream that failed
    would look well as soon as another one passes
    (``findings/dagster-check-forgets-other-partitions.sh``).
    """
    with warnings.catch_warnings():
        # Dagster 1.13 calls the parameter a preview.
        warnings.filterwarnings("ignore", message=".*partitions_def", category=dg.PreviewWarning)
        return dg.AssetCheckSpec(
            name,
            asset=asset,
            description=description,
            blocking=blocking,
            partitions_def=stream_partitions,
        )


class Step(NamedTuple):
    """Streams and partitions that do not belong together."""

    missing: list[str]
    """Streams that Dagster does not know."""
    stranded: list[str]
    """Partitions without a stream."""
    kept: list[str]
    """Those of `stranded` that may not go yet: a backfill or run is at work."""


def partitions_in_step(instance: dg.DagsterInstance, catalogue: Catalogue, *, fix: bool) -> Step:
    """Return what is out of step between Dagster and the catalogue; put right with `fix`.

    A partition that goes while an asset backfill is under way cancels the whole backfill with all
    its runs, those of other streams included, so such a one waits for its end.
    """
    name = stream_partitions.name
    assert name is not None
    known = set(instance.get_dynamic_partitions(name))
    streams = catalogue.streams.ids()
    missing, stranded = sorted(streams - known), sorted(known - streams)
    kept = _in_use(instance, stranded)
    if fix:
        if missing:
            instance.add_dynamic_partitions(name, missing)
        for key in stranded:
            if key not in kept:
                instance.delete_dynamic_partition(name, key)
    return Step(missing, stranded, kept)


def _in_use(instance: dg.DagsterInstance, keys: list[str]) -> list[str]:
    """Return the partitions that a backfill or a run that is not over may need."""
    if not keys:
        return []
    under_way = [one for one in BulkActionStatus if one not in BULK_ACTION_TERMINAL_STATUSES]
    if instance.get_backfills(BulkActionsFilter(statuses=under_way), limit=1):
        return keys
    runs = dg.RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES, tags={PARTITION_NAME_TAG: keys})
    busy = {run.tags[PARTITION_NAME_TAG] for run in instance.get_runs(runs)}
    return [key for key in keys if key in busy]


def add_partitions(instance: dg.DagsterInstance, stream_ids: Iterable[str]) -> None:
    """Make these streams known to Dagster."""
    assert stream_partitions.name is not None
    instance.add_dynamic_partitions(stream_partitions.name, list(stream_ids))
