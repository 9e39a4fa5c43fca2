"""A home of version 0.1: cursors and switches of renamed sensors and schedules stay."""

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from tests.fixtures.home_of_version_0_1 import old_home as old_home
from tests.fixtures.home_of_version_0_1 import old_instance as old_instance
from utawaku.definitions import defs
from utawaku.orchestration.former_names import (
    FORMER_SCHEDULES,
    FORMER_SENSORS,
    carry_over_states,
)

RENAMED = {
    "nightly_maintenance_schedule",
    "poll_subscriptions",
    "request_training",
    "run_failure_notices",
}


def origin_now(name: str) -> RemoteInstigatorOrigin:
    """The origin of a sensor as a daemon of today sees it: another module in another process."""
    target = LoadableTargetOrigin(module_name="utawaku.definitions")
    place = ManagedGrpcPythonEnvCodeLocationOrigin(target, location_name="utawaku")
    return RemoteInstigatorOrigin(RemoteRepositoryOrigin(place, "__repository__"), name)


def state_now(instance: dg.DagsterInstance, name: str) -> InstigatorState | None:
    origin = origin_now(name)
    return instance.get_instigator_state(origin.get_id(), origin.get_selector().get_id())


def cursor_of(instance: dg.DagsterInstance, name: str) -> str:
    state = state_now(instance, name)
    assert state is not None
    assert isinstance(state.instigator_data, SensorInstigatorData)
    return state.instigator_data.cursor or ""


def test_every_former_name_has_one_that_exists_and_is_not_used_any_more() -> None:
    known = defs().get_repository_def()
    sensors = {sensor.name for sensor in known.sensor_defs}
    schedules = {schedule.name for schedule in known.schedule_defs}
    assert set(FORMER_SENSORS.values()) <= sensors
    assert set(FORMER_SCHEDULES.values()) <= schedules
    assert not set(FORMER_SENSORS) & sensors
    assert not set(FORMER_SCHEDULES) & schedules


def test_cursors_and_switches_are_carried_over_once(old_instance: dg.DagsterInstance) -> None:
    assert set(carry_over_states(old_instance)) == RENAMED
    for name in ("poll_subscriptions", "request_training", "nightly_maintenance_schedule"):
        state = state_now(old_instance, name)
        assert state is not None
        assert state.status == InstigatorStatus.STOPPED
    assert '"record_id": 41' in cursor_of(old_instance, "run_failure_notices")
    left = {
        state.instigator_name
        for kind in (InstigatorType.SENSOR, InstigatorType.SCHEDULE)
        for state in old_instance.all_instigator_state(instigator_type=kind)
    }
    assert left == RENAMED | {"watch_folder", "notice_new_models", "drain_requests"}
    assert carry_over_states(old_instance) == []


def test_the_watched_folder_is_known_still_from_another_module(
    old_instance: dg.DagsterInstance,
) -> None:
    assert "/in/evening.mkv" in cursor_of(old_instance, "watch_folder")


def test_what_a_quick_daemon_noted_of_the_new_name_is_replaced(
    old_instance: dg.DagsterInstance,
) -> None:
    old_instance.add_instigator_state(
        InstigatorState(
            origin_now("poll_subscriptions"),
            InstigatorType.SENSOR,
            InstigatorStatus.DECLARED_IN_CODE,
            SensorInstigatorData(min_interval=30),
        )
    )
    assert "poll_subscriptions" in carry_over_states(old_instance)
    state = state_now(old_instance, "poll_subscriptions")
    assert state is not None
    assert state.status == InstigatorStatus.STOPPED
