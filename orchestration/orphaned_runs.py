"""Runs whose process is gone: they are closed, and what they held is given back.

A killed process leaves its run `STARTED` for ever, and the next run would wait for its pool slot.
"""

import dagster as dg

from utawaku.library.processes import is_gone
from utawaku.orchestration.run_processes import process_of

GONE = "its process is gone; the next run continues"


def orphaned_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Runs that count as going on though the process that worked on them has ended."""
    statuses = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    going = instance.get_runs(dg.RunsFilter(statuses=statuses))
    return [run for run in going if (mark := process_of(run)) and is_gone(mark)]


def close_orphaned_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of processes that are gone as failed, free pool slots; returns the runs' ids."""
    dead = orphaned_runs(instance)
    for run in dead:
        instance.report_run_failed(run, GONE)
    free_slots_of_finished(instance)
    return [run.run_id for run in dead]


def free_slots_of_finished(instance: dg.DagsterInstance) -> list[str]:
    """Give back pool slots that runs hold which have ended; returns the runs' ids."""
    storage = instance.event_log_storage
    freed = []
    for run_id in storage.get_concurrency_run_ids():
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            storage.free_concurrency_slots_for_run(run_id)
            freed.append(run_id)
    return freed
