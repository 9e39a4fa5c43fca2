"""The lease of a run, and the one of a command that makes artefacts in its own process.

One run or command works on a stream at a time, in whatever process, on whatever machine. Within one
process a stream can be taken again: a command holds it while its run does.
"""

import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import ExitCode, StreamBusyError
from utawaku.library.held_lease import HeldLease
from utawaku.library.store.leases import COMMAND, RUN

_log = logging.getLogger(__name__)


def run_lease(catalogue: Catalogue, run: dg.DagsterRun) -> HeldLease:
    """Take the lease of a run, which this process works on.

    Where a launcher started the run, its process ends as soon as the lease is lost: the run has
    been closed by then, and no more events of it may be stored. A command's run fails with the
    reason.

    Raises:
        LeaseLostError: another process has it, or the run was closed.
    """
    is_launched = run.remote_job_origin is not None
    return HeldLease.take(catalogue, run.run_id, RUN, end_process if is_launched else _nothing)


def end_process() -> None:
    """End at once, with nothing tidied up: all that this process held belongs to another one."""
    _log.error("this run was given to another worker; its process ends")
    os._exit(ExitCode.FAILED)


def _nothing() -> None:
    pass


@contextmanager
def command_lease(catalogue: Catalogue, stream_id: str) -> Iterator[HeldLease]:
    """Work on a stream in this process. Waits for nobody.

    Raises:
        StreamBusyError: another program works on it.
    """
    held = HeldLease.take(catalogue, f"{COMMAND}-{uuid.uuid4()}", COMMAND)
    try:
        if not held.claim_stream(stream_id):
            raise StreamBusyError(
                "another utawaku is working on this stream",
                subject=stream_id,
                next_step="Ask again when it is done",
            )
        yield held
    finally:
        held.release()
