"""A second Dagster instance beside the first."""

import dagster as dg

from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.library.requests import IngestStream
from utawaku.orchestration.drain_lease import LEASE_S, other_server


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
