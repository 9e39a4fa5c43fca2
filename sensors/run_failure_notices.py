"""Turns failures of runs into notices with a reason and a next step."""

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.orchestration.orphaned_runs import GONE
from utawaku.orchestration.run_outcomes import close_unfinished
from utawaku.orchestration.run_tags import BATCH_TAG
from utawaku.services.webhook import announce

INTERVAL_S = 10
PARTITION_TAG = "dagster/partition"


@dg.run_failure_sensor(
    description="Leaves a notice with a reason and a next step for every failed run.",
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    monitor_all_code_locations=False,
)
def run_failure_notices(context: dg.RunFailureSensorContext) -> None:
    """Leave a notice for a run that failed.

    Runs of requests are settled by `drain_requests`, which knows whether they are tried again; here
    is told what nobody asked for by a request, and what broke without a message of ours.
    """
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    try:
        title, body = note_failure(
            context.dagster_run, context.failure_event.message or "", catalogue
        )
    finally:
        catalogue.close()
    if BATCH_TAG not in context.dagster_run.tags:
        announce(settings, "failure", title, body)


def name_of(run: dg.DagsterRun) -> str:
    """The job as a person knows it: by its assets where the Dagster UI made it up."""
    if not run.job_name.startswith("__ASSET_JOB"):
        return run.job_name
    names = sorted(key.to_user_string() for key in run.asset_selection or ())
    return ", ".join(names) or "all assets"


def note_failure(run: dg.DagsterRun, message: str, catalogue: Catalogue) -> tuple[str, str]:
    """Write what is known of a failed run; returns title and body of the notice."""
    stream_id = run.tags.get(PARTITION_TAG, "")
    stream = catalogue.streams.find(stream_id) if stream_id else None
    states = [state for state in close_unfinished(run.run_id, catalogue) if state.state == "failed"]
    told = [state for state in states if state.trouble.get("error") not in ("", None, "killed")]
    subject = (stream.title or stream.id) if stream else stream_id or run.job_name
    if states:
        body = states[0].message
    elif stream_id and stream is None:
        body = "there is no such stream; its partition is removed"
    else:
        body = message[:500]
    title = f"{states[0].asset if states else name_of(run)} failed"
    if told and stream is not None:
        return title, f"{subject}: {told[0].message}"  # `track` left a notice already
    again = BATCH_TAG in run.tags
    catalogue.notices.add(
        "warning" if again else "error",
        title,
        body=f"{subject}: {body or GONE}",
        next_step="It is tried again by itself"
        if again
        else f"Look at run {run.run_id[:8]} on the Dagster UI, or ask for it again",
        stream_id=stream.id if stream else "",
    )
    return title, f"{subject}: {body}"
