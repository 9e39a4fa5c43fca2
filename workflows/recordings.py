"""Paths of recordings, and the catalogue's record of a fetched one."""

import os
from dataclasses import replace
from pathlib import Path

from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.library.records import Stream
from utawaku.services.downloader import FetchedRecording, StreamInfo
from utawaku.workflows.ingest import stream_of


def recording_file(stream: Stream, settings: Settings) -> Path:
    """Return where the recording lies: in the stream's folder, or where the user keeps it.

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
    """Return whether the recording is there, or was dropped on purpose."""
    return stream.dropped_at is not None or (
        bool(stream.recording_path) and (settings.library_root / stream.recording_path).is_file()
    )


def described(stream: Stream, fetched: FetchedRecording, settings: Settings) -> Stream:
    """Complete the record of a stream by what came with its recording."""
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
