"""Followers of what was made again, as the daemon evaluates their conditions."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.definitions.asset_daemon_cursor import AssetDaemonCursor
from dagster._core.definitions.data_version import (
    DATA_VERSION_IS_USER_PROVIDED_TAG,
    DATA_VERSION_TAG,
)

from tests.fixtures.pipeline import Pipeline, everything
from utawaku.library.artefacts import CHAIN
from utawaku.orchestration.automation import FOLLOWERS
from utawaku.workflows.model_versions import MODELS


class Daemon:
    """The part of Dagster's daemon that evaluates conditions, tick by tick."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self._cursor: AssetDaemonCursor | None = None

    def made(self, name: str, version: str, stream_id: str | None = None) -> None:
        """Record that an asset was made."""
        tags = {DATA_VERSION_TAG: version, DATA_VERSION_IS_USER_PROVIDED_TAG: "true"}
        made = dg.AssetMaterialization(name, partition=stream_id, tags=tags)
        self._instance.report_runless_asset_event(made)

    def tick(self) -> set[tuple[str, str | None]]:
        """Evaluate; what would be made (asset, stream)."""
        selection = dg.AssetSelection.assets(*FOLLOWERS)
        found = dg.evaluate_automation_conditions(
            everything(), self._instance, asset_selection=selection, cursor=self._cursor
        )
        self._cursor = found.cursor
        with dg.partition_loading_context(dynamic_partitions_store=self._instance):
            return {
                (one.asset_key.to_user_string(), one.partition_key)
                for result in found.results
                for one in result.true_subset.expensively_compute_asset_partitions()
            }


@pytest.fixture
def daemon(pipeline: Pipeline) -> Iterator[Daemon]:
    pipeline.instance.add_dynamic_partitions("stream", ["a", "b", "new"])
    made = Daemon(pipeline.instance)
    for model in MODELS:
        made.made(model, "1")
    for name in CHAIN:
        made.made(name, "1", "a")
        made.made(name, "1", "b")
    for name in ("taste_model", "taste_scores"):
        made.made(name, "1")
    assert made.tick() == set()  # what was never made waits for a request
    return made


def test_what_follows_is_made_again_once_and_models_start_nothing(daemon: Daemon) -> None:
    daemon.made("segments", "2", "a")
    after = CHAIN[CHAIN.index("segments") + 1 :]
    assert daemon.tick() == {(name, "a") for name in after}
    assert daemon.tick() == set()
    daemon.made("segments", "2", "a")  # made again, with the same outcome
    assert daemon.tick() == set()
    for model in MODELS:
        daemon.made(model, "2")
    assert daemon.tick() == set()
    daemon.made("recordings", "1", "new")
    assert daemon.tick() == set()
    daemon.made("taste_model", "2")
    assert daemon.tick() == {("taste_scores", None)}


def test_nothing_follows_what_failed_a_check_that_blocks(
    daemon: Daemon, pipeline: Pipeline
) -> None:
    daemon.made("segments", "2", "a")
    daemon.made("segments", "2", "b")
    made = pipeline.instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=dg.AssetKey("segments"), asset_partitions=["a"]), limit=1
    ).records[0]
    pipeline.instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("segments"),
            check_name="segments_tile_the_recording",
            passed=False,
            metadata={},
            partition="a",
            target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                storage_id=made.storage_id, run_id=made.run_id, timestamp=made.timestamp
            ),
        )
    )
    assert {stream_id for _, stream_id in daemon.tick()} == {"b"}
