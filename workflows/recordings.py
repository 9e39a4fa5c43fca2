"""Paths of recordings, and the catalogue's record of a fetched one."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError
from utawaku.library.records import Stream
from utawaku.media.joined import is_joined, read_parts
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


def own_files(stream: Stream, settings: Settings) -> list[Path]:
    """Return the media files of a stream that lie inside the library.

    The list of their parts is none of them: it stays, as links to the site need it.
    """
    if not stream.recording_path:
        return []
    path = settings.library_root / stream.recording_path
    try:
        files = [part.path for part in read_parts(path)] if is_joined(path) else [path]
    except MediaError:
        return []
    root = settings.library_root.absolute()
    return [file for file in files if file.is_file() and file.absolute().is_relative_to(root)]


def recording_bytes(path: Path) -> int:
    """Size of a recording; of one in several files that of all."""
    files = [part.path for part in read_parts(path)] if is_joined(path) else [path]
    return sum(file.stat().st_size for file in files)


def addresses_of_parts(path: Path) -> list[list[float | str]]:
    """Start in seconds and address of each part of a recording; empty where none has an address."""
    parts = read_parts(path) if is_joined(path) else ()
    return [[part.start_s, part.url] for part in parts] if any(p.url for p in parts) else []


def part_starts_s(stream: Stream, settings: Settings) -> tuple[float, ...]:
    """Start in seconds of each part of a stream's recording; empty for a recording in one file."""
    path = settings.library_root / stream.recording_path
    if not stream.recording_path or not is_joined(path):
        return ()
    try:
        parts = read_parts(path)
    except MediaError:  # whoever reads the recording itself says what is wrong with the list
        return ()
    return tuple(part.start_s for part in parts) if len(parts) > 1 else ()


def with_measured_length(stream: Stream, content: list[Any], catalogue: Catalogue) -> Stream:
    """Keep the length that was read where the same recording is taken in again.

    Headers guess and lie; what a recording holds is known once it was segmented.
    """
    states = catalogue.assets.of(stream.id)
    before, segmented = states.get("recordings"), states.get("segments")
    if before is None or segmented is None or "duration_s" not in segmented.metadata:
        return stream
    known = before.metadata
    if known.get("content", [known.get("bytes"), known.get("duration_s")]) != content:
        return stream
    return replace(stream, duration_s=float(segmented.metadata["duration_s"]))


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
