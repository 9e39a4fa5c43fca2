"""The process that works on a run, to recognise runs of processes that are gone."""

import os

import dagster as dg

from utawaku.library.processes import process_mark
from utawaku.orchestration.run_tags import PID_TAG


def mark_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note on a run that this process works on it; sensors, which are no runs, are left out."""
    run = instance.get_run_by_id(run_id)
    mark = process_mark(os.getpid())
    if run is not None and run.tags.get(PID_TAG) != mark:
        instance.add_run_tags(run_id, {PID_TAG: mark})
