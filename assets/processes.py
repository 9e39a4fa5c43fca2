"""Which process works on a run, so that runs of processes that are gone can be told."""

import os

import dagster as dg
import psutil

PID_TAG = "utawaku/pid"


def process_mark(pid: int) -> str:
    """Name a process so that a later one with the same number is told apart."""
    try:
        return f"{pid}-{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return f"{pid}-gone"


def is_gone(mark: str) -> bool:
    """Whether the process that wrote `mark` has ended."""
    number = mark.split("-")[0]
    return not number.isdigit() or mark != process_mark(int(number))


def mark_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note on a run that this process works on it; sensors, which are no runs, are left out."""
    run = instance.get_run_by_id(run_id)
    mark = process_mark(os.getpid())
    if run is not None and run.tags.get(PID_TAG) != mark:
        instance.add_run_tags(run_id, {PID_TAG: mark})
