"""Names that sensors and schedules had in earlier versions: what they left is carried over.

Dagster keeps the cursor of a sensor, and whether the user switched it off, under its name. A
renamed one would start afresh: switched on again, and blind for what happened in between.
"""

from collections.abc import Mapping

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RemoteInstigatorOrigin
from dagster._core.scheduler.instigation import InstigatorState

LOCATION = "utawaku"
"""Name of the code location, which earlier versions had, too."""
FORMER_SENSORS: Mapping[str, str] = {
    "look_at_channels": "poll_subscriptions",
    "retry_names": "retry_labels",
    "tell_of_failures": "run_failure_notices",
    "ask_for_training": "request_training",
    "tell_of_batches": "batch_notices",
}
"""Name of version 0.1 -> name now."""
FORMER_SCHEDULES: Mapping[str, str] = {"nightly": "nightly_maintenance_schedule"}


def carry_over_states(instance: dg.DagsterInstance) -> list[str]:
    """Give each renamed sensor and schedule the cursor and the switch that it had; returns names.

    The state under the former name goes, so this happens once.
    """
    if instance.schedule_storage is None:  # an instance in memory keeps none
        return []
    carried = []
    for kind, renamed in (
        (InstigatorType.SENSOR, FORMER_SENSORS),
        (InstigatorType.SCHEDULE, FORMER_SCHEDULES),
    ):
        for state in instance.all_instigator_state(instigator_type=kind):
            name = renamed.get(state.instigator_name)
            place = state.origin.repository_origin.code_location_origin
            if name is None or place.location_name != LOCATION:
                continue
            origin = RemoteInstigatorOrigin(state.origin.repository_origin, name)
            _put(instance, InstigatorState(origin, kind, state.status, state.instigator_data))
            instance.delete_instigator_state(state.instigator_origin_id, state.selector_id)
            carried.append(name)
    return carried


def _put(instance: dg.DagsterInstance, state: InstigatorState) -> None:
    known = instance.get_instigator_state(state.instigator_origin_id, state.selector_id)
    if known is None:
        instance.add_instigator_state(state)
    else:
        # The daemon was quicker: what it noted of a sensor that it took for a new one is replaced.
        instance.update_instigator_state(state)
