"""Time stamps of a track's packets, followed so that the recording's own timeline comes out.

A player shows one timeline: a gap in the stamps is silence, a clock that jumps back or starts again
goes on where it was. `PacketClock` decides which of these a jump is, by looking at the packets that
follow; it changes nothing about packets whose stamps follow each other.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from av.packet import Packet

LONGEST_GAP_S = 600.0
"""A longer jump forward is a restart of the clock, not so much silence."""

TOLERANCE_S = 0.1
"""Stamps may stray this far from the samples before they are followed."""

_SMALL_GAP_S = 0.008
_SMALL_GAP_PACKETS = 16
_STRAY_S = 30.0
_STRAY_PACKETS = 4096
_DISTRUST_PACKETS = 250
"""After a jump that turned out to be none, so many packets pass before small ones are examined."""
_JUMPS_A_PACKET = 1 / 25
_FREE_JUMPS = 64

WRAP_BITS = {"mpegts": 33, "mpeg": 33, "vob": 33, "flv": 32}
"""Containers whose clocks start at 0 again after so many bits."""


@dataclass(frozen=True, slots=True)
class ClockedPacket:
    """A packet and what its stamps are worth."""

    packet: Packet
    shift: int
    """Add it to the stamps of the packet's frames to come to ticks of the timeline."""
    trusted: bool
    """False where the stamp is missing or a stray one: then the samples before it place it."""
    resync: bool
    """True where the stamps left the samples for good: after a gap or a restart."""
    at: int | None
    """Start of the packet in ticks of the timeline; None before the first stamp."""


@dataclass(frozen=True)
class Restart:
    """A place where the clock jumped and the timeline goes on where it was."""

    pts: int
    """Time stamp of the first packet after it, as stored."""
    shift: int
    """Seconds added to stamps from here on."""
    jump_s: float


@dataclass
class PacketClock:
    """Follows the stamps of one track.

    `is_marked(before, after)` says whether the container marks a discontinuity between two packets.
    """

    time_base: Fraction
    wrap_bits: int = 0
    is_marked: Callable[[Packet, Packet], bool] = lambda _before, _after: False
    restarts: list[Restart] = field(default_factory=list)
    shift: int = 0
    _expected: int | None = None
    _duration: int = 0
    _last: Packet | None = None
    _n_stray: int = 0
    _n_packets: int = 0
    _n_jumps: int = 0
    _distrust_until: int = 0

    def follow(self, packets: Iterable[Packet]) -> Iterator[ClockedPacket]:
        """Yield every packet with its place; reads ahead only where the clock jumps."""
        waiting: deque[Packet] = deque()
        source = iter(packets)
        tolerance = round(TOLERANCE_S / self.time_base)
        small = max(2, round(_SMALL_GAP_S / self.time_base))
        while True:
            packet = waiting.popleft() if waiting else next(source, None)
            if packet is None:
                return
            if packet.size == 0:  # the end mark
                yield ClockedPacket(
                    packet, self.shift, trusted=True, resync=False, at=self._expected
                )
                continue
            self._n_packets += 1
            pts, expected = packet.pts, self._expected
            if pts is None or self._n_stray:
                self._n_stray = max(0, self._n_stray - 1)
                self._advance(packet, expected)
                yield ClockedPacket(packet, self.shift, trusted=False, resync=False, at=expected)
                continue
            resync = trusted = False
            step = 0 if expected is None else pts + self.shift - expected
            if -tolerance <= step <= small:
                trusted = True
            else:
                self._read_ahead(waiting, source, step, tolerance)
                trusted, resync = self._judge(packet, waiting, step, tolerance)
            at = pts + self.shift if trusted else expected
            self._advance(packet, at)
            yield ClockedPacket(packet, self.shift, trusted=trusted, resync=resync, at=at)

    def _advance(self, packet: Packet, at: int | None) -> None:
        duration = packet.duration or 0
        if duration <= 0 and at is not None and self._expected is not None and self._last:
            duration = max(
                0, min(at - (self._expected - self._duration), round(1 / self.time_base))
            )
        self._duration = duration
        if at is not None:
            self._expected = at + duration
        self._last = packet

    def _read_ahead(
        self, waiting: deque[Packet], source: Iterator[Packet], step: int, tolerance: int
    ) -> None:
        is_small = abs(step) <= tolerance
        most = _SMALL_GAP_PACKETS if is_small else _STRAY_PACKETS
        longest = round(_STRAY_S / self.time_base)
        length = sum(packet.duration or self._duration for packet in waiting)
        while len(waiting) < most and length < longest:
            packet = next(source, None)
            if packet is None:
                return
            waiting.append(packet)
            length += packet.duration or self._duration

    def _judge(
        self, packet: Packet, ahead: deque[Packet], step: int, tolerance: int
    ) -> tuple[bool, bool]:
        """Return whether to trust the stamp of `packet`, and whether samples must follow it."""
        if abs(step) <= tolerance:  # a packet may be missing, or the recorder's clock trembles
            if self._n_packets < self._distrust_until:
                return True, False
            if self._lasts(packet, ahead, step):
                return True, True
            self._distrust_until = self._n_packets + _DISTRUST_PACKETS
            return True, False
        step -= self._unwrap(step)
        if -tolerance <= step <= tolerance or self._only_overlaps(packet, step):
            return True, False
        self._n_jumps += 1
        if self._n_jumps > _FREE_JUMPS + self._n_packets * _JUMPS_A_PACKET:
            return False, False  # the stamps are noise: only counting is left
        if n_stray := self._returns_after(packet, ahead, tolerance):
            self._n_stray = n_stray - 1
            return False, False
        marked = self._last is not None and self.is_marked(self._last, packet)
        if step < 0 or step > LONGEST_GAP_S / self.time_base or marked:
            self.shift -= step
            jump_s = float(step * self.time_base)
            self.restarts.append(Restart(packet.pts or 0, self.shift, jump_s))
        return True, True

    def _only_overlaps(self, packet: Packet, step: int) -> bool:
        """Return whether the packet before claims to last too long, and no clock went back."""
        last = self._last
        if last is None or last.pts is None or packet.pts is None:
            return False
        return -self._duration < step < 0 and packet.pts > last.pts

    def _unwrap(self, step: int) -> int:
        """Follow a clock over its end; returns by how much the step shrank."""
        if not self.wrap_bits:
            return 0
        period = 1 << self.wrap_bits
        n_periods = round(step / period)
        self.shift -= n_periods * period
        return n_periods * period

    def _lasts(self, packet: Packet, ahead: deque[Packet], step: int) -> bool:
        """Return whether all packets ahead are as late as this one."""
        at = packet.pts or 0
        for previous, this in zip((packet, *ahead), ahead, strict=False):
            at += previous.duration or self._duration
            if this.pts is None:
                continue
            if this.pts - at < -step / 2:
                return False
        return True

    def _returns_after(self, packet: Packet, ahead: deque[Packet], tolerance: int) -> int:
        """Return how many packets stray before the stamps are where they should be; 0 for never."""
        at = (self._expected or 0) + (packet.duration or self._duration)
        for number, this in enumerate(ahead, 1):
            if this.pts is not None and abs(this.pts + self.shift - at) <= tolerance:
                return number
            at += this.duration or self._duration
        return 0
