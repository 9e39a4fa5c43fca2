"""The media file of a stream, with everything that came along with it."""

import time
from pathlib import Path
from typing import Any

import dagster as dg

from utawaku.library.requests import RecheckLength
from utawaku.media.joined import is_joined
from utawaku.orchestration.bindings import Binding, bind
from utawaku.orchestration.materialization import track
from utawaku.orchestration.partitions import stream_check, stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.orchestration.run_tags import FETCH_AGAIN_TAG, TAKE_INCOMPLETE_TAG
from utawaku.services.downloader import take_file, take_parts
from utawaku.services.rate_limits import asking, note_download
from utawaku.workflows.ingest import is_address
from utawaku.workflows.recordings import described, has_recording
from utawaku.workflows.subscriptions import settings_for

CODE_VERSION = "1"
LOOK_AGAIN_S = 2 * 86_400.0


BINDING = bind(
    Binding(
        "recordings",
        CODE_VERSION,
        is_incomplete=lambda stream, _catalogue, settings: not has_recording(stream, settings),
    )
)


@dg.asset(
    partitions_def=stream_partitions,
    deps=BINDING.deps,
    group_name="streams",
    code_version=BINDING.code_version,
    pool="download",
    kinds={"ytdlp", "file"},
    check_specs=[stream_check("recording_is_complete", asset="recordings")],
)
def recordings(context: dg.AssetExecutionContext, library: LibraryResource) -> dg.MaterializeResult:
    """Whole best audio (or video) of a stream, info.json, thumbnail, comments and live chat."""
    catalogue = library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    settings = settings_for(stream, catalogue, library.settings)
    folder = settings.stream_dir(stream.id)
    with track(library, context, "recordings") as work:
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
        elif is_joined(Path(stream.url)):
            fetched = take_parts(Path(stream.url), folder, progress=work.progress)
        else:
            fetched = take_file(
                stream.url, folder, mode=settings.download.local_files, progress=work.progress
            )
        stream = catalogue.streams.save(described(stream, fetched, settings))
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
        later = catalogue.requests.file(RecheckLength(stream_id=stream.id))
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
