"""Copying MP3 frames into a file that plays exactly the span that was asked for.

Three things stand in the way of cutting MP3 by frames, and each has its remedy:

* A frame's data may begin up to 511 bytes earlier, in the frames before it (the bit reservoir). A
  silent frame in front of the cut carries just those bytes, so every decoder gets all of them.
* The transform overlaps, so the first frames after a cut decode wrongly. They are a run-up that is
  kept in the file and not played.
* A cut falls inside frames. The Xing/LAME header, which gapless players obey, holds how many
  samples to drop at both ends, on top of the 529 that a decoder itself is late.

ISO/IEC 11172-3 and 13818-3 for frames; the header as LAME writes it.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.progress import Progress
from utawaku.media.cut.packets import open_packets
from utawaku.media.cut.result import NotCopyableError
from utawaku.media.probe import MediaInfo

DECODER_DELAY = 529
_MAX_PAD = 0xFFF
_RESERVOIR_FRAMES = 16
_BIT_RATES_KBPS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_TAG_BYTES = 8 + 4 + 4 + 100 + 4 + 36


@dataclass(frozen=True)
class FrameHeader:
    """The header of a Layer III frame."""

    version: int
    """3 for MPEG-1, 2 for MPEG-2, 0 for MPEG-2.5."""
    rate_index: int
    mode: int
    """The last header byte: channel mode, its extension, copyright, emphasis."""
    has_crc: bool
    main_data_begin: int

    @classmethod
    def of(cls, frame: bytes) -> "FrameHeader":
        """Parse a frame; raises NotCopyableError where it is not Layer III."""
        if len(frame) < 8 or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
            raise NotCopyableError("a frame is not MPEG layer III")
        version, rate_index = frame[1] >> 3 & 3, frame[2] >> 2 & 3
        if version == 1 or rate_index == 3:
            raise NotCopyableError("a frame header is damaged")
        has_crc = not frame[1] & 1
        side = frame[4 + 2 * has_crc :]
        begin = side[0] << 1 | side[1] >> 7 if version == 3 else side[0]
        return cls(version, rate_index, frame[3], has_crc, begin)

    @property
    def is_mpeg1(self) -> bool:
        """Check for MPEG-1, which has frames of 1152 samples."""
        return self.version == 3

    @property
    def n_samples(self) -> int:
        """Samples of a frame."""
        return 1152 if self.is_mpeg1 else 576

    @property
    def rate_hz(self) -> int:
        """Sample rate in Hz."""
        return _RATES_HZ[self.version][self.rate_index]

    @property
    def side_bytes(self) -> int:
        """Bytes of the side information."""
        mono = self.mode >> 6 == 3
        return (17 if mono else 32) if self.is_mpeg1 else (9 if mono else 17)

    def main_data(self, frame: bytes) -> bytes:
        """The part of `frame` that is in the bit reservoir's count."""
        return frame[4 + 2 * self.has_crc + self.side_bytes :]

    def empty_frame(self, payload: bytes, *, at_end: bool) -> bytes:
        """A silent frame of this kind with `payload` in its data, in the smallest size that fits.

        All-zero side information means: no data belongs to this frame, it is silent.
        """
        for index, kbps in enumerate(_BIT_RATES_KBPS[self.is_mpeg1]):
            size = self.n_samples // 8 * kbps * 1000 // self.rate_hz
            n_free = size - 4 - self.side_bytes
            if index and n_free >= len(payload):
                break
        else:
            raise NotCopyableError("the bit reservoir does not fit into a frame")
        second = 0xE0 | self.version << 3 | 1 << 1 | 1  # layer III, no checksum
        head = bytes([0xFF, second, index << 4 | self.rate_index << 2, self.mode])
        filler = bytes(n_free - len(payload))
        data = filler + payload if at_end else payload + filler
        return head + bytes(self.side_bytes) + data


def _crc16(data: bytes) -> int:
    """CRC-16 with the polynomial 0x8005 reflected, as in the LAME header."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def info_frame(header: FrameHeader, frames: list[bytes], start_pad: int, end_pad: int) -> bytes:
    """The Xing/LAME header frame for a file of `frames`; the pads are what players drop."""
    blank = header.empty_frame(bytes(_TAG_BYTES), at_end=False)
    n_bytes = len(blank) + sum(map(len, frames))
    positions = [len(blank)]
    for frame in frames:
        positions.append(positions[-1] + len(frame))
    toc = bytes(
        min(255, positions[len(frames) * percent // 100] * 256 // n_bytes) for percent in range(100)
    )
    tag = b"Xing" + struct.pack(">III", 0x0F, len(frames), n_bytes) + toc + struct.pack(">I", 0)
    # Nine letters; players only look at the first four to know that the pads follow.
    tag += b"LAME3.100" + bytes(12) + (start_pad << 12 | end_pad).to_bytes(3, "big") + bytes(4)
    tag += struct.pack(">IH", n_bytes, 0)
    start = 4 + header.side_bytes
    checked = blank[:start] + tag
    return checked + struct.pack(">H", _crc16(checked)) + blank[len(checked) + 2 :]


def copy_mp3(
    info: MediaInfo, start: int, n_samples: int, n_snap: int, target: Path, progress: Progress
) -> int:
    """Copy recording samples [start, start + n_samples) into an MP3 file; return `n_samples`.

    Raises NotCopyableError where the frames do not hold the span.
    """
    if "mp3" not in info.container.split(","):
        raise NotCopyableError("the frames are not in an MP3 file")
    n_frame = 1152 if info.sample_rate_hz >= 32_000 else 576
    with open_packets(info, n_frame, n_delay=None, seekable=False) as track:
        raw_start = track.raw(start)
        raw_stop = raw_start + n_samples
        # Exact overlap needs one granule, an exact filter bank two; MPEG-2 has one a frame.
        first = max(0, raw_start // n_frame - (1 if n_frame == 1152 else 2))
        reservoir_first = max(0, first - _RESERVOIR_FRAMES)
        before: list[bytes] = []
        frames: list[bytes] = []
        header: FrameHeader | None = None
        for number, packet in track.packets(reservoir_first):
            if number * n_frame >= raw_stop:
                break
            frame = bytes(packet)
            this = FrameHeader.of(frame)
            if header and (this.version, this.rate_index) != (header.version, header.rate_index):
                raise NotCopyableError("the frames change their sample rate")
            if this.n_samples != n_frame:
                raise NotCopyableError("the frames have an unexpected length")
            header = header or this
            if number < first:
                before.append(this.main_data(frame))
            else:
                frames.append(frame)
                progress((number - first) * n_frame / max(1, n_samples), "copying")
        if header is None or not frames or (first + len(frames)) * n_frame < raw_stop:
            raise NotCopyableError("the recording ends before the span")
    n_needed = FrameHeader.of(frames[0]).main_data_begin
    reservoir = b"".join(before)[-n_needed:] if n_needed else b""
    if len(reservoir) < n_needed:
        raise NotCopyableError("the bit reservoir before the span is missing")
    frames.insert(0, header.empty_frame(reservoir, at_end=True))
    n_skip = n_frame + raw_start - first * n_frame
    start_pad = n_skip - DECODER_DELAY
    end_pad = len(frames) * n_frame + DECODER_DELAY - n_skip - n_samples
    if not (0 <= start_pad <= _MAX_PAD and 0 <= end_pad <= _MAX_PAD):
        raise NotCopyableError("the header cannot say where to begin")
    target.write_bytes(info_frame(header, frames, start_pad, end_pad) + b"".join(frames))
    return n_samples
