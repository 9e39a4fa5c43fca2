"""Embeddings of a stream's songs as an asset where there is nothing to hear."""

import dagster as dg

from utawaku.assets.embeddings import embeddings
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Stream
from utawaku.library.store.embeddings import EMBEDDING_KIND
from utawaku.orchestration.resources import make_resources


def test_a_stream_without_songs_needs_no_model(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("file-1", "/evening.wav", duration_s=60.0))
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("stream", ["file-1"])
        result = dg.materialize(
            [embeddings],
            instance=instance,
            partition_key="file-1",
            resources=make_resources(),
        )
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]
    state = catalogue.assets.of("file-1")["embeddings"]
    assert (state.state, state.engine) == ("done", EMBEDDING_KIND)
    assert (state.metadata["n_heard"], state.metadata["n_unheard"]) == (0, 0)
