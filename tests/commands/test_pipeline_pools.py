"""Limits of Dagster's pools: ours at first, the user's own for ever."""

import dagster as dg

from tests.fixtures.home_of_version_0_1 import old_home as old_home
from tests.fixtures.home_of_version_0_1 import old_instance as old_instance
from utawaku.commands.pipeline import POOLS, prepare_pools


def limits(instance: dg.DagsterInstance) -> dict[str, int]:
    return {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}


def test_a_new_home_gets_our_limits() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        prepare_pools(instance)
        assert limits(instance) == POOLS


def test_a_limit_that_the_user_set_survives_every_command(
    old_instance: dg.DagsterInstance,
) -> None:
    """The home of version 0.1 has six slots for `cpu`, and a pool that no step is in."""
    prepare_pools(old_instance)
    assert limits(old_instance) == POOLS | {"cpu": 6}
    old_instance.event_log_storage.set_concurrency_slots("download", 3)
    prepare_pools(old_instance)
    assert limits(old_instance) == POOLS | {"cpu": 6, "download": 3}
