"""Carries what became of runs over to the requests that asked for them.

A request ends in one of three ways: done, failed for good (with a notice), or back in the queue
with a time and a reason.
"""

import errno
import os
import time
from dataclasses import dataclass, replace

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.records import AssetState, Request
from utawaku.library.requests import Ingest, IngestStream, RecheckLength, kind_names, read_request
from utawaku.library.retry_policies import next_try
from utawaku.orchestration.drain_lease import is_foreign
from utawaku.orchestration.run_tags import BATCH_TAG, LOST_TAG
from utawaku.services.webhook import announce

FULL_DISK = (os.strerror(errno.ENOSPC), "disk is full")
"""As the system says it, and as SQLite does."""
STRANDED_S = 120.0
"""A request that was claimed so long ago, and still has no run, lost it in a crash."""


def stream_of(request: Request) -> str:
    """The stream that a request is about, if it is about one: of a song, the song's."""
    return request.target.rpartition("@")[0] or request.target


@dataclass(frozen=True)
class Trouble:
    """The failure, in the terms that the next try depends on."""

    error: str
    message: str
    retry_after_s: float | None = None

    @classmethod
    def of(cls, error: UtawakuError) -> "Trouble":
        """Of an error that was caught."""
        return cls(type(error).__name__, str(error), getattr(error, "retry_after_s", None))


def settle(
    instance: dg.DagsterInstance, catalogue: Catalogue, settings: Settings, now: float | None = None
) -> None:
    """Look at the run of every running request."""
    now = time.time() if now is None else now
    runs: dict[str, dg.DagsterRun | None] = {}
    for request in catalogue.requests.running():
        if not request.run_id:
            continue  # somebody outside of the pipeline works on it
        if request.run_id not in runs:
            tags = {BATCH_TAG: request.run_id}
            found = instance.get_runs(dg.RunsFilter(tags=tags), limit=1)
            runs[request.run_id] = found[0] if found else None
        run = runs[request.run_id]
        if run is None:
            if not 0 <= now - (request.started_at or 0.0) < STRANDED_S and not (
                is_foreign(request.run_id, instance)
                and catalogue.leases.is_held(stream_of(request))
            ):
                # What another instance has not begun yet ends at once when it begins.
                catalogue.requests.give_back(request.id)
        elif run.status == dg.DagsterRunStatus.SUCCESS:
            _succeeded(request, catalogue)
        elif run.status == dg.DagsterRunStatus.CANCELED:
            close_unfinished(run.run_id, catalogue)
            catalogue.requests.cancel(request.id)
        elif run.status == dg.DagsterRunStatus.FAILURE:
            states = close_unfinished(run.run_id, catalogue)
            trouble = _trouble(states)
            if trouble.error == "killed" and LOST_TAG in run.tags:
                trouble = replace(trouble, error="lost")
            retry_or_fail(request, trouble, catalogue, settings, now)


def retry_or_fail(
    request: Request,
    trouble: Trouble,
    catalogue: Catalogue,
    settings: Settings,
    now: float | None = None,
) -> bool:
    """Put a failed request back for later, or give it up with a notice; True where it comes back.

    Trying again is for what runs by itself: every request does, whoever filed it.
    """
    now = time.time() if now is None else now
    retry = next_try(
        trouble.error,
        attempts=request.attempts,
        waited_s=max(0.0, now - request.created_at),
        retry_after_s=trouble.retry_after_s,
        wait_for_archive_s=settings.subscriptions.wait_for_archive_h * 3600,
    )
    if retry is not None:
        wanted = read_request(request) if retry.accept_incomplete else None
        if isinstance(wanted, Ingest | IngestStream):
            wanted = replace(wanted, take_incomplete=True)
        return catalogue.requests.try_again(
            request.id, now + retry.wait_s, trouble.message, wanted=wanted
        )
    catalogue.requests.fail(request.id, trouble.message)
    title = f"Given up: {request.kind} of {request.target}"
    catalogue.notices.add("error", title[:300], body=trouble.message, next_step=_NEXT_STEP)
    announce(settings, "failure", title[:300], trouble.message)
    return False


_NEXT_STEP = "Mend the cause, then ask for it again"


def close_unfinished(run_id: str, catalogue: Catalogue) -> list[AssetState]:
    """States that a run left; those that it left `running` are marked as broken off."""
    states = catalogue.assets.of_run(run_id)
    for state in states:
        if state.state == "running":
            catalogue.assets.failed(
                state.stream_id,
                state.asset,
                "the process ended in the middle; it is tried again",
                error="killed",
            )
    return catalogue.assets.of_run(run_id)


def _succeeded(request: Request, catalogue: Catalogue) -> None:
    if request.kind in (*kind_names(Ingest), *kind_names(RecheckLength)):
        # That job settles its requests itself. What is left was claimed for a run that had been
        # started before without it.
        catalogue.requests.requeue(request.id)
        return
    catalogue.requests.finish(request.id)


def _trouble(states: list[AssetState]) -> Trouble:
    """Return what to go by: the first artefact that failed, else that the process was killed."""
    for state in states:
        if state.state == "failed":
            error = str(state.trouble.get("error") or "unknown")
            # Encoders and tag writers tell of a full disk in their own words.
            if any(words in state.message for words in FULL_DISK):
                error = "DiskFullError"
            return Trouble(
                error,
                state.message,
                state.trouble.get("retry_after_s"),
            )
    return Trouble("killed", "the run ended unfinished")
