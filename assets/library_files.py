"""Songs on disk: cut once, tagged, filed by template, and kept true to the catalogue."""

from typing import Any

import dagster as dg

from utawaku.library import static_playlists
from utawaku.library.smart_playlists import refresh_smart
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.folder_covers import keep_folder_cover
from utawaku.workflows.song_files import (
    CODE_VERSION,
    Counts,
    SongCutter,
    any_due,
    file_away,
    length_is_right,
    made_with,
    put_away,
)
from utawaku.workflows.song_tags import (
    tags_are_true,
    tags_for,
)
from utawaku.workflows.subscriptions import settings_for

BINDING = bind(
    Binding(
        "library_files",
        CODE_VERSION,
        made_with=lambda _stream, _catalogue, settings: made_with(settings),
        is_incomplete=any_due,
    )
)


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="cpu",
    kinds={"ffmpeg", "file"},
    check_specs=[
        stream_check(
            "tags_read_back",
            asset="library_files",
            description="Tags read back are the catalogue's; the metadata names the others.",
        ),
        stream_check(
            "files_are_as_long_as_their_songs",
            asset="library_files",
            description="Each song file is as long as its song; the metadata names the others.",
        ),
    ],
)
def library_files(
    context: dg.AssetExecutionContext, library: LibraryResource
) -> dg.MaterializeResult:
    """One file a song: cut (copied where sample-accurate, else encoded once), tagged, in place."""
    catalogue = library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    settings = settings_for(stream, catalogue, library.settings)
    counts = Counts()
    with track(library, context, "library_files") as work:
        for song in catalogue.songs.of_stream(stream.id, dropped=True):
            if song.state != "kept" and song.file_path:
                put_away(song, catalogue, settings)
                counts.n_trashed += 1
        kept = catalogue.songs.of_stream(stream.id)
        cutter = SongCutter(stream, catalogue, settings, counts)
        before = catalogue.assets.of(stream.id)["library_files"].metadata
        other_track = bool(before) and before.get("track", "") != stream.track
        for number, _ in enumerate(cutter.cut_all(kept, again=other_track), 1):
            work.progress(0.9 * number / len(kept), f"cut {number} of {len(kept)}")
        kept = catalogue.songs.of_stream(stream.id)
        for number, song in enumerate(kept):
            work.progress(0.9 + 0.1 * number / len(kept), "tagging")
            file_away(song, stream, len(kept), catalogue, settings, counts)
        keep_folder_cover(stream, catalogue.songs.of_stream(stream.id), catalogue, settings)
        static_playlists.refresh(settings.library_root, catalogue)
        refresh_smart(settings.library_root, catalogue)
        kept = catalogue.songs.of_stream(stream.id)
        untrue = [
            song.id
            for song in kept
            if not tags_are_true(
                settings.library_root / song.file_path,
                tags_for(
                    song,
                    stream,
                    len(kept),
                    catalogue,
                    artist=settings.tags.artist,
                    album=settings.tags.album,
                    heard=settings.tags.heard,
                ),
            )
        ]
        wrong_length = [song.id for song in kept if not length_is_right(song, settings)]
        metadata: dict[str, Any] = {
            "n_songs": len(kept),
            **vars(counts),
            "bytes": sum((settings.library_root / song.file_path).stat().st_size for song in kept),
            "folder": str((settings.library_root / kept[0].file_path).parent) if kept else "",
            "made_with": made_with(settings),
            "track": stream.track,
        }
        work.done(engine="cutter", engine_version=CODE_VERSION, metadata=metadata)
    return work.result(
        metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="tags_read_back", passed=not untrue, metadata={"songs": untrue}
            ),
            dg.AssetCheckResult(
                check_name="files_are_as_long_as_their_songs",
                passed=not wrong_length,
                metadata={"songs": wrong_length},
            ),
        ],
    )
