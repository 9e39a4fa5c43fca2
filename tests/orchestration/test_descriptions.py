"""The definitions explain themselves on the Dagster UI."""

from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
import pytest

from utawaku.definitions import defs


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    return defs().get_repository_def()


def own_jobs(repository: dg.RepositoryDefinition) -> list[dg.JobDefinition]:
    return [job for job in repository.get_all_jobs() if not job.name.startswith("__")]


def undescribed(repository: dg.RepositoryDefinition) -> Iterator[str]:
    """Whatever a person meets on the UI without a word about it."""
    for instigator in (*repository.sensor_defs, *repository.schedule_defs):
        if not instigator.description:
            yield f"sensor or schedule {instigator.name}"
    for job in own_jobs(repository):
        if not job.description:
            yield f"job {job.name}"
        for node in job.all_node_defs:
            if not node.description:
                yield f"op {node.name}"
            schema: Any = getattr(node, "config_schema", None)
            fields = getattr(getattr(schema, "config_type", None), "fields", {})
            for name, field in fields.items():
                if not field.description:
                    yield f"config field {name} of {node.name}"
    for spec in repository.asset_graph.assets_defs:
        for one in spec.specs:
            if not one.description:
                yield f"asset {one.key.to_user_string()}"
        for check in spec.check_specs:
            if not check.description:
                yield f"check {check.name} of {check.asset_key.to_user_string()}"


def test_everything_on_the_ui_has_a_description(repository: dg.RepositoryDefinition) -> None:
    assert list(undescribed(repository)) == []


def test_the_walk_meets_every_kind_of_definition(repository: dg.RepositoryDefinition) -> None:
    configured = {
        name
        for job in own_jobs(repository)
        for node in job.all_node_defs
        for name in getattr(
            getattr(getattr(node, "config_schema", None), "config_type", None), "fields", {}
        )
    }
    assert {"song_ids", "subtitles", "stop_s", "wait_for_rate_limit", "request_ids"} <= configured
    checks = [one for asset in repository.asset_graph.assets_defs for one in asset.check_specs]
    assert len(checks) > 20


def test_no_two_groups_depend_on_each_other(repository: dg.RepositoryDefinition) -> None:
    graph = repository.asset_graph
    needs: dict[str, set[str]] = defaultdict(set)
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        for parent in node.parent_keys:
            above = graph.get(parent).group_name
            if above != node.group_name:
                needs[node.group_name].add(above)
    order = list(TopologicalSorter(needs).static_order())  # raises CycleError
    assert set(order) == {"models", "streams", "on_demand", "taste", "uploads"}


def test_every_asset_has_an_owner_a_kind_and_tells_how_it_is_made(
    repository: dg.RepositoryDefinition,
) -> None:
    for asset in repository.asset_graph.assets_defs:
        for spec in asset.specs:
            assert spec.owners, spec.key
            assert spec.kinds, spec.key
            assert spec.tags["utawaku/made"], spec.key
