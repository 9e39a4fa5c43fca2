"""Drains what the screen and the command line asked for into runs."""

from collections.abc import Iterator

import dagster as dg

from assets.intake import add_partitions
from assets.resources import LibraryResource
from library.catalogue import Catalogue
from library.errors import NotFoundError
from library.records import Request
from sensors.jobs import ingest_stream, take_in_source
from sensors.stems import run_of as separation_of
from sensors.stems import separate_songs
from sensors.submissions import publish_submissions

INTERVAL_S = 5
BATCH = 25
"""Requests looked at in one tick; a tick has 60 s."""


@dg.sensor(
    jobs=[ingest_stream, take_in_source, publish_submissions, separate_songs],
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def drain_requests(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Start a run for every waiting request, once."""
    catalogue = library.catalogue
    close_finished(context.instance, catalogue)
    waiting = catalogue.requests.waiting(limit=BATCH)
    if not waiting:
        yield dg.SkipReason("nothing was asked for")
        return
    for request in waiting:
        run = _run_for(request, context, catalogue)
        if run is not None and catalogue.requests.claim(request.id):
            yield run


def _run_for(
    request: Request, context: dg.SensorEvaluationContext, catalogue: Catalogue
) -> dg.RunRequest | None:
    # A request put back after a crash starts anew, so the key counts the times it was queued.
    tags = {"utawaku/request": str(request.id)}
    run_key = f"request-{request.id}-{request.created_at:.3f}"
    if request.kind == "ingest":
        config = {"ops": {"take_in_request": {"config": {"request_id": request.id}}}}
        return dg.RunRequest(run_key, job_name=take_in_source.name, run_config=config, tags=tags)
    if request.kind in ("ingest_stream", "recut"):
        add_partitions(context.instance, [request.target])
        return dg.RunRequest(
            run_key, job_name=ingest_stream.name, partition_key=request.target, tags=tags
        )
    if request.kind == "upload":
        # The submission is queued already: this only saves the wait for the queue's own sensor.
        return dg.RunRequest(run_key, job_name=publish_submissions.name, tags=tags)
    if request.kind == "separate":
        try:
            return separation_of(request, catalogue, run_key)
        except NotFoundError as error:
            catalogue.requests.fail(request.id, str(error))
            return None
    catalogue.requests.fail(request.id, f"this version cannot do {request.kind!r}")
    return None


def close_finished(instance: dg.DagsterInstance, catalogue: Catalogue) -> None:
    """Carry the outcome of finished runs over to the requests that asked for them."""
    for request in catalogue.requests.running():
        runs = instance.get_runs(dg.RunsFilter(tags={"utawaku/request": str(request.id)}), limit=1)
        if not runs:
            continue
        status = runs[0].status
        if status == dg.DagsterRunStatus.SUCCESS:
            catalogue.requests.finish(request.id)
        elif status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED):
            failed = [
                state.message
                for state in catalogue.assets.of(request.target).values()
                if state.state == "failed"
            ]
            catalogue.requests.fail(request.id, "; ".join(failed) or "the run ended unfinished")
