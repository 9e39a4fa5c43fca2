"""Decoded pictures of a span: the first at its start, none missing for longer than a second."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

from av.container import InputContainer
from av.error import EOFError as EndOfStream
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from utawaku.media.probe import MediaInfo, open_media

CLOCK_HZ = 90_000
_RUN_UPS_S = (0.0, 10.0, 60.0)
"""A seek may land behind the key frame that is needed (MPEG-TS): then an earlier one is tried."""
_HELD_S = 1.0
"""A picture that stays is repeated so often: players and sites dislike longer gaps."""
_MOST_MOVED_S = 0.05
"""No picture is shown earlier than its time by more, however few a second there are."""


def film_stream(container: InputContainer) -> VideoStream:
    """Return the film of a recording, not its cover picture; raises LookupError."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise LookupError("there is no film")


def pictures(info: MediaInfo, start_s: float, stop_s: float) -> Iterator[VideoFrame]:
    """Yield the pictures of a span, with times in 1/90000 s from its start.

    Start and stop are on the container's clock.

    The first one has time 0: where none begins there it is the one that still stands, or the next.
    A still picture, and the last one of a film that ends early, is repeated to the end.
    """
    length = round((stop_s - start_s) * CLOCK_HZ)
    shown: VideoFrame | None = None
    last = -1
    for at, frame in _timed(info, start_s):
        if at >= length:
            break
        if at < 0:
            shown = frame
            continue
        if last < 0:
            if shown is None:
                at = 0
            elif at > 0:
                yield _stamped(shown, 0)
                last = 0
        if shown is not None:
            for held in _held(last, at):
                yield _stamped(shown, held)
        last = max(at, last + 1)
        yield _stamped(frame, last)
        shown = frame
    if shown is None:
        return
    if last < 0:
        yield _stamped(shown, 0)
        last = 0
    for held in _held(last, length):
        yield _stamped(shown, held)


def _held(last: int, at: int) -> range:
    step = round(_HELD_S * CLOCK_HZ)
    return range(last + step, at, step)


def _stamped(frame: VideoFrame, at: int) -> VideoFrame:
    frame.pts = at
    frame.time_base = Fraction(1, CLOCK_HZ)
    frame.pict_type = 0
    return frame


def _timed(info: MediaInfo, start_s: float) -> Iterator[tuple[int, VideoFrame]]:
    """Yield time from `start_s` and picture.

    One that begins less than half a picture's length behind the start begins there.
    """
    for run_up_s in (*_RUN_UPS_S, None):
        with open_media(info.path) as container:
            stream = film_stream(container)
            half_s = min(0.5 / float(stream.average_rate or 30), _MOST_MOVED_S)
            half = round(CLOCK_HZ * half_s)
            frames = _decoded(container, stream, None if run_up_s is None else start_s - run_up_s)
            first = next(frames, None)
            if first is None:
                continue
            if run_up_s is not None and _time_of(first, start_s) > half:
                continue
            begun = False
            for frame in chain([first], frames):
                at = _time_of(frame, start_s)
                yield 0 if not begun and 0 < at <= half else at, frame
                begun = begun or at >= 0
            return


def _time_of(frame: VideoFrame, start_s: float) -> int:
    return round((float((frame.pts or 0) * (frame.time_base or 0)) - start_s) * CLOCK_HZ)


def _decoded(
    container: InputContainer, stream: VideoStream, from_s: float | None
) -> Iterator[VideoFrame]:
    """Yield pictures from a seek on; a damaged packet is left out."""
    stream.thread_type = "AUTO"
    base = stream.time_base or Fraction(1, CLOCK_HZ)
    if from_s is not None:
        try:
            container.seek(int(from_s / base), stream=stream, backward=True)
        except FFmpegError:
            return
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
            frames = packet.decode()
        except (StopIteration, EndOfStream):
            return
        except FFmpegError:
            packets = container.demux(stream)
            continue
        for frame in frames:
            if isinstance(frame, VideoFrame) and frame.pts is not None:
                yield frame
