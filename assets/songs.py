"""Songs of a stream: rows of the catalogue with boundaries, found in its segments."""

import base64
from pathlib import Path
from typing import Any

import dagster as dg

from utawaku.models.segmentation import Segmentation
from utawaku.models.songs import VERSION, WHOLE
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.segments import analysis_file
from utawaku.workflows.setlists import (
    best_setlist,
    marked_spans,
    setlists_in,
    told_offsets,
    writings_of,
)
from utawaku.workflows.song_network import song_network
from utawaku.workflows.songs import (
    draw_timeline,
    found_songs,
    made_with,
    rules_of,
    songs_astray,
    tell_left_out,
)
from utawaku.workflows.sources import gather, off_topic_of

BINDING = bind(
    Binding(
        "songs",
        VERSION,
        made_with=lambda stream, catalogue, settings: made_with(
            rules_of(stream, catalogue, settings),
            best_setlist(stream, catalogue, settings),
            stream.duration_s,
            off_topic_of(stream, settings),
        ),
    )
)


@dg.asset(
    name="songs",
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="cpu",
    kinds={"python"},
    check_specs=[
        stream_check(
            "songs_lie_apart_inside_the_recording",
            asset="songs",
            description="Inside, in order and apart. It blocks: files are cut by songs.",
            blocking=True,
        )
    ],
)
def songs_asset(
    context: dg.AssetExecutionContext, library: LibraryResource
) -> dg.MaterializeResult:
    """Starts and stops of songs; known songs keep their identity, and your own cuts stand."""
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with track(library, context, "songs") as work:
        work.progress(0.0, "looking for songs")
        segmentation = Segmentation.load(analysis_file(stream.id, settings))
        rules = rules_of(stream, catalogue, settings)
        unanswered = gather(stream, settings, catalogue)
        writings = writings_of(stream, settings)
        warnings = [*unanswered, *writings.warnings]
        tell_left_out(warnings, stream, catalogue)
        found = setlists_in(writings, stream, catalogue.songs.artists())
        setlist = best_setlist(stream, catalogue, settings, found=found)
        off_topic = off_topic_of(stream, settings)
        spans, believed = found_songs(
            segmentation, rules, setlist, found, song_network(settings), off_topic
        )
        listed = [*found, *marked_spans(writings), *([believed] if believed else [])]
        catalogue.setlists.replace_found(stream.id, listed)
        is_whole = any(span.source == WHOLE for span in spans)
        strategy = WHOLE if is_whole else rules.strategy
        made_by = f"{strategy}/{VERSION} {segmentation.engine}"
        plan = catalogue.songs.reconcile(stream.id, spans, made_by=made_by)
        kept = catalogue.songs.of_stream(stream.id)
        timeline = draw_timeline(stream, segmentation, kept, settings)
        metadata: dict[str, Any] = {
            "n_songs": len(kept),
            "n_new": len(plan.added),
            "n_moved": len(plan.updated),
            "n_lost": len(plan.lost),
            "n_kept_as_the_user_has_them": len(plan.ignored),
            "song_s": sum(song.duration_s for song in kept),
            "strategy": strategy,
            "setlist": setlist.source if setlist else "none",
            "warnings": warnings,
            "offsets": told_offsets(believed) if believed else [],
            "n_spans_without_a_song": len(off_topic),
            "made_with": made_with(rules, setlist, stream.duration_s, off_topic),
        }
        work.done(
            engine=strategy,
            engine_version=VERSION,
            model_version=segmentation.model_version,
            metadata=metadata,
        )
    astray = songs_astray(kept, segmentation.duration_s)
    return work.result(
        {**metadata, "timeline": inline_picture(timeline)},
        check_results=[
            dg.AssetCheckResult(
                check_name="songs_lie_apart_inside_the_recording",
                passed=not astray,
                metadata={"songs": astray},
            )
        ],
    )


def inline_picture(path: Path) -> dg.MarkdownMetadataValue:
    """A picture that the Dagster UI shows without a file server."""
    encoded = base64.b64encode(path.read_bytes()).decode()
    return dg.MetadataValue.md(f"![timeline](data:image/png;base64,{encoded})")
