"""Decoded frames of a recording, each with its place on the recording's own timeline.

Time stamps say where a frame belongs, counting says it to the sample: as long as both agree the
samples follow each other without a seam. A packet that cannot be decoded, a gap in the stamps and a
jump of the clock move the place of the next frame; nothing of it ends the reading.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, cast

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import EOFError as EndOfStream
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition

from utawaku.media.clock import LONGEST_GAP_S, TOLERANCE_S, WRAP_BITS, ClockedPacket, PacketClock
from utawaku.media.containers import is_marked_discontinuity, may_restart
from utawaku.media.probe import MediaInfo, open_media
from utawaku.media.timeline import Timeline

_log = logging.getLogger(__name__)

PREROLL_S = 1.0
"""Decoded and thrown away before a seek target: codecs and the resampler need a run-up."""

_EXACT_SEEK = {"matroska", "webm", "mov", "mp4", "m4a", "flac", "wav", "ogg"}
"""Formats whose time stamps stay exact after a seek. In the others packets are skipped instead."""

_UNSTEADY = {"vorbis", "libvorbis"}
"""Codecs whose frames differ in length."""

_MOST_ERRORS = 64
"""So many failed reads in a row end a recording."""


class Placed(NamedTuple):
    """A frame and the timeline's sample, at the frame's own rate, at which it begins."""

    frame: AudioFrame
    at: int


class OffGridError(Exception):
    """Internal: after a seek the frames do not lie where a decode from the start puts them."""


@dataclass(frozen=True)
class TrackStart:
    """The mapping from time stamps of a track's frames to samples of the timeline."""

    first: int
    """Time stamp of the first sound, in ticks."""
    time_base: Fraction
    lead_s: float
    """Seconds of picture before the first sound."""
    n_first: int
    n_frame: int
    coarse: bool
    """The time stamps are coarser than one sample (Matroska counts milliseconds)."""
    trusted: bool
    """Time stamps can place a frame; otherwise only counting from the start can."""
    begins_damaged: bool
    """Its first packet cannot be decoded."""

    @classmethod
    def of(cls, info: MediaInfo) -> "TrackStart":
        """Decode the first frames of the track and look where the picture starts."""
        with open_media(info.path) as container:
            stream = audio_stream(container, info)
            base = stream.time_base or Fraction(1, info.sample_rate_hz)
            picture_s = _picture_start_s(container)
            first: int | None = None
            sizes: list[int] = []
            begins_damaged = False
            for packet in read_packets(container, stream):
                try:
                    frames = decoded(packet)
                except FFmpegError:
                    begins_damaged = begins_damaged or first is None
                    first = packet.pts if first is None else first
                    continue
                for frame in frames:
                    if first is None:
                        first = frame.pts
                    sizes.append(frame.samples)
                if len(sizes) >= 4:
                    break
            coarse = base > Fraction(1, info.sample_rate_hz)
            # FLAC's parser joins the last frames of one recording with the next one's first.
            counted = info.container == "flac" and may_restart(info.path, info.container)
            steady = len(set(sizes[1:4])) == 1 and info.audio_codec not in _UNSTEADY
            lead_s = 0.0
            if first is not None and picture_s is not None:
                lead_s = max(0.0, float(first * base) - picture_s)
            return cls(
                first=first or 0,
                time_base=base,
                lead_s=lead_s if lead_s <= LONGEST_GAP_S else 0.0,
                n_first=sizes[0] if sizes else 0,
                n_frame=sizes[-1] if sizes else 1,
                coarse=coarse,
                trusted=first is not None and (steady or not coarse) and not counted,
                begins_damaged=begins_damaged,
            )

    def seconds(self, ticks: int) -> float:
        """Return the time on the timeline of a time stamp."""
        return float((ticks - self.first) * self.time_base) + self.lead_s

    @property
    def zero_s(self) -> float:
        """Time stamp, in the container, of the timeline's zero."""
        return float(self.first * self.time_base) - self.lead_s

    def sample(self, ticks: int, rate: int) -> int:
        """Return the sample of the timeline at a time stamp."""
        lead = round(self.lead_s * rate)
        return lead + round((ticks - self.first) * self.time_base * rate)

    def grid(self, at: int, rate: int) -> int:
        """Return the place nearest to `at` where a frame begins if none is missing."""
        first = round(self.lead_s * rate)
        if at - first < self.n_first // 2:
            return first
        begins = first + self.n_first
        return begins + self.n_frame * round((at - begins) / self.n_frame)


