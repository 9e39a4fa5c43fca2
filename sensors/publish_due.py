"""Starts a run of the upload queue when something in it is due."""

import time

import dagster as dg

from utawaku.jobs.submissions import publish_submissions
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 60

_OPEN = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


@dg.sensor(
    description="Starts a run of the upload queue while submissions are due.",
    job=publish_submissions,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def publish_due(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run while submissions are due; budgets and holds are the queue's own business."""
    due = library.catalogue.submissions.due(time.time())
    if not due:
        return dg.SkipReason("nothing is due")
    running = dg.RunsFilter(job_name=publish_submissions.name, statuses=_OPEN)
    if context.instance.get_runs(running, limit=1):
        return dg.SkipReason("the queue is being worked on")
    return dg.RunRequest(tags={"utawaku/due": str(len(due))})
