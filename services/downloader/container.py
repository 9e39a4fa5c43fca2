"""Looking into media files, and changing the container around streams that stay as they are.

All through PyAV, whose wheels carry FFmpeg: no ffmpeg binary is needed.
"""

import errno
import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.errors import (
    DiskFullError,
    EncodeError,
    MediaError,
    NoAudioError,
    NotMediaError,
    TruncatedMediaError,
)
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent

_EXTENSIONS = {
    "mov": "mp4", "matroska": "mkv", "ogg": "ogg", "wav": "wav", "w64": "w64", "flac": "flac",
    "mp3": "mp3", "aac": "aac", "mpegts": "ts", "avi": "avi", "flv": "flv", "asf": "wma",
    "aiff": "aiff", "caf": "caf", "ape": "ape", "wv": "wv", "tta": "tta", "tak": "tak",
    "mpeg": "mpg", "rm": "rm", "amr": "amr", "ac3": "ac3", "eac3": "eac3", "au": "au", "mpc": "mpc",
    "mpc8": "mpc",
}  # fmt: skip
_MP4_VIDEO = frozenset({"h264", "hevc", "av1", "mpeg4"})
_MP4_AUDIO = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_WEBM_VIDEO = frozenset({"vp8", "vp9", "av1"})
_WEBM_AUDIO = frozenset({"opus", "vorbis"})
_HEAD_BYTES = 4096
_STRAY_S = 0.5
"""Time stamps of pieces that follow each other are off by no more than this."""
_JOINED = frozenset({"mpegts", "aac"})
"""Containers whose pieces are simply put behind each other."""
_GUESSED = frozenset({"mpegts", "flv", "aac", "mp3", "ogg", "mpeg"})
"""Containers that do not know their length where a clock started again."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The streams of a media file."""

    format: str
    """FFmpeg's first name of the container: `mov`, `matroska`, `ogg`, `mpegts`, ..."""
    duration_s: float
    """0.0 where the container does not tell."""
    has_video: bool
    """Moving pictures; cover art does not count."""
    sample_rate_hz: int
    n_channels: int
    audio_codec: str
    video_codec: str
    tags: dict[str, str]
    """The container's own tags, names in lower case."""

    @property
    def guesses_duration(self) -> bool:
        """Return whether the container's length is a guess from its first and last time stamp."""
        return self.format in _GUESSED

    @property
    def extension(self) -> str:
        """The usual file extension of such a file, without the dot; empty if there is none."""
        if self.format == "mov" and not self.has_video:
            return "m4a"
        if self.format == "matroska":
            if not self.has_video:
                return "webm" if self.audio_codec in _WEBM_AUDIO else "mka"
            if self.video_codec in _WEBM_VIDEO and self.audio_codec in _WEBM_AUDIO:
                return "webm"
        if self.format == "ogg" and self.audio_codec == "opus":
            return "opus"
        return _EXTENSIONS.get(self.format, "")


def probe(path: Path, *, need_audio: bool = True) -> Probe:
    """Look into `path` without decoding it.

    Raises MediaError (unreadable), NotMediaError, TruncatedMediaError (an MP4 without its index),
    NoAudioError.
    """
    import av

    subject = str(path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        with av.open(str(path), metadata_errors="replace") as container:
            return _probed(container, subject, need_audio)
    except av.FFmpegError as error:
        if head[4:8] == b"ftyp" and b"moov" not in head:
            raise TruncatedMediaError(
                "the index of this MP4 is missing: the file ends before it should",
                subject=subject,
                next_step="Copy or download it again",
            ) from error
        raise NotMediaError(
            "a web page, not media" if head.lstrip()[:1] == b"<" else "not a media file",
            subject=subject,
            next_step="Give an audio or video file",
        ) from error
    except OSError as error:
        raise MediaError(
            f"the file cannot be read ({error.strerror or error})",
            subject=subject,
            next_step="Check that it exists, is a file, and that you may read it",
        ) from error


def _probed(container: Any, subject: str, need_audio: bool) -> Probe:
    from utawaku.media.probe import default_track

    audio = default_track(container)
    pictures = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not _is_cover(stream)
    ]
    codec = audio.codec_context if audio is not None else None
    if need_audio and (codec is None or not codec.sample_rate):
        raise NoAudioError(
            "the file has no audio track", subject=subject, next_step="Give a recording with sound"
        )
    duration_s = container.duration / 1_000_000 if container.duration else 0.0
    if duration_s <= 0 and audio is not None and audio.duration and audio.time_base:
        duration_s = float(audio.duration * audio.time_base)
    return Probe(
        format=container.format.name.split(",")[0],
        duration_s=max(duration_s, 0.0),
        has_video=bool(pictures),
        sample_rate_hz=codec.sample_rate if codec else 0,
        n_channels=codec.channels if codec else 0,
        audio_codec=codec.name if codec else "",
        video_codec=pictures[0].codec_context.name if pictures else "",
        tags={name.lower(): text for name, text in container.metadata.items()},
    )


