"""Streams and tags of a media file, read without decoding it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream

from utawaku.library.errors import MediaError, NoAudioError, NotMediaError, TruncatedMediaError
from utawaku.media.hls import check_playlist
from utawaku.media.joined import Part, is_joined, read_parts


@dataclass(frozen=True)
class Chapter:
    """One chapter mark of a container, in seconds from the start of the recording."""

    title: str
    start_s: float
    stop_s: float


@dataclass(frozen=True)
class MediaInfo:
    """The result of `probe`. `duration_s` is what the file claims, 0.0 where it claims nothing."""

    path: Path
    container: str
    """FFmpeg's short name of the format, e.g. ``matroska,webm``."""
    duration_s: float
    sample_rate_hz: int
    n_channels: int
    layout: str
    """FFmpeg's name of the channel layout, e.g. ``stereo``."""
    audio_codec: str
    audio_index: int
    """Index, within the container, of the audio track that `decode` reads."""
    n_tracks: int
    """Audio tracks in it."""
    audio_bit_rate: int | None
    video_codec: str | None
    """None for audio files; a cover picture is not a video."""
    chapters: tuple[Chapter, ...]
    has_cover: bool
    tags: dict[str, str]
    parts: tuple[Part, ...] = ()
    """Files that a list of parts names."""
    track: int | None = None
    """Number of the sound track that was asked for; None where nothing was."""


_MAGIC = (
    (4, b"ftyp"),
    (0, b"\x1a\x45\xdf\xa3"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"RIFF"),
    (0, b"ID3"),
)
"""First bytes (offset, bytes) of containers; they tell damaged recordings from other files."""


