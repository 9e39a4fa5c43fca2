"""The process that works on a run, and where the run belongs on the Dagster UI."""

import os

import dagster as dg
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from utawaku.library.processes import process_mark
from utawaku.orchestration.former_names import LOCATION
from utawaku.orchestration.run_tags import PID_TAG

MODULE = "utawaku.definitions"
REPOSITORY = "__repository__"
"""Dagster's name for the one repository of a `Definitions`."""


def mark_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note on a run that this process works on it; sensors, which are no runs, are left out."""
    run = instance.get_run_by_id(run_id)
    mark = process_mark(os.getpid())
    if run is None:
        return
    if run.remote_job_origin is None:
        _tell_origin(instance, run)
    if run.tags.get(PID_TAG) != mark:
        instance.add_run_tags(run_id, {PID_TAG: mark})


def _tell_origin(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """Note the code location of a run of the command line, which Dagster leaves without one.

    Without it the Dagster UI lists the run nowhere but among all runs, and cannot run it again.
    """
    target = LoadableTargetOrigin(module_name=MODULE)
    location = ManagedGrpcPythonEnvCodeLocationOrigin(target, location_name=LOCATION)
    repository = RemoteRepositoryOrigin(location, REPOSITORY)
    # The label first: to replace the origin changes a label that is there, and adds none.
    label = {REPOSITORY_LABEL_TAG: repository.get_label()}
    instance.add_run_tags(run.run_id, label)
    labelled = run.with_tags({**run.tags, **label})
    origin = RemoteJobOrigin(repository, run.job_name)
    instance.run_storage.replace_job_origin(labelled, origin)
