"""Cutting one song's video out of a recording: the packets behind an edit list, or one encode.

An MP4 may begin at the key frame before the cut and say, by an edit list, that playing starts
later: picture and sound are copied unchanged. Matroska has no such list, so there the span is
encoded once. Sound starts at the exact sample and the picture at the nearest frame, so the two are
at most half a frame apart from where they were.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from utawaku.library.errors import EncodeError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.media.cut.audio import checked_span
from utawaku.media.cut.encode import LAYOUTS, output_channels, output_rate
from utawaku.media.cut.film import CLOCK_HZ, film_stream, pictures
from utawaku.media.cut.ogg_opus import opus_delay
from utawaku.media.cut.packets import PacketTrack, open_packets
from utawaku.media.cut.result import CutResult, NotCopyableError
from utawaku.media.decode import decode
from utawaku.media.frames import TrackStart
from utawaku.media.joined import part_of_span
from utawaku.media.probe import MediaInfo, open_media, probe, probe_part
from utawaku.media.write_errors import is_disk_full, write_error

MAX_SKEW_S = 0.04

_COPYABLE_VIDEO = {"h264", "hevc", "av1", "libdav1d", "vp9", "libvpx-vp9", "mpeg4"}
_RUN_UP_PACKETS = {"aac": 2, "opus": 20}
_N_PACKET = {"aac": 1024, "opus": 960}
_AUDIO_CHUNK_S = 0.5
_MAX_REORDER = 32


@dataclass(frozen=True)
class _Span:
    """A span on the recording's clock and on its container's."""

    start_s: float
    stop_s: float
    zero_s: float
    """Time stamp, in the container, of the recording's time 0."""


def cut_video(
    source: Path,
    start_s: float,
    stop_s: float | None,
    target: Path,
    *,
    copy: bool = True,
    track: int | None = None,
    progress: Progress = silent,
) -> CutResult:
    """Write the span [start_s, stop_s) of a recording with its picture, atomically.

    Args:
        target: `.mp4` or `.mkv`; an existing file is replaced. MP4 is copied where its codecs
            allow, Matroska and a span across two files are always encoded (H.264 and AAC).
        copy: False encodes an MP4 too, for players and sites that ignore edit lists.
        track: which sound track, counted from 0; None takes the one flagged as default.

    Raises:
        EncodeError: the span is not inside the recording, there is no picture, another suffix, or
            writing failed.
        NotMediaError, NoAudioError, TruncatedMediaError: the source is no use.
    """
    info = probe(source, track=track)
    if target.suffix not in (".mp4", ".mkv"):
        raise EncodeError("video is cut to .mp4 or .mkv", subject=str(target))
    if info.video_codec is None:
        raise EncodeError(
            "there is no picture in it", subject=str(source), next_step="Cut the sound alone"
        )
    start_s, wanted_stop_s = checked_span(info, start_s, stop_s)
    if info.parts and (inside := part_of_span(info.parts, start_s, wanted_stop_s)):
        cut = cut_video(
            inside.path,
            start_s - inside.start_s,
            None if wanted_stop_s is None else wanted_stop_s - inside.start_s,
            target,
            copy=copy,
            track=inside.track if track is None else track,
            progress=progress,
        )
        return replace(
            cut, start_s=cut.start_s + inside.start_s, stop_s=cut.stop_s + inside.start_s
        )
    span = _Span(
        start_s,
        wanted_stop_s or info.duration_s,
        0.0 if info.parts else TrackStart.of(info).zero_s,
    )
    note = ""
    with atomic_path(target) as temporary:
        result = None
        if copy and target.suffix == ".mp4":
            try:
                result = _copy(info, span, temporary, progress)
            except (NotCopyableError, FFmpegError, ValueError) as error:
                if is_disk_full(error):
                    raise write_error("", error, target, "") from error
                note = str(error)
        if result is None:
            try:
                result = _encode(info, span, temporary, progress)
            except (FFmpegError, OSError, ValueError, LookupError) as error:
                raise write_error(
                    "the video could not be written",
                    error,
                    target,
                    "Its sound can be cut all the same: leave the video out",
                ) from error
    progress(1.0, "cut")
    return replace(result, path=target, note=note)


