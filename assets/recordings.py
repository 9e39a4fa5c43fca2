"""The media file of a stream, with everything that came along with it."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg

from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.library.records import Stream
from utawaku.orchestration.materialization import work_on
from utawaku.orchestration.partitions import stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.services.downloader import FetchedRecording, StreamInfo, take_file
from utawaku.services.rate_limits import asking, note_download
from utawaku.workflows.ingest import is_address, stream_of
from utawaku.workflows.subscriptions import settings_for

CODE_VERSION = "1"
TAKE_INCOMPLETE_TAG = "utawaku/take-incomplete"
"""On a run: waiting for the complete archive was long enough."""
FETCH_AGAIN_TAG = "utawaku/fetch-again"
"""On a run: the recording that is here is not the last word."""
LOOK_AGAIN_S = 2 * 86_400.0


def recording_file(stream: Stream, settings: Settings) -> Path:
    """Where the recording lies: in the stream's folder, or where the user keeps it.

    Raises:
        MediaError: it was dropped to make room, or is gone.
    """
    path = settings.library_root / stream.recording_path
    if not stream.recording_path or not path.is_file():
        dropped = stream.dropped_at is not None
        raise MediaError(
            "the recording was dropped to make room" if dropped else "the recording is gone",
            subject=str(path) if stream.recording_path else stream.id,
            next_step=f"`utawaku ingest --again recordings {stream.url}` takes it in again",
        )
    return path


def has_recording(stream: Stream, settings: Settings) -> bool:
    """Whether the recording is there, or was dropped on purpose."""
    return stream.dropped_at is not None or (
        bool(stream.recording_path) and (settings.library_root / stream.recording_path).is_file()
    )


@dg.asset(
    partitions_def=stream_partitions,
    group_name="streams",
    code_version=CODE_VERSION,
    pool="download",
    kinds={"ytdlp", "file"},
    check_specs=[dg.AssetCheckSpec("recording_is_complete", asset="recordings")],
)
def recordings(context: dg.AssetExecutionContext, library: LibraryResource) -> dg.MaterializeResult:
    """Whole best audio (or video) of a stream, info.json, thumbnail, comments and live chat."""
    catalogue = library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    settings = settings_for(stream, catalogue, library.settings)
    folder = settings.stream_dir(stream.id)
    with work_on(library, context, "recordings") as work:
        if is_address(stream.url):
            with asking(stream.url, catalogue):
                fetched = library.downloader(settings).fetch(
                    stream.url,
                    folder,
                    want=settings.download.want,
                    with_comments=settings.download.comments,
                    with_live_chat=settings.download.live_chat,
                    accept_incomplete=context.run.tags.get(TAKE_INCOMPLETE_TAG) == "yes",
                    force=context.run.tags.get(FETCH_AGAIN_TAG) == "yes",
                    progress=work.progress,
                )
            if not fetched.from_cache:
                note_download(stream.url, stream.id, fetched.path.stat().st_size, catalogue)
        else:
            fetched = take_file(
                stream.url, folder, mode=settings.download.local_files, progress=work.progress
            )
        stream = catalogue.streams.save(_described(stream, fetched, settings))
        metadata: dict[str, Any] = {
            "path": str(fetched.path),
            "bytes": fetched.path.stat().st_size,
            "duration_s": fetched.duration_s,
            "sample_rate_hz": fetched.sample_rate_hz,
            "video": fetched.has_video,
            "warnings": list(fetched.warnings),
        }
        work.done(
            engine="yt-dlp" if is_address(stream.url) else "file",
            engine_version=CODE_VERSION,
            metadata=metadata,
            content=[metadata["bytes"], metadata["duration_s"]],
        )
    complete = fetched.shortfall_s <= max(5.0, 0.01 * stream.duration_s)
    if not complete and is_address(stream.url):
        later = catalogue.requests.file("look_again", stream.id)
        catalogue.requests.wait(
            later.id, time.time() + LOOK_AGAIN_S, "taken incomplete; the site may still finish it"
        )
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(work.data_version),
        check_results=[
            dg.AssetCheckResult(
                check_name="recording_is_complete",
                passed=complete,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"missing_s": fetched.shortfall_s},
            )
        ],
    )


def _described(stream: Stream, fetched: FetchedRecording, settings: Settings) -> Stream:
    info: StreamInfo = fetched.info
    described = stream_of(info, stream)
    return replace(
        described,
        url=stream.url,
        duration_s=fetched.duration_s or described.duration_s,
        recording_path=_stored_path(fetched.path, settings),
        has_video=fetched.has_video,
        sample_rate_hz=fetched.sample_rate_hz,
        n_channels=fetched.n_channels,
        thumbnail_path=_stored_path(fetched.thumbnail_path, settings),
        info_path=_stored_path(fetched.info_path, settings),
        dropped_at=None,
    )


def _stored_path(path: Path | None, settings: Settings) -> str:
    """Relative to the library root where it lies inside, so that a library can be moved."""
    if path is None:
        return ""
    absolute, root = os.path.abspath(path), os.path.abspath(settings.library_root)
    if os.path.commonpath([absolute, root]) == root:
        return Path(absolute).relative_to(root).as_posix()
    return absolute
