"""After the clock was set back: sensors would wait until the time of their last tick is over again.

Dagster compares that time with the clock, so a machine that booted a day ahead and was then put
right would look at nothing for a day.
"""

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import SensorInstigatorData

SLACK_S = 60.0


def reset_future_ticks(instance: dg.DagsterInstance, now: float) -> list[str]:
    """Let sensors whose last tick lies ahead tick again; returns their names. Cursors stay."""
    found = []
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        data = state.instigator_data
        if not isinstance(data, SensorInstigatorData):
            continue
        last = max(data.last_tick_timestamp or 0.0, data.last_tick_start_timestamp or 0.0)
        if last > now + SLACK_S:
            known = data._replace(last_tick_timestamp=None, last_tick_start_timestamp=None)
            instance.update_instigator_state(state.with_data(known))
            found.append(state.instigator_name)
    return found