def _copy(info: MediaInfo, span: _Span, target: Path, progress: Progress) -> CutResult:
    if info.parts:
        raise NotCopyableError("it lies across two files")
    codec = {"libopus": "opus"}.get(info.audio_codec, info.audio_codec)
    if codec not in _N_PACKET or info.video_codec not in _COPYABLE_VIDEO:
        raise NotCopyableError(f"{info.video_codec} with {codec} is not copied into MP4")
    rate = info.sample_rate_hz
    start, stop = round(span.start_s * rate), round(span.stop_s * rate)
    with (
        open_media(info.path) as video_source,
        open_packets(info, _N_PACKET[codec], n_delay=None, seekable=True) as track,
        av.open(
            str(target),
            "w",
            format="mp4",
            options={"movie_timescale": str(rate), "movflags": "faststart"},
        ) as container,
    ):
        if codec == "opus":  # its containers may be too coarse to tell the delay by time stamps
            track.n_delay = opus_delay(track.stream)
        video = film_stream(video_source)
        outputs = (
            container.add_stream_from_template(video),
            container.add_stream_from_template(track.stream),
        )
        first_s = _nearest_frame_s(info, span.zero_s + span.start_s)
        film = _video_packets(info, first_s, span.zero_s + span.stop_s, video_source)
        sounds = _audio_packets(track, start, stop, _RUN_UP_PACKETS[codec])
        n_samples = 0
        for time_s, is_sound, packet in heapq.merge(film, sounds, key=lambda each: each[0]):
            packet.stream = outputs[is_sound]
            container.mux(packet)
            n_samples += is_sound * _N_PACKET[codec]
            progress(min(1.0, max(0.0, time_s / (span.stop_s - span.start_s))), "copying")
    if n_samples < stop - start - rate:
        raise NotCopyableError("the recording ends before the span")
    _check_start(target)
    return CutResult(
        target,
        start / rate,
        stop / rate,
        stop - start,
        rate,
        info.video_codec or "",
        copied=True,
    )


_Timed = tuple[float, bool, Packet]


def _nearest_frame_s(info: MediaInfo, at_s: float) -> float:
    """Time stamp of the picture that is nearest to `at_s`, from the packets."""
    with open_media(info.path) as container:
        stream = film_stream(container)
        base = stream.time_base or Fraction(1, CLOCK_HZ)
        container.seek(int(at_s / base), stream=stream, backward=True)
        best: float | None = None
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            time_s = float(packet.pts * base)
            if best is None or abs(time_s - at_s) < abs(best - at_s):
                best = time_s
            if packet.dts is not None and float(packet.dts * base) > at_s + 1.0:
                break
        half_s = 0.5 / float(stream.average_rate or 30) + 0.005
    if best is None or abs(best - at_s) > max(MAX_SKEW_S, half_s):
        raise NotCopyableError("there is no picture at the start of the span")
    return best


def _video_packets(
    info: MediaInfo, first_s: float, stop_s: float, container: av.container.InputContainer
) -> Iterator[_Timed]:
    """Packets from the key frame at or before `first_s`, which becomes time 0, to `stop_s`.

    A picture after the end is kept where one before the end was coded from it.
    """
    stream = film_stream(container)
    base = stream.time_base or Fraction(1, CLOCK_HZ)
    origin = round(first_s / base)
    stop = round(stop_s / base)
    container.seek(origin, stream=stream, backward=True)
    late: list[_Timed] = []
    begun = False
    for packet, dts in _with_dts(container.demux(stream), stream):
        begun = begun or packet.is_keyframe
        if not begun:
            continue
        if dts >= stop:
            return
        is_late = packet.pts is None or packet.pts >= stop
        packet.pts = (packet.pts or 0) - origin
        packet.dts = dts - origin
        late.append((float(packet.dts * base), False, packet))
        if not is_late:
            yield from late
            late.clear()


def _with_dts(packets: Iterator[Packet], stream: VideoStream) -> Iterator[tuple[Packet, int]]:
    """Packets with the time at which to decode each.

    Matroska does not store it, and after a seek FFmpeg knows it only some packets later; those
    before are spaced evenly back from there.
    """
    base = stream.time_base or Fraction(1, CLOCK_HZ)
    step = max(1, round(1 / (base * (stream.average_rate or 30))))
    waiting: list[Packet] = []
    for packet in packets:
        if packet.size == 0 or packet.pts is None:
            continue
        waiting.append(packet)
        if packet.dts is None:
            if len(waiting) > _MAX_REORDER:
                raise NotCopyableError("the pictures have no decoding times")
            continue
        known = packet.dts
        for number, each in enumerate(waiting, 1 - len(waiting)):
            yield each, known + number * step
        waiting.clear()
    if waiting:
        raise NotCopyableError("the pictures have no decoding times")


