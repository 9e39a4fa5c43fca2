"""Drains what the screen, the command line and subscriptions asked for into runs."""

import time
from collections.abc import Iterator

import dagster as dg

from utawaku.jobs.ingest import ingest_stream, resolve_files, resolve_source
from utawaku.jobs.playlists import make_playlists
from utawaku.jobs.requested_runs import RequestedRuns
from utawaku.jobs.stems import separate_pieces, separate_songs
from utawaku.jobs.submissions import publish_submissions
from utawaku.jobs.taste import train_taste_job
from utawaku.library.catalogue import Catalogue
from utawaku.orchestration.cluster_queue import runs_on_their_way
from utawaku.orchestration.drain_lease import other_server
from utawaku.orchestration.former_names import carry_over_states
from utawaku.orchestration.orphaned_runs import close_orphaned_runs
from utawaku.orchestration.quiet_ticks import wait_for_change
from utawaku.orchestration.rematerialize import advance_rematerializations
from utawaku.orchestration.resources import DownloaderResource, LibraryResource
from utawaku.orchestration.run_outcomes import settle
from utawaku.orchestration.synchronous_requests import serve_synchronous_requests

INTERVAL_S = 4
"""Dagster looks each 5 s: a tick that would come a moment too early waits for the next look."""
WAITS_S = 3.5
"""Time that a tick with nothing to start waits for a request: it begins at once, and not with the
tick after next."""
LOOKS_EVERY_S = 0.25


@dg.sensor(
    description="Starts runs for waiting requests, once each, as far as sites, quotas "
    "and disk allow.",
    jobs=[
        ingest_stream,
        resolve_source,
        publish_submissions,
        separate_songs,
        separate_pieces,
        train_taste_job,
        make_playlists,
    ],
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def drain_requests(
    context: dg.SensorEvaluationContext,
    library: LibraryResource,
    downloader: DownloaderResource,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Start runs for waiting requests, once each, as far as sites and settings allow."""
    catalogue, settings = library.catalogue, library.settings
    catalogue.stored_times.settle(time.time())
    other = other_server(context.instance, catalogue, settings)
    if other:
        yield dg.SkipReason(f"the Dagster instance at {other} serves the requests")
        return
    carry_over_states(context.instance)
    on_their_way = runs_on_their_way(context.instance, settings)
    close_orphaned_runs(context.instance, catalogue, on_their_way)
    settle(context.instance, catalogue, settings)
    advance_rematerializations(catalogue, settings)
    newest = catalogue.requests.newest()
    n_started = 0
    for run in _runs(context, downloader):
        n_started += 1
        yield run
    # A tick that nobody waits for is the first after a start, or a test's.
    waits = context.last_tick_completion_time is not None
    if not n_started and waits and _is_filed(context, library, newest):
        for run in _runs(context, downloader):
            n_started += 1
            yield run
    if not n_started:
        n_waiting = catalogue.requests.count("queued")
        yield dg.SkipReason(
            f"{n_waiting} request(s) wait" if n_waiting else "nothing was asked for"
        )


def _runs(
    context: dg.SensorEvaluationContext, downloader: DownloaderResource
) -> Iterator[dg.RunRequest]:
    """Serve what needs no run, and start the others."""
    library = downloader.library
    serve_synchronous_requests(downloader)
    resolve_files(downloader, context.instance)
    yield from RequestedRuns.begin(context.instance, library.catalogue, library.settings).runs()


def _is_filed(context: dg.SensorEvaluationContext, library: LibraryResource, newest: int) -> bool:
    """Wait for a request after the newest one: while work goes on, no longer than `WAITS_S`."""
    catalogue = library.catalogue
    if _is_quiet(catalogue) and wait_for_change(
        context,
        catalogue,
        library.settings,
        until=lambda: catalogue.requests.newest() != newest,
        looks_every_s=LOOKS_EVERY_S,
    ):
        return catalogue.requests.newest() != newest
    until = time.monotonic() + WAITS_S
    while time.monotonic() < until:
        time.sleep(LOOKS_EVERY_S)
        if catalogue.requests.newest() != newest:
            return True
    return False


def _is_quiet(catalogue: Catalogue) -> bool:
    """Return whether no request waits or is worked on, and no run or command goes on."""
    requests = catalogue.requests
    return not (
        requests.count("queued") or requests.count("running") or catalogue.leases.listed()[0]
    )
