"""Leases of runs that a worker has taken from its queue."""

import time
from types import SimpleNamespace

from utawaku.commands.celery_worker import BEGINS_WITHIN_S, ReceivedRuns
from utawaku.library.catalogue import Catalogue
from utawaku.library.store.leases import RECEIVED, RUN


def test_a_run_that_was_received_has_a_lease_until_it_takes_its_own(catalogue: Catalogue) -> None:
    received = ReceivedRuns(catalogue)
    # As Dagster's launcher packs the arguments of its task.
    packed = {"__class__": "ExecuteRunArgs", "run_id": "run-1"}
    received.received(request=SimpleNamespace(kwargs={"execute_job_args_packed": packed}))
    received.received(request=SimpleNamespace(kwargs={}))  # another kind of task
    assert [(row.id, row.kind) for row in catalogue.leases.listed()[0]] == [("run-1", RECEIVED)]
    assert received.renew() == 1
    assert catalogue.leases.take("run-1", RUN)
    catalogue.leases.release("run-1")
    assert received.renew() == 0


def test_a_run_that_was_over_before_it_came_keeps_no_lease(catalogue: Catalogue) -> None:
    received = ReceivedRuns(catalogue)
    packed = {"__class__": "ExecuteRunArgs", "run_id": "run-1"}
    received.received(request=SimpleNamespace(kwargs={"execute_job_args_packed": packed}))
    assert received.renew(now=time.monotonic() + BEGINS_WITHIN_S + 1) == 0
    assert catalogue.leases.listed()[0] == []
