"""Notices new models, and tells how many streams an older one made."""

import json
import time

import dagster as dg

from utawaku.jobs.models import refresh_models
from utawaku.orchestration.model_versions import recorded_versions
from utawaku.orchestration.resources import LibraryResource
from utawaku.orchestration.staleness import stale_streams
from utawaku.workflows.model_versions import MISSING, MODELS

INTERVAL_S = 120
PATIENCE_S = 1800.0
"""After so long a run that did not come to an end is asked for again."""


@dg.sensor(
    job=refresh_models,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def notice_new_models(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> dg.SensorResult | dg.SkipReason:
    """Materialize the models whose version differs from the one that Dagster knows.

    Nothing is made again by itself: with thousands of streams that is the user's decision, and one
    `utawaku rematerialize` away.
    """
    settings = library.settings
    recorded = recorded_versions(context.instance)
    present = {name: model.version(settings) for name, model in MODELS.items()}
    # A model that is not here is fetched by the first stream that needs it.
    changed = {
        name: version
        for name, version in present.items()
        if version not in (MISSING, recorded.get(name))
    }
    if not changed:
        return dg.SkipReason("every model is of the version that Dagster knows")
    asked, asked_at = _read(context.cursor)
    if asked == changed and 0 <= time.time() - asked_at < PATIENCE_S:
        return dg.SkipReason("their run was asked for")
    replaced = [name for name in changed if recorded.get(name) not in (None, "", MISSING)]
    stale = stale_streams(library.catalogue, settings) if replaced else []
    if stale:
        told = (
            f"{', '.join(MODELS[name].makes)}: {recorded[name][:12]} became {changed[name][:12]}"
            for name in replaced
        )
        library.catalogue.notices.add(
            "info",
            f"{len(stale)} streams were made with an older model or engine",
            body="; ".join(told),
            next_step="`utawaku rematerialize` makes just those again; your edits stay",
        )
    # No run key: going back to an earlier version must count, too. The time is cut, not rounded: a
    # moment in the future would look like a clock set back.
    run = dg.RunRequest(asset_selection=[dg.AssetKey(name) for name in changed])
    return dg.SensorResult(
        run_requests=[run], cursor=json.dumps({"asked": changed, "at": int(time.time())})
    )


def _read(cursor: str | None) -> tuple[dict[str, str], float]:
    try:
        content = json.loads(cursor or "{}")
        return dict(content.get("asked", {})), float(content.get("at", 0))
    except (ValueError, TypeError, AttributeError):
        return {}, 0.0  # of an earlier version