class FrameReader:
    """Iterator over the frames of a track from `from_s` on, placed on the timeline.

    `timeline` fills while it is read. Decoding starts at the frame of time 0, or a run-up before
    `from_s`; with `seek` False by reading, not by seeking, all that stands before.

    Raises:
        OffGridError: a seek led to frames that cannot be placed; read again without.
    """

    def __init__(
        self, info: MediaInfo, start: TrackStart, *, from_s: float = 0.0, seek: bool = True
    ) -> None:
        self.info = info
        self.start = start
        self.timeline = Timeline(starts_s=self.start.lead_s, claimed_s=info.duration_s)
        self.timeline.pieces = [(0.0, self.start.lead_s)]
        self._from_s = from_s
        self._begin_s = from_s - 1.5 * PREROLL_S
        self._jumps_in = self.start.trusted and self._begin_s - self.start.lead_s > PREROLL_S
        formats = set(info.container.split(","))
        self._seeks = seek and self._jumps_in and may_seek(info)
        self._wrap_bits = max((WRAP_BITS.get(name, 0) for name in formats), default=0)
        self._at: int | None = None
        self._end = 0
        self._rate = info.sample_rate_hz
        self._anchor: int | None = None
        self._slip = 0
        self._sound_s = 0.0
        self._unsure = False
        self._drops_first = self._jumps_in

    def __iter__(self) -> Iterator[Placed]:
        with open_media(self.info.path) as container:
            stream = audio_stream(container, self.info)
            clock = self._clock(stream)
            if self._seeks:
                early_s = self._begin_s - self.start.lead_s - PREROLL_S
                target = self.start.first + int(early_s / self.start.time_base)
                try:
                    container.seek(target, stream=stream)
                except FFmpegError as error:
                    raise OffGridError from error
            n_restarts = 0
            for clocked in self._decodable(clock.follow(read_packets(container, stream))):
                yield from self._frames(clocked)
                if len(clock.restarts) > n_restarts and self._at is not None:
                    n_restarts = len(clock.restarts)
                    self.timeline.add_restart(self._at / self._rate)
        self.timeline.duration_s = max(0.0, self._end / self._rate)

    def _clock(self, stream: AudioStream) -> PacketClock:
        is_ts = self.info.container == "mpegts"
        path = self.info.path

        def is_marked(before: Packet, after: Packet) -> bool:
            return is_ts and is_marked_discontinuity(path, before.pos, after.pos)

        return PacketClock(self.start.time_base, self._wrap_bits, is_marked)

    def _decodable(self, packets: Iterator[ClockedPacket]) -> Iterator[ClockedPacket]:
        """Leave out what stands before the run-up."""
        if not self._jumps_in:
            yield from packets
            return
        begun = False
        for clocked in packets:
            if clocked.resync and clocked.at is not None:
                self._anchor = self._snapped(self.start.sample(clocked.at, self._rate))
            if not begun:
                if clocked.at is None:
                    continue
                if self.start.seconds(clocked.at) < self._begin_s:
                    continue
                begun = True
            yield clocked

    def _frames(self, clocked: ClockedPacket) -> Iterator[Placed]:
        try:
            frames = decoded(clocked.packet)
        except EndOfStream:
            return
        except FFmpegError as error:
            self._hole(clocked, error)
            return
        if not frames and clocked.packet.size:
            self._unsure = True
        resync = clocked.resync
        for frame in frames:
            if frame.samples <= 0 or frame.sample_rate <= 0:
                continue
            placed = self._place(frame, clocked, resync)
            resync = False
            if placed is not None:
                yield placed

    def _hole(self, clocked: ClockedPacket, error: FFmpegError) -> None:
        """Note a packet that cannot be decoded; silence takes its place."""
        self._unsure = True
        duration_s = float((clocked.packet.duration or 0) * self.start.time_base)
        if not 0 < duration_s < LONGEST_GAP_S:
            duration_s = self.start.n_frame / self._rate
        at = self._at
        if at is None:
            at = 0 if clocked.at is None else self.start.sample(clocked.at, self._rate)
        _log.debug("%s: at %.2f s: %s", self.info.path, at / self._rate, error)
        self.timeline.add_hole(max(0.0, at / self._rate), duration_s)
        if self._at is not None:
            self._at += round(duration_s * self._rate)

    def _place(self, frame: AudioFrame, clocked: ClockedPacket, resync: bool) -> Placed | None:
        """Decide where the frame begins; None for one to throw away."""
        rate = frame.sample_rate
        if rate != self._rate:
            self._change_rate(rate)
        ticks = clocked.at
        if clocked.trusted and frame.pts is not None:
            ticks = frame.pts + clocked.shift
        if self._at is None:
            if self._drops_first:  # it may be cut by the codec's own delay
                self._drops_first = False
                return None
            self._at = self._end = self._first_place(ticks, rate)
            self._sound_s = max(0.0, self._at / rate - self.start.lead_s)
        elif ticks is not None and (clocked.trusted or resync):
            self._follow(self.start.sample(ticks, rate) + self._slip, rate, resync)
        self._unsure = False
        at = self._at
        self._at = at + frame.samples
        self._end = max(self._end, self._at)
        self._sound_s += frame.samples / rate
        return Placed(frame, at)

    def _first_place(self, ticks: int | None, rate: int) -> int:
        if not self._jumps_in:
            return round(self.start.lead_s * rate)
        if ticks is None:
            raise OffGridError
        at = self.start.sample(ticks, rate)
        snapped = self._snapped(at)
        if self._seeks:
            is_off = self.start.coarse and abs(self.start.grid(at, rate) - at) > 2 * self._tick
            if is_off or snapped > self._from_s * rate:
                raise OffGridError
        return snapped

    def _snapped(self, at: int) -> int:
        """Move a coarse place to where counting puts it, where frames of one length explain it."""
        if not self.start.coarse:
            return at
        n_frame = self.start.n_frame
        if self._anchor is None:
            grid = self.start.grid(at, self._rate)
        else:
            grid = self._anchor + n_frame * round((at - self._anchor) / n_frame)
        return grid if abs(grid - at) <= 2 * self._tick else at

    @property
    def _tick(self) -> int:
        """Samples by which a time stamp may be off because it is rounded."""
        return int(self.start.time_base * self._rate) + 1

    def _follow(self, target: int, rate: int, resync: bool) -> None:
        """Move on to where the time stamps are, where counting came to another place."""
        at = self._at or 0
        late = target - at
        if resync:
            late = self._snapped(target) - at
            if late < -2 * self._tick:  # more came out of the packets than their stamps say
                self._slip -= late
                late = 0
        elif self._unsure:
            if abs(late) <= self._tick:
                return
            late = max(self._end, self._snapped(target)) - at
        elif abs(late) <= TOLERANCE_S * rate:
            return
        self._at = at + late
        if late > TOLERANCE_S * rate or (late > self._tick and not self._unsure):
            self.timeline.add_gap(at / rate, late / rate)
        if resync:
            self._anchor = self._at
        self.timeline.add_piece(self._sound_s, self._at / rate)

    def _change_rate(self, rate: int) -> None:
        if self._at is not None:
            self._at = round(self._at * rate / self._rate)
        self._end = round(self._end * rate / self._rate)
        self._anchor = self._at
        self._rate = rate


