"""The coded packets around a span of a recording, each with its place in samples."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from utawaku.media.cut.result import NotCopyableError
from utawaku.media.frames import TrackStart, may_seek
from utawaku.media.probe import MediaInfo, open_media

_RUN_UP_S = 1.0
_STEADY_S = 0.0015
"""Time stamps may be this far off the grid: containers round them to milliseconds."""


@dataclass
class PacketTrack:
    """The audio track of an open recording, seen as packets of one length.

    A *raw* sample number counts from the first packet's first sample. The recording's first sound
    is raw sample `n_delay`; on its timeline, as `utawaku.media.decode` counts, it is `n_lead`.
    """

    container: InputContainer
    stream: AudioStream
    sample_rate_hz: int
    n_packet: int
    """Samples a packet."""
    n_delay: int
    first_s: float
    """Time stamp of the first packet."""
    seekable: bool
    n_lead: int
    """Samples of the timeline before the first sound, where the picture begins earlier."""

    def raw(self, sample: int) -> int:
        """Return the raw number of a sample of the timeline.

        Raises NotCopyableError where there is no sound yet.
        """
        if sample < self.n_lead:
            raise NotCopyableError("the span begins before the sound does")
        return sample - self.n_lead + self.n_delay

    def packets(self, first: int) -> Iterator[tuple[int, Packet]]:
        """Yield `(number, packet)` from packet number `first` on, one seek away.

        Raises NotCopyableError where a packet is missing or out of place.
        """
        time_base = self.stream.time_base or Fraction(1, self.sample_rate_hz)
        tick_s = float(time_base)
        target_s = self.first_s + first * self.n_packet / self.sample_rate_hz - _RUN_UP_S
        if self.seekable and target_s > self.first_s:
            self.container.seek(int(target_s / time_base), stream=self.stream)
            expected: int | None = None
        else:
            # Seeking to the very start loses the packet before time 0, so start from scratch.
            expected = 0
        begun = False
        for packet in self.container.demux(self.stream):
            if packet.size == 0:  # the end mark
                continue
            number = self._number(packet, tick_s, expected)
            if expected is not None and (number < expected or (begun and number > expected)):
                raise NotCopyableError("a packet is missing")
            expected = number + 1
            if number > first and not begun:
                raise NotCopyableError("there is no packet at the start of the span")
            if number >= first:
                begun = True
                yield number, packet

    def _number(self, packet: Packet, tick_s: float, expected: int | None) -> int:
        if packet.is_corrupt:
            raise NotCopyableError("a packet is damaged")
        if packet.pts is None:
            if expected is None:
                raise NotCopyableError("a packet has no time stamp")
            return expected
        at = (packet.pts * tick_s - self.first_s) * self.sample_rate_hz
        number = round(at / self.n_packet)
        if abs(at - number * self.n_packet) > _STEADY_S * self.sample_rate_hz:
            raise NotCopyableError("the time stamps do not follow the samples")
        return number


@contextmanager
def open_packets(
    info: MediaInfo, n_packet: int, *, n_delay: int | None, seekable: bool
) -> Iterator[PacketTrack]:
    """Open the track that `decode` reads; `n_delay` None is measured by decoding the start.

    Where a jump may lead elsewhere, packets are counted from the start even if `seekable`.
    """
    lead_s = TrackStart.of(info).lead_s
    with open_media(info.path) as container:
        first_packet, first_frame = _first_stamps(container, info.audio_index)
    with open_media(info.path) as container:
        stream = _audio_stream(container, info.audio_index)
        if n_delay is None:
            n_delay = round(float(first_frame - first_packet) * info.sample_rate_hz)
        yield PacketTrack(
            container,
            stream,
            info.sample_rate_hz,
            n_packet,
            n_delay,
            float(first_packet),
            seekable=seekable and may_seek(info),
            n_lead=round(lead_s * info.sample_rate_hz),
        )


def _audio_stream(container: InputContainer, index: int) -> AudioStream:
    return next(stream for stream in container.streams.audio if stream.index == index)


def _first_stamps(container: InputContainer, index: int) -> tuple[Fraction, Fraction]:
    """Time stamps in seconds of the first packet and of the first sample that plays."""
    first_packet = None
    for packet in container.demux(_audio_stream(container, index)):
        if first_packet is None and packet.pts is not None:
            first_packet = Fraction(packet.pts * packet.time_base)
        for frame in packet.decode():
            if frame.pts is None or first_packet is None:
                raise NotCopyableError("there are no time stamps")
            return first_packet, Fraction(frame.pts * (frame.time_base or 0))
    raise NotCopyableError("nothing can be decoded")
