"""Embedding and tags of each song of a stream."""

import os
from typing import Any

import dagster as dg

from utawaku.library.errors import WeightsMissingError
from utawaku.library.store.embeddings import EMBEDDING_KIND
from utawaku.models.tagger import ENGINE_VERSION
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import LibraryResource, TaggerResource
from utawaku.workflows.embeddings import Heard, due_songs, hear_songs, made_with
from utawaku.workflows.pcm_sharing import forget_sound

BINDING = bind(
    Binding(
        "embeddings",
        ENGINE_VERSION,
        made_with=lambda _stream, _catalogue, _settings: made_with(),
    )
)


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="cpu",
    kinds={"onnx"},
    check_specs=[
        stream_check(
            "every_song_was_heard",
            asset="embeddings",
            description="Each kept song has its embedding; the metadata names the others.",
        )
    ],
)
def embeddings(
    context: dg.AssetExecutionContext, library: LibraryResource, tagger: TaggerResource
) -> dg.MaterializeResult:
    """Embedding and tags of each song, heard at 20 places."""
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with track(library, context, "embeddings") as work:
        due = due_songs(stream, catalogue, settings)
        started = os.times()
        heard, version = Heard(), ""
        missing = ""
        if due:
            try:
                engine = tagger.engine(work.progress)
                version = engine.version
                heard = hear_songs(
                    engine, due, stream, catalogue, settings, work.progress, tagger.ear
                )
            except WeightsMissingError as error:
                # The songs are cut and filed: offline, what they sound like is left for later.
                missing = str(error)
                heard.unheard = {song.id: missing for song in due}
                catalogue.notices.add(
                    "warning",
                    "Songs could not be heard",
                    body=missing,
                    next_step="The next ingest of the stream tries again",
                    stream_id=stream.id,
                )
        heard.n_untouched = len(catalogue.songs.of_stream(stream.id)) - len(due)
        cost = os.times()
        metadata: dict[str, Any] = {
            "n_heard": heard.n_heard,
            "n_untouched": heard.n_untouched,
            "n_unheard": len(heard.unheard),
            "cpu_s": cost.user + cost.system - started.user - started.system,
            "made_with": {} if missing else made_with(),
        }
        work.done(
            engine=EMBEDDING_KIND,
            engine_version=ENGINE_VERSION,
            model_version=version,
            metadata=metadata,
            without_model=bool(missing),
        )
        if not heard.unheard:
            forget_sound(stream.id, catalogue, settings)
    return work.result(
        metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="every_song_was_heard",
                passed=not heard.unheard,
                metadata={
                    "songs": list(heard.unheard)[:20],
                    "reasons": sorted(set(heard.unheard.values()))[:5],
                },
            )
        ],
    )