LENGTH_TOLERANCE_S = 0.1


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a local file for reading and turn FFmpeg's errors into ours.

    The name goes to FFmpeg behind ``file:``, so that a file called ``concat:x`` stays a file.

    Raises:
        MediaError: there is no such file, it may not be read, FFmpeg cannot be told its name, or it
            is a playlist without an end.
        NotMediaError: no demuxer knows the content.
        TruncatedMediaError: the file is empty, or lacks the index without which nothing plays.
    """
    try:
        str(path).encode()
        with path.open("rb") as head:
            is_empty = not head.read(1)
        check_playlist(path)
    except UnicodeEncodeError as error:
        raise MediaError(
            "the file's name is not valid UTF-8",
            subject=os.fsencode(path).decode("utf-8", "replace"),
            next_step="Rename the file",
        ) from error
    except OSError as error:
        raise _closed_to_us(path, error) from error
    if is_empty:
        raise TruncatedMediaError(
            "the file is empty", subject=str(path), next_step="Fetch or copy it again"
        )
    try:
        container = av.open(f"file:{path}", metadata_errors="replace")
    except FFmpegError as error:
        raise unreadable(path, error) from error
    try:
        yield container
    finally:
        container.close()


def _closed_to_us(path: Path, error: OSError) -> MediaError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        problem, next_step = "there is no such file", "Give the path of an audio or video file"
    elif isinstance(error, IsADirectoryError):
        problem, next_step = "this is a folder", "Give the path of an audio or video file in it"
    elif isinstance(error, PermissionError):
        problem, next_step = "you may not read this file", "Change its permissions"
    else:
        problem = f"the file cannot be read ({error.strerror or error})"
        next_step = "Check the disk that it lies on"
    return MediaError(problem, subject=str(path), next_step=next_step)


def unreadable(path: Path, error: FFmpegError) -> MediaError:
    """The error of ours that says why FFmpeg could not open `path`."""
    with path.open("rb") as file:
        head = file.read(12)
    if any(head[at : at + len(magic)] == magic for at, magic in _MAGIC):
        return TruncatedMediaError(
            "the file is cut short or damaged: what says how to play it is not there",
            subject=str(path),
            next_step="Fetch or copy it again",
        )
    return NotMediaError(
        "this is not audio or video that FFmpeg can read",
        subject=str(path),
        next_step="Check that it is the file you meant",
    )


def probe(path: Path, *, track: int | None = None) -> MediaInfo:
    """Read the headers of `path`.

    Args:
        track: which of its sound tracks, counted from 0; None takes the one that ffmpeg and mpv
            take: flagged as default, then most channels, then the first.

    Raises:
        MediaError, NotMediaError, TruncatedMediaError: see `open_media`.
        NoAudioError: there is no audio track, or not so many.
    """
    if is_joined(path):
        return _probe_joined(path, track)
    with open_media(path) as container:
        audio = _chosen_track(path, container, track)
        if audio is None or audio.codec_context.sample_rate <= 0:
            if _is_plain_text(path):
                raise NotMediaError(
                    "this is a text file",
                    subject=str(path),
                    next_step="Check that it is the file you meant",
                )
            raise NoAudioError(
                "there is no audio track in it",
                subject=str(path),
                next_step="Give a file with sound",
            )
        pictures = [
            stream
            for stream in container.streams.video
            if stream.disposition & Disposition.attached_pic
        ]
        films = [stream for stream in container.streams.video if stream not in pictures]
        chapters = tuple(
            Chapter(
                title=str(chapter["metadata"].get("title", "")),
                start_s=float(chapter["start"] * chapter["time_base"]),
                stop_s=float(chapter["end"] * chapter["time_base"]),
            )
            for chapter in container.chapters()
            if chapter["time_base"] is not None
        )
        return MediaInfo(
            path=path,
            container=container.format.name,
            duration_s=_claimed_duration_s(path, container, audio.index),
            sample_rate_hz=audio.codec_context.sample_rate,
            n_channels=audio.codec_context.channels,
            layout=audio.codec_context.layout.name,
            audio_codec=audio.codec_context.name,
            audio_index=audio.index,
            n_tracks=len(container.streams.audio),
            audio_bit_rate=audio.codec_context.bit_rate or container.bit_rate or None,
            video_codec=films[0].codec_context.name if films else None,
            chapters=chapters,
            has_cover=bool(pictures),
            tags={**container.metadata, **audio.metadata},
            track=track,
        )


def lasts(path: Path, duration_s: float) -> bool:
    """Return whether a file can be read and claims this length, to a tenth of a second."""
    try:
        return abs(probe(path).duration_s - duration_s) <= LENGTH_TOLERANCE_S
    except MediaError:
        return False


def _probe_joined(path: Path, track: int | None) -> MediaInfo:
    """Describe a recording in several files; rate and channels are the highest among them."""
    parts = read_parts(path)
    infos = [probe_part(part, track) for part in parts]
    richest = max(infos, key=lambda info: (info.n_channels, info.sample_rate_hz))
    chapters = [
        replace(mark, start_s=mark.start_s + part.start_s, stop_s=mark.stop_s + part.start_s)
        for part, info in zip(parts, infos, strict=True)
        for mark in info.chapters
    ]
    return replace(
        richest,
        path=path,
        container="parts",
        duration_s=parts[-1].stop_s or infos[0].duration_s,
        sample_rate_hz=max(info.sample_rate_hz for info in infos),
        n_tracks=min(info.n_tracks for info in infos),
        video_codec=infos[0].video_codec if all(info.video_codec for info in infos) else None,
        chapters=tuple(chapters),
        tags=infos[0].tags,
        parts=parts,
        track=track,
    )


def probe_part(part: Part, track: int | None = None) -> MediaInfo:
    """Describe one file of a list; `track` overrules what the list says. Raises as `probe`."""
    return probe(part.path, track=part.track if track is None else track)


def _chosen_track(path: Path, container: InputContainer, track: int | None) -> AudioStream | None:
    if track is None:
        return default_track(container)
    tracks = container.streams.audio
    if not 0 <= track < len(tracks):
        raise NoAudioError(
            f"there is no sound track {track}: it has {len(tracks)}",
            subject=str(path),
            next_step="Count the tracks from 0, or leave the choice out",
        )
    return tracks[track]


def default_track(container: InputContainer) -> AudioStream | None:
    """Return the sound track that ffmpeg and mpv take; None where there is no sound."""
    return max(container.streams.audio, key=_rank, default=None)


def _rank(stream: AudioStream) -> tuple[bool, bool, int, int]:
    """Return what ffmpeg prefers: decodable, flagged as default, most channels, then the first."""
    context = stream.codec_context
    return (
        context.sample_rate > 0,
        bool(stream.disposition & Disposition.default),
        context.channels,
        -stream.index,
    )


def _claimed_duration_s(path: Path, container: InputContainer, audio_index: int) -> float:
    stream = container.streams[audio_index]
    if container.format.name == "wav" and stream.duration and stream.time_base:
        # FFmpeg believes the size of the file; what was meant to be there stands in its header.
        return float(stream.duration * stream.time_base) * _wav_shortfall(path)
    if stream.duration is not None and stream.time_base is not None:
        length_s = float(stream.duration * stream.time_base) - _opus_skip_s(container, stream)
        if container.format.name == "ogg" and stream.codec_context.name.endswith("opus"):
            # A capture of a station: FFmpeg counts the end of Opus from when the station began.
            length_s -= max(0.0, float((stream.start_time or 0) * stream.time_base))
        return length_s + _late_s(container, stream)
    return container.duration / av.time_base if container.duration else 0.0


def _late_s(container: InputContainer, stream: Stream) -> float:
    """Seconds by which the sound starts after the picture: the timeline begins with the earlier."""
    if container.start_time is None or stream.start_time is None or stream.time_base is None:
        return 0.0
    return max(
        0.0, float(stream.start_time * stream.time_base - container.start_time / av.time_base)
    )


def _opus_skip_s(container: InputContainer, stream: Stream) -> float:
    """Seconds at the start of an Ogg Opus file that nobody plays; FFmpeg counts them.

    A song that was copied out of a recording has up to 1.3 s of them (`media.cut.ogg_opus`).
    """
    head = bytes(stream.codec_context.extradata or b"")
    if container.format.name != "ogg" or head[:8] != b"OpusHead":
        return 0.0
    return int.from_bytes(head[10:12], "little") / 48_000


def _wav_shortfall(path: Path) -> float:
    """Size that a WAV file's header claims over its real size; 1.0 where it claims none."""
    with path.open("rb") as file:
        head = file.read(8)
    claimed, real = int.from_bytes(head[4:8], "little") + 8, path.stat().st_size
    if head[:4] != b"RIFF" or claimed <= real or claimed >= 0xFFFFFFF0:
        return 1.0
    return claimed / real


def _is_plain_text(path: Path) -> bool:
    """FFmpeg takes some texts for ASCII-art video or subtitles; tell the user what it really is."""
    with path.open("rb") as file:
        head = file.read(4096)
    return not any(byte < 9 or 13 < byte < 32 for byte in head)
