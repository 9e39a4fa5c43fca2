"""Makes again what follows an artefact that was made again: Dagster's declarative automation."""

import dagster as dg

from utawaku.orchestration.automation import FOLLOWERS
from utawaku.orchestration.run_tags import ASKED_BY_TAG, ASKED_FOR_TAG

INTERVAL_S = 120
"""A tick over 3,000 streams costs less than a CPU-second (`benchmarks/automation.py`)."""

remake_followers = dg.AutomationConditionSensorDefinition(
    "remake_followers",
    target=dg.AssetSelection.assets(*FOLLOWERS),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=INTERVAL_S,
    description="Makes again what is made from an artefact that was made again with another "
    "outcome. Another model starts nothing: that is your decision.",
    run_tags={
        ASKED_BY_TAG: "automation",
        ASKED_FOR_TAG: "followers of what was made again",
    },
    # A backfill would be cancelled as a whole when one of its streams is removed.
    emit_backfills=False,
)
