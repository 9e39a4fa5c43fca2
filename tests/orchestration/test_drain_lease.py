"""A second Dagster instance beside the first."""

import dagster as dg

from tests.fixtures.leases import other_process
from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.library.requests import IngestStream, SeparatePieces
from utawaku.orchestration.drain_lease import LEASE_S, other_server
from utawaku.orchestration.run_outcomes import STRANDED_S, settle
from utawaku.sensors.run_failure_notices import run_failure_notices


def test_a_second_instance_serves_no_request_while_the_first_one_looks(
    catalogue: Catalogue, pipeline: Pipeline
) -> None:
    for name in ("a", "b"):
        catalogue.streams.save(Stream(name, f"/{name}.opus", site="file"))
    catalogue.requests.file(IngestStream(stream_id="a"))
    assert len(pipeline.drain()) == 1
    catalogue.requests.file(IngestStream(stream_id="b"))
    with dg.DagsterInstance.ephemeral() as second:
        assert Pipeline(second).drain() == []
    assert catalogue.requests.count("queued") == 1
    assert [run.partition_key for run in pipeline.drain()] == ["b"]


def test_an_instance_that_looks_no_more_leaves_the_requests_to_another(
    catalogue: Catalogue, settings: Settings, pipeline: Pipeline
) -> None:
    with dg.DagsterInstance.ephemeral() as second:
        assert other_server(pipeline.instance, catalogue, settings, now=1000.0) == ""
        assert other_server(pipeline.instance, catalogue, settings, now=1050.0) == ""
        busy = other_server(second, catalogue, settings, now=1060.0)
        assert busy == pipeline.instance.root_directory
        assert other_server(second, catalogue, settings, now=1051.0 + LEASE_S) == ""
        taken = other_server(pipeline.instance, catalogue, settings, now=1052.0 + LEASE_S)
        assert taken == second.root_directory
        # A lease of the future is nobody's.
        assert other_server(pipeline.instance, catalogue, settings, now=10.0) == ""


def test_what_an_instance_that_stopped_looking_had_begun_is_not_begun_again(
    catalogue: Catalogue, settings: Settings, pipeline: Pipeline
) -> None:
    catalogue.streams.save(Stream("a", "/a.opus", site="file"))
    catalogue.requests.file(SeparatePieces(stream_id="a"))
    (run,) = pipeline.drain()
    claimed_at = catalogue.requests.running()[0].started_at or 0.0
    later = claimed_at + STRANDED_S + 1
    with dg.DagsterInstance.ephemeral() as second:
        with other_process(catalogue, "a"):  # as the run holds it
            settle(second, catalogue, settings, now=later)
            assert catalogue.requests.count("running") == 1
        # It has not begun, and nobody knows whether it ever will.
        settle(second, catalogue, settings, now=later)
        catalogue.memories.keep("requests.served_by", {})
        (again,) = Pipeline(second).drain()
        made = Pipeline(second).carry_out(again)
        assert made.success
        settle(second, catalogue, settings)
        assert catalogue.requests.count("done") == 1
    # The first one comes back, and its queue still holds the run.
    late = pipeline.carry_out(run, raises=False)
    assert not late.success
    assert not [event for event in late.all_events if event.is_step_success]
    assert catalogue.assets.of("a")["pieces"].made_by_run == made.run_id
    with dg.build_sensor_context(instance=pipeline.instance) as context:
        run_failure_notices.evaluate_tick(context)
    assert catalogue.notices.recent() == []
