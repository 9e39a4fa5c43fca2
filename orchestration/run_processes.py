"""The process that works on a run, and where the run belongs on the Dagster UI."""

import os

import dagster as dg
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.tags import (
    AUTOMATION_CONDITION_TAG,
    BACKFILL_ID_TAG,
    PARENT_RUN_ID_TAG,
    REPOSITORY_LABEL_TAG,
    SCHEDULE_NAME_TAG,
    SENSOR_NAME_TAG,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from utawaku.library.place import here
from utawaku.library.processes import process_mark
from utawaku.orchestration.former_names import LOCATION
from utawaku.orchestration.run_tags import ASKED_BY_TAG, ASKED_FOR_TAG, HOST_TAG, PID_TAG, TITLE_TAG

UI = "Dagster UI"
MODULE = "utawaku.definitions"
REPOSITORY = "__repository__"
"""Dagster's name for the one repository of a `Definitions`."""


def mark_of_process(run_id: str) -> str:
    """The tag of a run that this process works on. A run that repeats one has its tags, too."""
    return f"{process_mark(os.getpid())} {run_id}"


def mark_process(instance: dg.DagsterInstance, run: dg.DagsterRun, title: str = "") -> None:
    """Note on a run that this process works on it, who asked for it, and the title of its stream.

    For people to read on the Dagster UI; whether the process lives is told by its lease.
    """
    if run.remote_job_origin is None:
        _tell_origin(instance, run)
    told = {PID_TAG: mark_of_process(run.run_id), HOST_TAG: here().host, **who_asked(run)}
    if title:
        told[TITLE_TAG] = title
    changed = {name: value for name, value in told.items() if run.tags.get(name) != value}
    if changed:
        instance.add_run_tags(run.run_id, changed)


def who_asked(run: dg.DagsterRun) -> dict[str, str]:
    """Tags that tell a person who asked for a run and for what, as far as it lacks them.

    A run that repeats another one has the tags of that one; it was the Dagster UI that asked.
    """
    told: dict[str, str] = {}
    if ASKED_BY_TAG not in run.tags or PARENT_RUN_ID_TAG in run.tags:
        told[ASKED_BY_TAG] = _asker(run)
    if ASKED_FOR_TAG not in run.tags:
        names = sorted(key.to_user_string() for key in run.asset_selection or ())
        told[ASKED_FOR_TAG] = ", ".join(names) or run.job_name
    return told


def _asker(run: dg.DagsterRun) -> str:
    if PARENT_RUN_ID_TAG in run.tags:
        return f"{UI}, again after {run.tags[PARENT_RUN_ID_TAG][:8]}"
    if SENSOR_NAME_TAG in run.tags:
        return f"sensor {run.tags[SENSOR_NAME_TAG]}"
    if SCHEDULE_NAME_TAG in run.tags:
        return f"schedule {run.tags[SCHEDULE_NAME_TAG]}"
    if AUTOMATION_CONDITION_TAG in run.tags:
        return "automation"
    if BACKFILL_ID_TAG in run.tags:
        return f"{UI}, backfill {run.tags[BACKFILL_ID_TAG]}"
    return UI


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
    labelled = _with_selection(instance, run.with_tags({**run.tags, **label}))
    origin = RemoteJobOrigin(repository, run.job_name)
    instance.run_storage.replace_job_origin(labelled, origin)


def _with_selection(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun:
    """The run with what it makes and checks: a run of part of a job in its own process lacks that,
    and would make the whole job when it is run again."""
    if run.asset_selection:  # Dagster notes an empty one
        return run
    planned = {
        kind: [entry.dagster_event for entry in instance.all_logs(run.run_id, of_type=kind)]
        for kind in (
            dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
            dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        )
    }
    assets, checks = planned.values()
    keys = {event.asset_key for event in assets if event is not None and event.asset_key}
    if not keys:
        return run
    return run._replace(
        asset_selection=frozenset(keys),
        asset_check_selection=frozenset(
            event.asset_check_planned_data.asset_check_key for event in checks if event is not None
        ),
    )
