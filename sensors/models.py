"""Notices new model weights, and tells how many streams an older version made."""

import time

import dagster as dg

from assets.models import recorded_version, segmenter_weights, weights_version
from assets.resources import LibraryResource
from assets.staleness import stale_streams

INTERVAL_S = 120
PATIENCE_S = 1800.0
"""After so long a run that did not come to an end is asked for again."""

refresh_weights = dg.define_asset_job(
    "refresh_weights",
    selection=dg.AssetSelection.assets(segmenter_weights),
    executor_def=dg.in_process_executor,
    description="Record the version of the model weights that are here.",
)


@dg.sensor(
    job=refresh_weights,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def notice_new_weights(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> dg.SensorResult | dg.SkipReason:
    """Materialize the weights when their version differs from the one that Dagster knows.

    Nothing is made anew by itself: with thousands of streams that is the user's decision, and one
    `utawaku rematerialize` away.
    """
    present = weights_version(library.settings)
    recorded = recorded_version(context.instance)
    if not present:
        return dg.SkipReason("the weights are not here yet; the first stream fetches them")
    if present == recorded:
        return dg.SkipReason(f"unchanged since {recorded[:12]}")
    asked, _, asked_at = (context.cursor or "").partition(" ")
    if asked == present and 0 <= time.time() - float(asked_at or 0) < PATIENCE_S:
        return dg.SkipReason("its run was asked for")
    stale = stale_streams(library.catalogue, library.settings)
    if recorded and stale:
        library.catalogue.notices.add(
            "info",
            f"{len(stale)} streams were made with an older model or engine",
            body=f"The weights are now {present[:12]}, they were {recorded[:12]}",
            next_step="`utawaku rematerialize` makes just those anew; your edits stay",
        )
    # No run key: going back to an earlier version must count, too. The time is cut, not rounded: a
    # moment in the future would look like a clock set back.
    return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=f"{present} {int(time.time())}")
