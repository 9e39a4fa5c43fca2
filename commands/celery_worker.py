"""The child process of `utawaku worker`: Celery's worker, with a lease for each run it receives.

`python -m utawaku.commands.celery_worker --queue NAME --at-once N`.
"""

import argparse
import logging
import os
import threading
import time
from typing import Any

from sqlalchemy.exc import DBAPIError

from utawaku.commands.parent_watch import end_with_forking_parent, end_with_parent
from utawaku.library.catalogue import Catalogue
from utawaku.library.cluster import REDIS_VARIABLE
from utawaku.library.config import load_settings
from utawaku.library.errors import CatalogueError
from utawaku.library.store.leases import RECEIVED, SEEN_EVERY_S
from utawaku.orchestration.cluster import CELERY, DEFAULT_QUEUE

_log = logging.getLogger(__name__)
BEGINS_WITHIN_S = 600.0
"""A run that has taken no lease of its own by then was over before it came."""
RUNS_OF_A_PROCESS = 25
"""Runs after which a process is replaced, so that it does not grow."""


class ReceivedRuns:
    """Leases of runs that this worker has taken from the queue and that have not begun yet.

    Without one, nothing would notice a run that is lost between the queue and its begin.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._run_ids: dict[str, float] = {}
        """Run -> when it was received, by the monotonic clock."""

    def received(self, request: Any = None, **_others: Any) -> None:
        """Note a run; a receiver of Celery's signal `task_received`."""
        packed = (request.kwargs or {}).get("execute_job_args_packed") or {}
        run_id = str(packed.get("run_id", ""))
        if not run_id:
            return
        try:
            if self._catalogue.leases.take(run_id, RECEIVED):
                with self._lock:
                    self._run_ids[run_id] = time.monotonic()
        except CatalogueError:
            _log.exception("run %s was received, and could not be noted", run_id)

    def renew_again_and_again(self) -> None:
        """Say each few seconds that they are here, until their runs have leases of their own."""
        stop = threading.Event()
        while not stop.wait(SEEN_EVERY_S):
            self.renew()

    def renew(self, now: float | None = None) -> int:
        """Say once that they are here; returns how many there still are."""
        now = time.monotonic() if now is None else now
        with self._lock:
            received = dict(self._run_ids)
        for run_id, at in received.items():
            try:
                is_over = now - at > BEGINS_WITHIN_S
                if is_over:
                    self._catalogue.leases.release(run_id)
                if is_over or not self._catalogue.leases.renew(run_id):
                    with self._lock:
                        self._run_ids.pop(run_id, None)
            except (DBAPIError, CatalogueError):
                _log.exception("no sign of life in the catalogue for now")
        return len(self._run_ids)


def main() -> None:
    """Work until a signal ends it."""
    from celery.signals import task_received, worker_process_init
    from dagster_celery.make_app import make_app
    from dagster_celery.tasks import create_execute_job_task, create_resume_job_task

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queue", action="append", required=True)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--tied", action="store_true", help="end when standard input is closed")
    given = parser.parse_args()
    if given.tied:
        end_with_parent()
    catalogue = Catalogue.open(load_settings())
    received = ReceivedRuns(catalogue)
    task_received.connect(received.received, weak=False)
    worker_process_init.connect(lambda **_others: end_with_forking_parent(), weak=False)
    threading.Thread(target=received.renew_again_and_again, name="received", daemon=True).start()
    redis = os.environ[REDIS_VARIABLE]
    app = make_app(
        {
            "broker": redis,
            "backend": redis,
            "config_source": CELERY,
            "task_default_queue": DEFAULT_QUEUE,
        }
    )
    create_execute_job_task(app)
    create_resume_job_task(app)
    app.worker_main(
        [
            "worker",
            f"--hostname=utawaku-{os.getpid()}@%h",
            f"--queues={','.join(given.queue)}",
            f"--concurrency={given.at_once}",
            f"--max-tasks-per-child={RUNS_OF_A_PROCESS}",
            "--loglevel=INFO",
            "--without-gossip",
            "--without-mingle",
        ]
    )


if __name__ == "__main__":
    main()
