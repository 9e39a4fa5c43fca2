"""Names for the songs of a stream: ranked candidates with evidence, the best applied."""

from typing import Any

import dagster as dg
from pydantic import Field

from utawaku.library.processes import give_back_freed_memory
from utawaku.library.progress import part
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import LibraryResource, TaggerResource
from utawaku.workflows.labelling import ENGINE_VERSION, LabelDecision
from utawaku.workflows.pcm_sharing import forget_sound, keep_for
from utawaku.workflows.recordings import recording_file
from utawaku.workflows.setlists import believed_setlist, ordered_lists
from utawaku.workflows.stream_labels import (
    StreamLabeller,
    by_user,
    made_with,
    open_index,
    shazam_client,
)


class LabelsConfig(dg.Config):
    """The weight of a label."""

    wait_for_rate_limit: bool = Field(
        default=False,
        description="Wait for Shazam's rate limit and compare with cover versions; else what "
        "cannot be had at once is put off.",
    )


BINDING = bind(
    Binding(
        "labels",
        ENGINE_VERSION,
        made_with=lambda _stream, _catalogue, settings: made_with(settings),
    )
)


@dg.asset(
    name="labels",
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="shazam",
    kinds={"shazam"},
    check_specs=[
        stream_check(
            "names_of_the_user_stand",
            asset="labels",
            description="Titles and artists that you gave are as they were before the run.",
        )
    ],
)
def labels_asset(
    context: dg.AssetExecutionContext,
    config: LabelsConfig,
    library: LibraryResource,
    tagger: TaggerResource,
) -> dg.MaterializeResult:
    """Ask setlist, own index and Shazam for names; what you chose is never overwritten."""
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with track(library, context, "labels") as work:
        songs = catalogue.songs.of_stream(stream.id)
        before = {song.id: (song.title, song.artist) for song in songs if by_user(song)}
        decisions: dict[str, LabelDecision] = {}
        warnings: list[str] = []
        if songs:
            recording_file(stream, settings)  # nothing can be heard without it
            keep_for(songs, stream, settings, part(work.progress, 0.0, 0.2))
            give_back_freed_memory()  # that of segmenting
            if dg.AssetKey("embeddings") in context.job_def.asset_layer.selected_asset_keys:
                # To look for names keeps one core busy; the network takes the other one.
                tagger.begin(stream, settings)
            shazam = None
            if settings.labels.shazam:
                shazam = shazam_client(
                    settings, catalogue, wait_for_rate_limit=config.wait_for_rate_limit
                )
            with open_index(settings, catalogue) as index:
                setlist = believed_setlist(stream, catalogue, settings)
                labeller = StreamLabeller(
                    stream,
                    catalogue,
                    settings,
                    setlist,
                    index,
                    shazam,
                    ordered=lambda: ordered_lists(stream, catalogue, settings),
                    wait_for_rate_limit=config.wait_for_rate_limit,
                )
                decisions = labeller.label_all(songs, part(work.progress, 0.2, 1.0))
                warnings = labeller.sources.warnings
            if shazam is not None:
                shazam.close()
        now = catalogue.songs.of_stream(stream.id)
        retry_at = min((n.retry_at for n in decisions.values() if n.retry_at), default=0.0)
        metadata: dict[str, Any] = {
            "n_songs": len(now),
            "n_named": sum(bool(song.title) for song in now),
            "n_by_user": len(before),
            "n_unknown": sum(not song.title for song in now),
            "n_questions": sum(decision.n_questions for decision in decisions.values()),
            "n_cached": sum(decision.n_cached for decision in decisions.values()),
            "unknown_because": {
                song_id: decision.reason
                for song_id, decision in decisions.items()
                if decision.reason
            },
            "retry_at": retry_at,
            "warnings": warnings,
            "made_with": made_with(settings),
        }
        work.done(engine="naming", engine_version=ENGINE_VERSION, metadata=metadata)
        forget_sound(stream.id, catalogue, settings)
    after = {song.id: (song.title, song.artist) for song in now if song.id in before}
    changed = [song_id for song_id, told in before.items() if after.get(song_id) != told]
    return work.result(
        metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="names_of_the_user_stand",
                passed=not changed,
                metadata={"songs": changed},
            )
        ],
    )
