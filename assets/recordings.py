"""The media file of a stream, with everything that came along with it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg

from utawaku.library.config import Settings
from utawaku.library.progress import Progress
from utawaku.library.records import Stream
from utawaku.library.requests import RecheckLength
from utawaku.media.joined import is_joined
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import DownloaderResource, LibraryResource
from utawaku.orchestration.run_tags import FETCH_AGAIN_TAG, TAKE_INCOMPLETE_TAG
from utawaku.services.downloader import FetchedRecording, StreamInfo, take_file, take_parts
from utawaku.services.rate_limits import asking, note_download
from utawaku.workflows.ingest import is_address
from utawaku.workflows.local_files import check_visible, storage_of
from utawaku.workflows.recordings import (
    addresses_of_parts,
    described,
    has_recording,
    recording_bytes,
    with_measured_length,
)
from utawaku.workflows.site_parts import fetch_parts
from utawaku.workflows.subscriptions import settings_for
from utawaku.workflows.tracks import apply_choice, track_changed

CODE_VERSION = "1"
LOOK_AGAIN_S = 2 * 86_400.0


BINDING = bind(
    Binding(
        "recordings",
        CODE_VERSION,
        is_incomplete=lambda stream, catalogue, settings: (
            not has_recording(stream, settings) or track_changed(stream, catalogue)
        ),
    )
)


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="download",
    kinds={"ytdlp", "file"},
    check_specs=[
        stream_check(
            "recording_is_complete",
            asset="recordings",
            description="The recording is as long as its page says, within a second in a hundred.",
        )
    ],
)
def recordings(
    context: dg.AssetExecutionContext, library: LibraryResource, downloader: DownloaderResource
) -> dg.MaterializeResult:
    """Whole best audio (or video) of a stream, info.json, thumbnail, comments and live chat."""
    catalogue = library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    settings = settings_for(stream, catalogue, library.settings)
    folder = settings.stream_dir(stream.id)
    with track(library, context, "recordings") as work:
        if is_address(stream.url):
            fetch = _fetcher(context, downloader, settings, stream)
            if stream.as_one:

                def resolve() -> StreamInfo:
                    with asking(stream.url, catalogue):
                        return downloader.client(settings).resolve(stream.url)

                fetched = fetch_parts(stream, folder, resolve, fetch, work.progress)
            else:
                fetched = fetch(stream.url, folder, work.progress)
        elif is_joined(Path(stream.url)):
            fetched = take_parts(Path(stream.url), folder, progress=work.progress)
        else:
            path = Path(stream.url)
            check_visible(path, settings)
            mode = storage_of(path, settings)
            fetched = take_file(path, folder, mode=mode, progress=work.progress)
        fetched, stream = apply_choice(fetched, stream, settings.download.track, folder)
        n_bytes = recording_bytes(fetched.path)
        content = [n_bytes, fetched.duration_s, *([stream.track] if stream.track else [])]
        stream = catalogue.streams.save(
            with_measured_length(described(stream, fetched, settings), content, catalogue)
        )
        metadata: dict[str, Any] = {
            "path": str(fetched.path),
            "bytes": n_bytes,
            "track": stream.track,
            "parts": addresses_of_parts(fetched.path),
            "content": content,
            "duration_s": fetched.duration_s,
            "sample_rate_hz": fetched.sample_rate_hz,
            "video": fetched.has_video,
            "warnings": list(fetched.warnings),
        }
        work.done(
            engine="yt-dlp" if is_address(stream.url) else "file",
            engine_version=CODE_VERSION,
            metadata=metadata,
            content=content,
        )
    complete = fetched.shortfall_s <= max(5.0, 0.01 * stream.duration_s)
    if not complete and is_address(stream.url):
        later = catalogue.requests.file(RecheckLength(stream_id=stream.id), by="asset recordings")
        catalogue.requests.wait(
            later.id, time.time() + LOOK_AGAIN_S, "taken incomplete; the site may still finish it"
        )
    return work.result(
        metadata,
        check_results=[
            dg.AssetCheckResult(
                check_name="recording_is_complete",
                passed=complete,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"missing_s": fetched.shortfall_s},
            )
        ],
    )


def _fetcher(
    context: dg.AssetExecutionContext,
    downloader: DownloaderResource,
    settings: Settings,
    stream: Stream,
) -> Callable[[str, Path, Progress], FetchedRecording]:
    """Return what fetches one address of the stream into a folder, as rate limits allow."""
    catalogue = downloader.library.catalogue

    def fetch(address: str, folder: Path, progress: Progress) -> FetchedRecording:
        with asking(address, catalogue):
            fetched = downloader.client(settings).fetch(
                address,
                folder,
                want=settings.download.want,
                with_comments=settings.download.comments,
                with_live_chat=settings.download.live_chat,
                accept_incomplete=context.run.tags.get(TAKE_INCOMPLETE_TAG) == "yes",
                force=context.run.tags.get(FETCH_AGAIN_TAG) == "yes"
                or track_changed(stream, catalogue),
                track=stream.track or None,
                progress=progress,
            )
        if not fetched.from_cache:
            note_download(address, stream.id, fetched.path.stat().st_size, catalogue)
        return fetched

    return fetch
