"""Repairs of `utawaku doctor --fix`: files, rows, runs and partitions that are out of step."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.health import Finding
from utawaku.library.requests import COMMAND, IngestStream

if TYPE_CHECKING:
    import dagster as dg

FIX = "`utawaku doctor --fix` puts it right"
NO_DEAD_RUN = "no run of a process that is gone"
SAME_STREAMS = "Dagster and the catalogue know the same streams"
_MEDIA = {".opus", ".ogg", ".mp3", ".m4a", ".flac", ".mp4", ".mkv", ".webm", ".wav", ".mka"}


def check_files(catalogue: Catalogue, settings: Settings, *, fix: bool) -> Iterator[Finding]:
    """Files that no row knows, rows whose file is gone, folders without a stream, left-overs."""
    yield _lost_song_files(catalogue, settings, fix=fix)
    yield _unknown_song_files(catalogue, settings, fix=fix)
    yield _lost_recordings(catalogue, settings, fix=fix)
    yield _unknown_folders(catalogue, settings)
    yield _left_over(settings, fix=fix)


def _lost_song_files(catalogue: Catalogue, settings: Settings, *, fix: bool) -> Finding:
    from utawaku.library.schema import songs

    missing = [
        song
        for song in catalogue.songs.select(songs.c.state == "kept", songs.c.file_path != "")
        if not (settings.library_root / song.file_path).is_file()
    ]
    if not missing:
        return Finding("files", "ok", "every cut song has its file")
    streams = sorted({song.stream_id for song in missing})
    lost_for_good = [
        stream_id
        for stream_id in streams
        if catalogue.streams.get(stream_id).dropped_at is not None
    ]
    for stream_id in streams if fix else ():
        again = ("recordings",) if stream_id in lost_for_good else ()
        catalogue.requests.file(IngestStream(stream_id=stream_id, again=again), by=COMMAND)
    text = f"{len(missing)} songs of {len(streams)} streams have lost their file"
    return Finding("files", "warning", text, "They are asked for again" if fix else FIX)


def _unknown_song_files(catalogue: Catalogue, settings: Settings, *, fix: bool) -> Finding:
    """Files below Songs/ that say they are ours and that no song knows go into the trash."""
    from utawaku.library.files import trash

    ours, foreign = unknown_song_files(catalogue, settings)
    for path in ours if fix else ():
        trash(path, settings.library_root)
    if ours:
        text = f"{len(ours)} files below Songs/ belong to no song"
        return Finding("orphans", "warning", text, "They are in the trash now" if fix else FIX)
    if foreign:
        text = f"{len(foreign)} files below Songs/ are not utawaku's; they are on cooldown"
        return Finding("orphans", "info", text)
    return Finding("orphans", "ok", "no file below Songs/ without its song")


def unknown_song_files(catalogue: Catalogue, settings: Settings) -> tuple[list[Path], list[Path]]:
    """Media files below Songs/ that no row names: those that carry our tag, and the others."""
    known: set[str] = set()
    for song in catalogue.songs.select():
        known |= {song.file_path, song.video_path}
    ours: list[Path] = []
    foreign: list[Path] = []
    for folder, _, names in os.walk(settings.songs_dir):
        for name in names:
            path = Path(folder, name)
            if path.suffix.lower() not in _MEDIA or name.startswith("."):
                continue
            if path.relative_to(settings.library_root).as_posix() in known:
                continue
            (ours if _is_marked(path) else foreign).append(path)
    return ours, foreign


def _is_marked(path: Path) -> bool:
    """Return whether a file says that it is a song of ours."""
    from utawaku.library.errors import UtawakuError
    from utawaku.library.tags import read_tags
    from utawaku.workflows.song_tags import SONG_ID_TAG

    with suppress(UtawakuError, OSError):  # not readable: nothing says that it is ours
        return bool(read_tags(path).extra.get(SONG_ID_TAG))
    return False


def _lost_recordings(catalogue: Catalogue, settings: Settings, *, fix: bool) -> Finding:
    lost = [
        stream
        for stream in catalogue.streams.all()
        if stream.recording_path
        and stream.dropped_at is None
        and not (settings.library_root / stream.recording_path).is_file()
    ]
    if not lost:
        return Finding("recordings", "ok", "every stream has the recording that it should have")
    fetchable = [stream for stream in lost if stream.site != "file"]
    for stream in fetchable if fix else ():
        catalogue.requests.file(IngestStream(stream_id=stream.id), by=COMMAND)
    text = f"{len(lost)} streams have lost their recording"
    if fix:
        text += f"; {len(fetchable)} are asked for again"
    return Finding("recordings", "warning", text, "" if fix else FIX)


def _unknown_folders(catalogue: Catalogue, settings: Settings) -> Finding:
    folder = settings.streams_dir
    known = catalogue.streams.ids()
    unknown = (
        [one.name for one in folder.iterdir() if one.is_dir() and one.name not in known]
        if folder.is_dir()
        else []
    )
    if not unknown:
        return Finding("folders", "ok", "no folder below Streams/ without its stream")
    text = f"{len(unknown)} folders below Streams/ belong to no stream: {', '.join(unknown[:3])}"
    return Finding("folders", "info", text, "They may be deleted if you do not know them")


def _left_over(settings: Settings, *, fix: bool) -> Finding:
    from utawaku.library.files import is_temporary, remove_stale_temporaries

    if fix:
        removed = remove_stale_temporaries(settings.library_root)
        return Finding("left over", "ok", f"{len(removed)} temporary files removed")
    found = sum(
        is_temporary(name) for _, _, names in os.walk(settings.library_root) for name in names
    )
    if not found:
        return Finding("left over", "ok", "no temporary files")
    return Finding("left over", "info", f"{found} temporary files (work in progress, or left)", FIX)


def check_runs(catalogue: Catalogue, settings: Settings, *, fix: bool) -> Iterator[Finding]:
    """Runs of dead processes, pool slots, stranded requests, partitions."""
    if not (settings.dagster_home / "dagster.yaml").exists():
        return
    from utawaku.orchestration.dagster_storage import open_instance
    from utawaku.orchestration.plain_storage import is_in_step

    storage = _dagster_storage(settings, fix=fix)
    yield storage
    if storage.level == "error":
        return
    if not fix and is_in_step(catalogue, settings):
        yield Finding("runs", "ok", NO_DEAD_RUN)
        yield Finding("partitions", "ok", SAME_STREAMS)
        return
    from utawaku.orchestration.cluster import use_environment

    use_environment(settings)
    with open_instance(settings.dagster_home) as instance:
        yield _dead_runs(instance, catalogue, settings, fix=fix)
        yield _partitions(instance, catalogue, fix=fix)


def _dagster_storage(settings: Settings, *, fix: bool) -> Finding:
    """Look for databases that processes made at the same time, which nobody can open any more."""
    from utawaku.orchestration.dagster_storage import databases_with_two_revisions, repair

    home = settings.dagster_home
    broken = repair(home) if fix else databases_with_two_revisions(home)
    if not broken:
        return Finding("dagster", "ok", "its storage can be opened")
    text = f"{len(broken)} databases of Dagster have two schema revisions"
    if fix:
        return Finding("dagster", "warning", text, "They are repaired")
    return Finding("dagster", "error", text, FIX)


def _dead_runs(
    instance: "dg.DagsterInstance", catalogue: Catalogue, settings: Settings, *, fix: bool
) -> Finding:
    from utawaku.orchestration.orphaned_runs import close_orphaned_runs, orphaned_runs
    from utawaku.orchestration.run_outcomes import close_unfinished, settle

    dead = orphaned_runs(instance, catalogue)
    stuck = [
        state
        for state in catalogue.assets.in_state("running")
        if (run := instance.get_run_by_id(state.run_id)) is None or run.is_finished
    ]
    if fix:
        close_orphaned_runs(instance, catalogue)
        settle(instance, catalogue, settings)
        for state in stuck:
            close_unfinished(state.run_id, catalogue)
    if not dead and not stuck:
        return Finding("runs", "ok", NO_DEAD_RUN)
    text = f"{len(dead)} runs and {len(stuck)} artefacts were left by processes that are gone"
    return Finding("runs", "warning", text, "They are closed, and tried again" if fix else FIX)


def _partitions(instance: "dg.DagsterInstance", catalogue: Catalogue, *, fix: bool) -> Finding:
    from utawaku.orchestration.partitions import partitions_in_step

    missing, stranded, kept = partitions_in_step(instance, catalogue, fix=fix)
    if not missing and not stranded:
        return Finding("partitions", "ok", SAME_STREAMS)
    text = f"{len(missing)} streams unknown to Dagster, {len(stranded)} partitions without a stream"
    if not missing and kept == stranded:
        text += "; they go when the backfill or run that is under way is over"
        return Finding("partitions", "ok", text)
    return Finding("partitions", "warning", text, "They are in step now" if fix else FIX)
