"""Turns failures of runs into notices with a reason and a next step."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.orchestration.orphaned_runs import GONE
from utawaku.orchestration.quiet_ticks import wait_for_change
from utawaku.orchestration.resources import NOBODY_WANTS_IT
from utawaku.orchestration.run_outcomes import close_unfinished
from utawaku.orchestration.run_tags import BATCH_TAG
from utawaku.services.webhook import announce

INTERVAL_S = 30
AT_ONCE = 20
"""Failures told in one tick."""
PARTITION_TAG = "dagster/partition"


@dg.sensor(
    description="Leaves a notice with a reason and a next step for every failed run.",
    target=None,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def run_failure_notices(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Leave a notice for each run of the pipeline that failed, the first one ever included.

    Runs of requests are settled by `drain_requests`, which knows whether they are tried again; here
    is told what nobody asked for by a request, and what broke without a message of ours.
    Dagster's own run-failure sensors pass over what failed before their first tick, and drop a
    failure whose notice cannot be written, with a CheckError about a missing origin: this one tells
    it in the next tick, and the tick's error is what went wrong.
    """
    settings, n_told = load_settings(), 0
    with closing(Catalogue.open(settings)) as catalogue:
        for place, run, message in _failures(context.instance, context.cursor):
            if run is not None:
                try:
                    _tell(run, message, catalogue, settings)
                except Exception:
                    if not n_told:
                        raise
                    break  # what was told is kept; the next tick begins with this one
                n_told += 1
            context.update_cursor(place)
        if not n_told:
            wait_for_change(context, catalogue, settings)
    return dg.SkipReason(f"{n_told} failure(s) told")


def _failures(
    instance: dg.DagsterInstance, cursor: str | None
) -> Iterator[tuple[str, dg.DagsterRun | None, str]]:
    """Yield failures after the cursor: the cursor behind it, the run if it is ours, what it said.

    Runs of a command that makes artefacts in its own process tell their user themselves.
    """
    records = instance.fetch_run_status_changes(
        dg.RunStatusChangeRecordsFilter(
            dg.DagsterEventType.RUN_FAILURE, after_storage_id=_storage_id(cursor)
        ),
        limit=AT_ONCE,
        ascending=True,
    ).records
    for record in records:
        run = instance.get_run_by_id(record.event_log_entry.run_id)
        event = record.event_log_entry.dagster_event
        is_ours = (
            run is not None
            and run.remote_job_origin is not None
            and NOBODY_WANTS_IT not in _told(event)
        )
        at = datetime.fromtimestamp(record.timestamp, UTC).isoformat()
        # The form of Dagster's own sensor, which this one replaces under its name.
        place = {"record_id": record.storage_id, "record_timestamp": at}
        yield json.dumps(place), run if is_ours else None, (event.message or "") if event else ""


def _told(event: dg.DagsterEvent | None) -> str:
    """All that the event of a failure says, the errors behind it included."""
    data = event.event_specific_data if event is not None else None
    error = getattr(data, "error", None)
    told = [event.message or "" if event is not None else ""]
    while error is not None:
        told.append(error.message)
        error = error.cause or error.context
    return "\n".join(told)


def _storage_id(cursor: str | None) -> int | None:
    """Return the number of the last failure that was told; None before the first."""
    try:
        return int(json.loads(cursor or "{}")["record_id"])
    except (ValueError, TypeError, KeyError):
        return None


def _tell(run: dg.DagsterRun, message: str, catalogue: Catalogue, settings: Settings) -> None:
    title, body = note_failure(run, message, catalogue)
    if BATCH_TAG not in run.tags:
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