def _audio_packets(track: PacketTrack, start: int, stop: int, run_up: int) -> Iterator[_Timed]:
    raw_start, raw_stop = track.raw(start), track.raw(stop)
    first = max(0, raw_start // track.n_packet - run_up)
    rate = track.sample_rate_hz
    base = track.stream.time_base or Fraction(1, rate)
    for number, packet in track.packets(first):
        at = number * track.n_packet
        if at >= raw_stop:
            return
        length = min(track.n_packet, raw_stop - at)
        packet.pts = packet.dts = round(Fraction(at - raw_start, rate) / base)
        packet.duration = round(Fraction(length, rate) / base)
        yield (at - raw_start) / rate, True, packet


def _check_start(path: Path) -> None:
    """The first picture and the first sound that play must both be at time 0."""
    for kind in ("video", "audio"):
        with av.open(str(path)) as container:
            frame = next(container.decode(**{kind: 0}), None)
            if not isinstance(frame, VideoFrame | AudioFrame) or frame.pts is None:
                raise NotCopyableError(f"the copied {kind} does not decode")
            if abs(float(frame.pts * (frame.time_base or 0))) > MAX_SKEW_S:
                raise NotCopyableError(f"the copied {kind} does not start with the cut")


def _encode(info: MediaInfo, span: _Span, target: Path, progress: Progress) -> CutResult:
    rate = output_rate("m4a", info.sample_rate_hz)
    reader = decode(
        info.path,
        sample_rate_hz=rate,
        n_channels=output_channels("m4a", info.n_channels),
        start_s=span.start_s,
        stop_s=span.stop_s,
        chunk_s=_AUDIO_CHUNK_S,
        track=info.track,
    )
    frames = _pictures(info, span)
    with av.open(str(target), "w") as container:
        picture = next(frames, None)
        if picture is None:
            raise ValueError("no picture could be decoded")
        video = _add_video(container, _frame_rate(info), picture)
        audio: AudioStream | None = None
        n_samples = 0
        for chunk in reader:
            chunk = np.atleast_2d(chunk)
            if audio is None:
                added = container.add_stream("aac", rate=rate, layout=LAYOUTS[chunk.shape[0]])
                if not isinstance(added, AudioStream):
                    raise TypeError("aac is not an audio encoder")
                audio = added
                audio.bit_rate = 128_000 * min(chunk.shape[0], 5)
            container.mux(audio.encode(_sound(chunk, rate, n_samples)))
            n_samples += chunk.shape[1]
            while picture is not None and picture.pts <= n_samples * CLOCK_HZ // rate:
                container.mux(video.encode(picture))
                picture = next(frames, None)
            progress(n_samples / rate / (span.stop_s - span.start_s), "encoding")
        while picture is not None:
            container.mux(video.encode(picture))
            picture = next(frames, None)
        container.mux(video.encode(None))
        if audio is None:
            raise ValueError("no sound could be decoded")
        container.mux(audio.encode(None))
    if reader.timeline.n_restarts:
        raise ValueError("its clock starts again before or in the span")
    first_s = round(span.start_s * rate) / rate
    missing_s = span.stop_s - span.start_s - n_samples / rate
    if missing_s > 1.0:
        raise ValueError(f"the recording ends {missing_s:.1f} s before the span does")
    return CutResult(
        target, first_s, first_s + n_samples / rate, n_samples, rate, "h264", copied=False
    )


def _pictures(info: MediaInfo, span: _Span) -> Iterator[VideoFrame]:
    """Yield the pictures of a span, those of the parts it lies across one after the other."""
    if not info.parts:
        yield from pictures(info, span.zero_s + span.start_s, span.zero_s + span.stop_s)
        return
    size: tuple[int, int] | None = None
    for part in info.parts:
        from_s, to_s = max(part.start_s, span.start_s), min(part.stop_s, span.stop_s)
        if to_s <= from_s:
            continue
        film = probe_part(part, info.track)
        zero_s = TrackStart.of(film).zero_s - part.start_s
        late = round((from_s - span.start_s) * CLOCK_HZ)
        for frame in pictures(film, zero_s + from_s, zero_s + to_s):
            size = size or (frame.width, frame.height)
            at = (frame.pts or 0) + late
            if (frame.width, frame.height) != size:
                frame = frame.reformat(*size)
                frame.time_base = Fraction(1, CLOCK_HZ)
            frame.pts = at
            yield frame


def _frame_rate(info: MediaInfo) -> Fraction:
    """Pictures a second, of the first file where there are several."""
    with open_media(info.parts[0].path if info.parts else info.path) as source:
        return film_stream(source).average_rate or Fraction(30)


def _add_video(
    container: av.container.OutputContainer, rate: Fraction, picture: VideoFrame
) -> VideoStream:
    stream = container.add_stream(
        "libx264",
        rate=rate,
        options={"crf": "18", "preset": "veryfast"},
    )
    if not isinstance(stream, VideoStream):
        raise TypeError("libx264 is not a video encoder")
    # H.264 in 4:2:0 wants even sides.
    stream.width, stream.height = picture.width // 2 * 2, picture.height // 2 * 2
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, CLOCK_HZ)
    return stream


def _sound(chunk: np.ndarray, rate: int, position: int) -> AudioFrame:
    samples = np.ascontiguousarray(np.clip(chunk, -1, 1), np.float32)
    frame = AudioFrame.from_ndarray(samples, "fltp", LAYOUTS[chunk.shape[0]])
    frame.sample_rate = rate
    frame.time_base = Fraction(1, rate)
    frame.pts = position
    return frame
