"""Partitions follow the streams of the catalogue."""

from pathlib import Path

import dagster as dg
from dagster._core.events import DagsterEvent
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.orchestration.partitions import add_partitions, partitions_in_step
from utawaku.orchestration.pending_assets import pending_assets


def test_partitions_and_catalogue_are_brought_into_step(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("a", "/a"))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["b"])
        assert partitions_in_step(instance, catalogue, fix=False) == (["a"], ["b"], [])
        assert partitions_in_step(instance, catalogue, fix=True) == (["a"], ["b"], [])
        assert partitions_in_step(instance, catalogue, fix=False) == ([], [], [])


def test_no_partition_goes_while_a_backfill_is_under_way(catalogue: Catalogue) -> None:
    backfill = PartitionBackfill(
        "nightly", BulkActionStatus.REQUESTED, from_failure=False, tags={}, backfill_timestamp=0.0
    )
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["gone"])
        instance.add_backfill(backfill)
        assert partitions_in_step(instance, catalogue, fix=True).kept == ["gone"]
        assert instance.get_dynamic_partitions("stream") == ["gone"]
        instance.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_SUCCESS))
        assert partitions_in_step(instance, catalogue, fix=True).kept == []
        assert instance.get_dynamic_partitions("stream") == []


def test_a_partition_stays_while_a_run_works_on_it(catalogue: Catalogue) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["busy", "gone"])
        run = instance.create_run_for_job(
            dg.job(name="ingest_stream")(lambda: None), tags={"dagster/partition": "busy"}
        )
        instance.report_dagster_event(
            DagsterEvent("PIPELINE_START", run.job_name), run_id=run.run_id
        )
        assert partitions_in_step(instance, catalogue, fix=True).kept == ["busy"]
        assert instance.get_dynamic_partitions("stream") == ["busy"]
        instance.report_run_failed(run)
        partitions_in_step(instance, catalogue, fix=True)
        assert instance.get_dynamic_partitions("stream") == []


def test_a_stream_that_was_removed_and_added_again_is_made_again(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    """Dagster goes on to call it made: it keeps what happened to the key. We ask the catalogue."""
    recording = tmp_path / "a.opus"
    recording.touch()
    stream = Stream("a", "/a", recording_path=str(recording))
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            catalogue.streams.save(stream)
            add_partitions(instance, ["a"])
            assert "segments" in pending_assets(stream, catalogue, settings)
            instance.report_runless_asset_event(dg.AssetMaterialization("segments", partition="a"))
            catalogue.assets.done("a", "segments", engine="e", engine_version="1")
            catalogue.streams.delete("a")
            partitions_in_step(instance, catalogue, fix=True)
        assert instance.get_materialized_partitions(dg.AssetKey("segments")) == {"a"}