def _is_cover(stream: Any) -> bool:
    """Return whether a video stream is one still picture: cover art."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def ends_early(path: Path, duration_s: float) -> bool:
    """Return whether there is no audio near the end that the container announces: the tail is
    missing.

    A file cut off in the middle still says its full length, for that stands at its beginning.
    """
    import av

    from utawaku.media.probe import default_track

    if duration_s < 5.0:
        return False
    target_s = duration_s - max(2.0, duration_s * 0.005)
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            stream = default_track(container)
            if stream is None:
                return True
            offset_s = (container.start_time or 0) / 1_000_000
            container.seek(int((target_s + offset_s) * 1_000_000))
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    stop_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    if stop_s - offset_s >= target_s:
                        return False
    except av.FFmpegError:
        return True
    return True


def fitting_extension(video_codec: str, audio_codec: str) -> str:
    """Return the container that holds both codecs: `mp4`, `webm`, or `mkv`, which holds all."""
    if (not video_codec or video_codec in _MP4_VIDEO) and audio_codec in _MP4_AUDIO:
        return "mp4" if video_codec else "m4a"
    if (not video_codec or video_codec in _WEBM_VIDEO) and audio_codec in _WEBM_AUDIO:
        return "webm"
    return "mkv" if video_codec else "mka"


def remux(
    sources: Sequence[Path],
    target: Path,
    *,
    progress: Progress = silent,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Put the video of the first source that has one and the first sound into one `target`.

    Of the sound, all tracks in the default track's codec are kept, flagged as they were.

    The encoded packets stay as they are. Time stamps of every source are moved by one common
    offset so that the earliest starts at 0 and sound and picture keep their distance. Memory does
    not grow with length. `check` is called now and then and may raise to stop.

    Raises EncodeError (also for a clock that jumps, which only the site's own container can tell),
    DiskFullError, NotMediaError; `target` exists only when all went well.
    """
    import av

    opened: list[Any] = []
    try:
        for source in sources:
            opened.append(av.open(str(source), metadata_errors="replace"))
        chosen = _chosen_streams(opened)
        if not any(stream.type == "audio" for _, stream in chosen):
            raise NoAudioError(
                "no audio track to put into the recording",
                subject=", ".join(str(source) for source in sources),
            )
        with atomic_path(target) as temporary:
            _mux(opened, chosen, temporary, progress, check)
    except av.FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError(
                "no space left on the disk", subject=str(target), next_step="Free some space"
            ) from error
        raise EncodeError(
            f"the streams cannot be put into one file ({error.strerror or error})",
            subject=str(target),
            next_step="Fetch audio only, or another format",
        ) from error
    finally:
        for container in opened:
            container.close()


def _chosen_streams(opened: Sequence[Any]) -> list[tuple[Any, Any]]:
    from utawaku.media.probe import default_track

    chosen = []
    for kind in ("video", "audio"):
        for container in opened:
            streams = getattr(container.streams, kind)
            streams = [one for one in streams if one.codec_context and not _is_cover(one)]
            if streams:
                default = default_track(container) if kind == "audio" else None
                best: Any = default if default in streams else streams[0]
                codec = best.codec_context.name
                for one in streams if kind == "audio" else [best]:
                    if one.codec_context.name == codec:  # other tracks may be chosen later
                        chosen.append((container, one))
                break
    return chosen


def _mux(
    opened: Sequence[Any],
    chosen: Sequence[tuple[Any, Any]],
    temporary: Path,
    progress: Progress,
    check: Callable[[], None],
) -> None:
    import av

    start_us = min((one.start_time or 0) for one in opened)
    total_s = max((one.duration or 0) for one in opened) / 1_000_000
    with av.open(str(temporary), "w", options={"movflags": "faststart"}) as output:
        copies = {id(stream): output.add_stream_from_template(stream) for _, stream in chosen}
        for _, stream in chosen:
            copies[id(stream)].disposition = stream.disposition
            if language := stream.metadata.get("language"):
                copies[id(stream)].metadata["language"] = language
        readers = [
            _packets(container, [stream for owner, stream in chosen if owner is container])
            for container in opened
            if any(owner is container for owner, _ in chosen)
        ]
        packets = heapq.merge(*readers, key=lambda packet: packet.dts * packet.time_base)
        for number, packet in enumerate(packets):
            offset = round(start_us / 1_000_000 / packet.time_base)
            packet.dts -= offset
            if packet.pts is not None:
                packet.pts -= offset
            if number % 2000 == 0:
                check()
                done_s = float(packet.dts * packet.time_base)
                progress(done_s / total_s if total_s else 0.0, "putting the streams together")
            packet.stream = copies[id(packet.stream)]
            output.mux_one(packet)


def _packets(container: Any, streams: Sequence[Any]) -> Iterator[Any]:
    """Yield packets of the streams; raises EncodeError where the clock of joined pieces jumps."""
    is_joined = container.format.name in _JOINED
    end_s: float | None = None
    for packet in container.demux(streams):
        if packet.dts is None:  # what ends a stream carries none
            continue
        if is_joined and packet.stream.type == "audio":
            at_s = float(packet.dts * packet.time_base)
            jump_s = 0.0 if end_s is None else at_s - end_s
            if abs(jump_s) > _STRAY_S:
                raise EncodeError(
                    f"its clock jumps by {jump_s:.1f} s", next_step="Keep it as the site sends it"
                )
            end_s = at_s + float((packet.duration or 0) * packet.time_base)
        yield packet
