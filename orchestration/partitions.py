"""Partitions of the pipeline: one for each stream."""

import warnings
from collections.abc import Iterable

import dagster as dg

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


def partitions_in_step(
    instance: dg.DagsterInstance, catalogue: Catalogue, *, fix: bool
) -> tuple[list[str], list[str]]:
    """Streams that Dagster does not know, and partitions without a stream; put right with `fix`."""
    name = stream_partitions.name
    assert name is not None
    known = set(instance.get_dynamic_partitions(name))
    streams = catalogue.streams.ids()
    missing, stranded = sorted(streams - known), sorted(known - streams)
    if fix:
        if missing:
            instance.add_dynamic_partitions(name, missing)
        for key in stranded:
            instance.delete_dynamic_partition(name, key)
    return missing, stranded


def add_partitions(instance: dg.DagsterInstance, stream_ids: Iterable[str]) -> None:
    """Make these streams known to Dagster."""
    assert stream_partitions.name is not None
    instance.add_dynamic_partitions(stream_partitions.name, list(stream_ids))
