"""Checks whose results Dagster keeps for each stream."""

import dagster as dg

from utawaku import assets
from utawaku.orchestration.partitions import stream_check, stream_partitions


@dg.asset(
    partitions_def=stream_partitions,
    check_specs=[stream_check("is_whole", asset="recording", description="Whole.", blocking=True)],
)
def recording(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    passed = context.partition_key != "broken"
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=passed)])


def test_a_stream_that_failed_its_check_stays_failed_when_another_passes() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["broken", "good"])
        for key in ("broken", "good"):
            dg.materialize([recording], partition_key=key, instance=instance, raise_on_error=False)
        check = dg.AssetCheckKey(dg.AssetKey("recording"), "is_whole")
        found = instance.event_log_storage.get_asset_check_partition_info([check])
    states = {one.partition_key: str(one.latest_execution_status) for one in found}
    assert {key: state.rpartition(".")[2] for key, state in states.items()} == {
        "broken": "FAILED",
        "good": "SUCCEEDED",
    }


@dg.asset(partitions_def=stream_partitions, deps=[recording])
def songs_of_it() -> None:
    """Cut from it."""


def test_what_a_failed_guard_guards_is_not_made() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["broken", "good"])
        made = {
            key: dg.materialize(
                [recording, songs_of_it],
                partition_key=key,
                instance=instance,
                raise_on_error=False,
            ).asset_materializations_for_node("songs_of_it")
            for key in ("broken", "good")
        }
    assert {key: len(events) for key, events in made.items()} == {"broken": 0, "good": 1}


def test_every_check_of_a_stream_has_its_partitions() -> None:
    definitions = {
        value
        for module in assets.MODULES
        for value in vars(module).values()
        if isinstance(value, dg.AssetsDefinition) and value.partitions_def == stream_partitions
    }
    checks = [check for asset in definitions for check in asset.check_specs]
    assert len(checks) >= 9
    assert [check.key for check in checks if check.partitions_def != stream_partitions] == []
