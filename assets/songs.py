"""Songs of a stream: rows of the catalogue with boundaries, found in its segments."""

import base64
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from utawaku.assets.models import song_scorer
from utawaku.assets.segments import analysis_file, segments
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.files import atomic_path
from utawaku.library.records import Setlist, Song, Stream
from utawaku.media.pictures import timeline_picture
from utawaku.models.segmentation import Segmentation
from utawaku.models.songs import VERSION, SongRules, find_songs
from utawaku.orchestration.materialization import work_on
from utawaku.orchestration.partitions import stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.setlists import Writings, best_setlist, setlists_in, writings_of

TIMELINE_NAME = "timeline.png"


def rules_of(stream: Stream, catalogue: Catalogue, settings: Settings) -> SongRules:
    """The song rules for a stream: its channel's over the user's over the defaults."""
    channel = catalogue.channels.of_stream(stream)
    of_channel = channel.rules.get("songs", {}) if channel else {}
    return SongRules.model_validate({**settings.songs, **of_channel})


def made_with(rules: SongRules, setlist: Setlist | None) -> dict[str, Any]:
    """What decides the outcome, to tell whether it has to be made anew."""
    return {
        "rules": rules.model_dump(mode="json"),
        "setlist": [[line.start_s, line.title, line.artist] for line in setlist.lines]
        if setlist
        else [],
        "version": VERSION,
    }


def tell_unreadable(writings: Writings, stream: Stream, catalogue: Catalogue) -> None:
    """Leave a notice on the stream for every extra that cannot be read."""
    for warning in writings.warnings:
        catalogue.notices.add(
            "warning",
            "left out of the evidence for songs and titles",
            body=warning,
            next_step="The recording is cut without it",
            stream_id=stream.id,
        )


def songs_are_apart(songs: list[Song], duration_s: float) -> bool:
    """Whether songs lie inside the recording, in order, without overlap."""
    stop_s = 0.0
    for song in songs:
        if not stop_s - 1e-6 <= song.start_s < song.stop_s <= duration_s + 1e-6:
            return False
        stop_s = song.stop_s
    return True


@dg.asset(
    name="songs",
    partitions_def=stream_partitions,
    deps=[segments, song_scorer],
    group_name="streams",
    code_version=VERSION,
    pool="cpu",
    kinds={"python"},
    check_specs=[dg.AssetCheckSpec("songs_lie_apart_inside_the_recording", asset="songs")],
)
def songs_asset(
    context: dg.AssetExecutionContext, library: LibraryResource
) -> dg.MaterializeResult:
    """Where the songs are; known songs keep their identity, the user's own cuts stand."""
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with work_on(library, context, "songs") as work:
        work.progress(0.0, "looking for songs")
        segmentation = Segmentation.load(analysis_file(stream.id, settings))
        rules = rules_of(stream, catalogue, settings)
        writings = writings_of(stream, settings)
        tell_unreadable(writings, stream, catalogue)
        found = setlists_in(writings, stream)
        catalogue.setlists.replace_found(stream.id, found)
        setlist = best_setlist(stream, catalogue, settings, found=found)
        spans = find_songs(segmentation, rules, setlist.lines if setlist else ())
        made_by = f"{rules.strategy}/{VERSION} {segmentation.engine}"
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
            "strategy": rules.strategy,
            "setlist": setlist.source if setlist else "none",
            "warnings": list(writings.warnings),
            "made_with": made_with(rules, setlist),
        }
        work.done(
            engine=rules.strategy,
            engine_version=VERSION,
            model_version=segmentation.model_version,
            metadata=metadata,
        )
    return dg.MaterializeResult(
        metadata={**metadata, "timeline": inline_picture(timeline)},
        data_version=dg.DataVersion(work.data_version),
        check_results=[
            dg.AssetCheckResult(
                check_name="songs_lie_apart_inside_the_recording",
                passed=songs_are_apart(kept, segmentation.duration_s),
            )
        ],
    )


def draw_timeline(
    stream: Stream, segmentation: Segmentation, songs: list[Song], settings: Settings
) -> Path:
    """Draw waveform, segments and songs into the stream's folder."""
    target = settings.stream_dir(stream.id) / TIMELINE_NAME
    envelope = np.maximum(np.abs(segmentation.wave_min), np.abs(segmentation.wave_max))
    picture = timeline_picture(
        envelope, segmentation.duration_s, segmentation.segments, songs, title=stream.title
    )
    with atomic_path(target) as temporary:
        temporary.write_bytes(picture)
    return target


def inline_picture(path: Path) -> dg.MarkdownMetadataValue:
    """A picture that Dagster's page shows without a file server."""
    encoded = base64.b64encode(path.read_bytes()).decode()
    return dg.MetadataValue.md(f"![timeline](data:image/png;base64,{encoded})")
