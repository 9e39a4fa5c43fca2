"""The best half minute of every song, with its tempo and key."""

from typing import Any

import dagster as dg

from utawaku.library.errors import EngineError, UtawakuError
from utawaku.models.highlight.engine import interest_engine
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.highlights import (
    CODE_VERSION,
    find_highlight,
    heatmap_of,
    lies_inside,
    listen_to_songs,
    lyrics_of,
    made_with,
    sound_of,
)
from utawaku.workflows.pcm_sharing import forget_sound
from utawaku.workflows.setlists import chat_of

BINDING = bind(
    Binding(
        "highlights",
        CODE_VERSION,
        made_with=lambda stream, _catalogue, settings: made_with(settings, stream),
    )
)


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="cpu",
    kinds={"numpy"},
    check_specs=[
        stream_check(
            "highlights_lie_inside_their_songs",
            asset="highlights",
            description="No best half minute reaches beyond its song.",
        )
    ],
)
def highlights(context: dg.AssetExecutionContext, library: LibraryResource) -> dg.MaterializeResult:
    """Interest curve, best span, tempo and key of every song of the stream.

    A song that cannot be read is reported and does not stop the others.
    """
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with track(library, context, "highlights") as work:
        engine = interest_engine(settings.highlight)
        songs = catalogue.songs.of_stream(stream.id)
        heatmap, lyrics = heatmap_of(stream, settings), lyrics_of(stream, settings)
        chat = chat_of(stream, settings)
        sources: dict[str, int] = {}
        failed: dict[str, str] = {}
        for number, (song, heard) in enumerate(listen_to_songs(songs, stream, settings)):
            work.progress(number / len(songs), f"listening to {number + 1} of {len(songs)}")
            if isinstance(heard, str):
                failed[song.id] = heard
                continue
            sound = sound_of(song, stream, settings)
            try:
                found = find_highlight(song, heard, sound, engine, catalogue, heatmap, lyrics, chat)
            except UtawakuError as error:
                failed[song.id] = str(error)
                continue
            sources[found.source] = sources.get(found.source, 0) + 1
        if songs and len(failed) == len(songs):
            raise EngineError("no song could be listened to: " + "; ".join(failed.values())[:500])
        metadata: dict[str, Any] = {
            "n_songs": len(songs),
            "n_failed": len(failed),
            "failed": failed,
            "sources": sources,
            "made_with": made_with(settings, stream),
        }
        work.done(
            engine="highlight",
            engine_version=CODE_VERSION,
            model_version=engine.version,
            metadata=metadata,
        )
        forget_sound(stream.id, catalogue, settings)
    kept = {song.id: song for song in catalogue.songs.of_stream(stream.id)}
    outside = [
        found.song_id
        for found in catalogue.highlights.of_stream(stream.id).values()
        if found.song_id in kept and not lies_inside(found, kept[found.song_id])
    ]
    return work.result(
        metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="highlights_lie_inside_their_songs",
                passed=not outside,
                metadata={"songs": outside},
            )
        ],
    )