def may_seek(info: MediaInfo) -> bool:
    """Return whether a jump into the file leads to the one place that its time stamp names."""
    exact = bool(_EXACT_SEEK & set(info.container.split(",")))
    return exact and not may_restart(info.path, info.container)


def audio_stream(container: InputContainer, info: MediaInfo) -> AudioStream:
    """Return the track that is read, and have the demuxer leave out all others."""
    found: AudioStream | None = None
    for stream in container.streams:
        if stream.index == info.audio_index and isinstance(stream, AudioStream):
            found = stream
        else:
            stream.discard = Discard.all
    if found is None:
        raise LookupError(f"{info.path}: track {info.audio_index} is not there any more")
    return found


def decoded(packet: Packet) -> list[AudioFrame]:
    """Decode one packet of a sound track; raises FFmpegError."""
    return cast(list[AudioFrame], packet.decode())


def read_packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet]:
    """Demux a track; where reading fails it is tried again from there."""
    n_errors = 0
    while True:
        try:
            for packet in container.demux(stream):
                n_errors = 0
                yield packet
            return
        except EndOfStream:
            return
        except IndexError:  # PyAV, at a packet of a track that came up on the way
            continue
        except FFmpegError as error:
            n_errors += 1
            _log.debug("%s: %s", container.name, error)
            if n_errors > _MOST_ERRORS:
                return


def _picture_start_s(container: InputContainer) -> float | None:
    """Return when the film's first picture is shown; None where there is none."""
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in container.streams.video
        if stream.start_time is not None
        and stream.time_base is not None
        and not stream.disposition & Disposition.attached_pic
    ]
    return min(starts, default=None)
