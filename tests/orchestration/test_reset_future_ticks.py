"""Sensors tick again when the clock was set back."""

import time

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._daemon.sensor import get_elapsed

from utawaku.orchestration.reset_future_ticks import reset_future_ticks


def state_of(name: str, last_tick_at: float) -> InstigatorState:
    place = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="utawaku.definitions"))
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(place, "__repository__"), name)
    data = SensorInstigatorData(
        last_tick_timestamp=last_tick_at,
        last_tick_start_timestamp=last_tick_at,
        cursor=f"cursor of {name}",
        min_interval=5,
    )
    return InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, data)


def test_a_last_tick_that_lies_ahead_is_forgotten_and_nothing_else() -> None:
    now = time.time()
    with dg.instance_for_test() as stored:
        for name, at in (("tomorrow", now + 86_400), ("just now", now - 3)):
            stored.add_instigator_state(state_of(name, at))
        assert reset_future_ticks(stored, now) == ["tomorrow"]
        assert reset_future_ticks(stored, now) == []
        states = {one.instigator_name: one for one in stored.all_instigator_state()}
        assert get_elapsed(states["tomorrow"]) is None  # Dagster's own: it may tick at once
        assert (get_elapsed(states["just now"]) or 0.0) >= 3
        for name, state in states.items():
            assert isinstance(state.instigator_data, SensorInstigatorData)
            assert state.instigator_data.cursor == f"cursor of {name}"
            assert state.instigator_data.min_interval == 5
