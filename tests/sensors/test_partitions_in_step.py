"""Partitions and streams are the same."""

import dagster as dg

from tests.fixtures.pipeline import Pipeline, local_resources
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Stream
from utawaku.sensors.partitions_in_step import partitions_in_step


def test_a_partition_key_without_a_stream_goes_with_the_next_look(
    catalogue: Catalogue, pipeline: Pipeline
) -> None:
    catalogue.streams.save(Stream("a", "/a.opus"))
    pipeline.instance.add_dynamic_partitions("stream", ["typed by hand"])
    with dg.build_sensor_context(
        instance=pipeline.instance, resources=local_resources()
    ) as context:
        partitions_in_step(context)
    assert pipeline.instance.get_dynamic_partitions("stream") == ["a"]
