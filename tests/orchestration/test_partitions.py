"""Partitions follow the streams of the catalogue."""

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Stream
from utawaku.orchestration.partitions import partitions_in_step


def test_partitions_and_catalogue_are_brought_into_step(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("a", "/a"))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["b"])
        assert partitions_in_step(instance, catalogue, fix=False) == (["a"], ["b"])
        assert partitions_in_step(instance, catalogue, fix=True) == (["a"], ["b"])
        assert partitions_in_step(instance, catalogue, fix=False) == ([], [])
