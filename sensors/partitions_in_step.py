"""Keeps Dagster's partitions and the catalogue's streams the same."""

import dagster as dg

from utawaku.orchestration import partitions
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 300


@dg.sensor(
    target=None,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Adds streams that Dagster does not know and removes partition keys without a "
    "stream, such as one that was typed into the Dagster UI.",
)
def partitions_in_step(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> dg.SkipReason:
    """Add streams that Dagster does not know, and remove keys that are no stream's."""
    step = partitions.partitions_in_step(context.instance, library.catalogue, fix=True)
    removed = [key for key in step.stranded if key not in step.kept]
    if removed:
        context.log.info("removed partitions without a stream: %s", ", ".join(removed[:20]))
    told = f"{len(step.missing)} partition(s) added, {len(removed)} removed"
    return dg.SkipReason(
        f"{told}, {len(step.kept)} kept for a backfill or run" if step.kept else told
    )
