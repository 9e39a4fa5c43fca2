"""Stale streams and failed checks, as the graph, the catalogue and notices tell them."""

import dagster as dg
import pytest

import utawaku.assets  # noqa: F401  binds the artefacts
from tests.fixtures.pipeline import Pipeline
from utawaku.definitions import defs
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.library.retry_policies import next_try
from utawaku.orchestration.outcome_checks import tell_failed_checks
from utawaku.orchestration.partitions import stream_check
from utawaku.orchestration.present_checks import NAME, check_keys, report_present_checks
from utawaku.orchestration.present_versions import present_versions


def segments_of(
    catalogue: Catalogue, settings: Settings, engine_version: str | None = None
) -> None:
    present = present_versions(settings)["segments"]
    catalogue.assets.done(
        "a",
        "segments",
        engine="sm",
        engine_version=engine_version or present.engine_version or "",
        metadata={"inputs": dict(present.models), "data_version": "d"},
    )


@pytest.fixture
def stream(catalogue: Catalogue) -> Stream:
    return catalogue.streams.save(Stream("a", "/a.opus", "歌枠"))


def test_the_graph_tells_how_many_streams_another_engine_made_and_which(
    stream: Stream, catalogue: Catalogue, settings: Settings, pipeline: Pipeline
) -> None:
    segments_of(catalogue, settings, engine_version="older")
    told = report_present_checks(pipeline.instance, catalogue, settings)
    assert set(told) == {key.asset_key.to_user_string() for key in check_keys()}
    assert report_present_checks(pipeline.instance, catalogue, settings) == []  # told once
    key = dg.AssetCheckKey(dg.AssetKey("segments"), NAME)
    storage = pipeline.instance.event_log_storage

    def latest() -> dg.AssetCheckEvaluation:
        record = storage.get_latest_asset_check_execution_by_key([key])[key]
        assert record.event is not None
        assert record.event.dagster_event is not None
        return record.event.dagster_event.asset_check_evaluation_data

    found = latest()
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.metadata["n_stale"].value == 1
    assert found.metadata["streams"].value == ["a 歌枠"]
    assert "utawaku rematerialize segments" in str(found.metadata["next step"].value)
    segments_of(catalogue, settings)
    assert report_present_checks(pipeline.instance, catalogue, settings) == ["segments"]
    assert latest().passed


def test_every_artefact_and_the_taste_scores_have_that_check_and_no_run_of_a_stream_makes_it() -> (
    None
):
    repository = defs().get_repository_def()
    assert set(check_keys()) <= set(repository.asset_graph.asset_check_keys)
    made = {node.name for node in repository.get_job("ingest_stream").all_node_defs}
    assert not [name for name in made if NAME in name]


@pytest.mark.parametrize("blocking", [True, False])
def test_a_failed_check_is_told_with_what_it_found_and_a_guard_ends_the_attempt(
    stream: Stream, catalogue: Catalogue, settings: Settings, blocking: bool
) -> None:
    segments_of(catalogue, settings)
    spec = stream_check("is_whole", asset="segments", description="Whole.", blocking=blocking)
    result = dg.AssetCheckResult(check_name="is_whole", passed=False, metadata={"songs": ["a@0"]})
    failed = tell_failed_checks(catalogue, "a", "segments", {"is_whole": spec}, [result])
    assert failed == ["is_whole"]
    (notice,) = catalogue.notices.recent()
    assert "segments, is whole" in notice.title
    assert "歌枠" in notice.body
    assert "a@0" in notice.body
    assert (notice.level, notice.stream_id) == ("error" if blocking else "warning", "a")
    state = catalogue.assets.of("a")["segments"]
    assert state.state == ("failed" if blocking else "done")
    assert state.is_made
    if blocking:
        assert next_try(state.trouble["error"], attempts=1, waited_s=0.0) is None
    (listed,) = catalogue.assets.with_failed_checks()
    assert "a@0" in listed.metadata["failed_checks"]["is_whole"]
    passed = dg.AssetCheckResult(check_name="is_whole", passed=True)
    assert tell_failed_checks(catalogue, "a", "segments", {"is_whole": spec}, [passed]) == []
    assert catalogue.assets.with_failed_checks() == []


def test_materializing_pieces_that_nobody_asked_for_makes_none_and_succeeds(
    stream: Stream, catalogue: Catalogue, pipeline: Pipeline
) -> None:
    pipeline.instance.add_dynamic_partitions("stream", ["a"])
    wanted = dg.RunRequest(partition_key="a", asset_selection=[dg.AssetKey("pieces")])
    assert pipeline.carry_out(wanted, job="separate_pieces").success
    assert catalogue.assets.of("a")["pieces"].metadata["n_pieces"] == 0


def test_materializing_all_of_a_group_that_is_made_on_demand_needs_no_weights_and_succeeds(
    stream: Stream, catalogue: Catalogue, pipeline: Pipeline, settings: Settings
) -> None:
    pipeline.instance.add_dynamic_partitions("stream", ["a"])
    graph = defs().resolve_asset_graph()
    group = dg.AssetSelection.groups("on_demand").resolve(graph)
    assert {key.to_user_string() for key in group} == {"stems", "pieces"}
    everything = dg.RunRequest(partition_key="a", asset_selection=list(group))
    assert pipeline.carry_out(everything, job="__ASSET_JOB").success
    made = catalogue.assets.of("a")
    assert (made["stems"].metadata["n_made"], made["pieces"].metadata["n_made"]) == (0, 0)
    assert not list(settings.weights_dir.glob("*.onnx"))


def test_a_check_that_a_killed_run_was_to_evaluate_is_told_all_the_same(
    stream: Stream, catalogue: Catalogue, settings: Settings, pipeline: Pipeline
) -> None:
    segments_of(catalogue, settings)
    key = dg.AssetCheckKey(dg.AssetKey("segments"), NAME)
    everything = defs().resolve_implicit_global_asset_job_def()
    job = everything.get_subset(asset_selection=set(), asset_check_selection={key})
    pipeline.instance.create_run_for_job(job)
    record = pipeline.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert record.event is not None
    assert record.event.dagster_event is not None
    planned = dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED
    assert record.event.dagster_event.event_type is planned
    assert "segments" in report_present_checks(pipeline.instance, catalogue, settings)
    assert report_present_checks(pipeline.instance, catalogue, settings) == []
