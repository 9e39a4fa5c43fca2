"""MP4 files that a recorder joined byte by byte, each part with a header of its own.

Stream recorders and HLS downloaders write fragments behind an init segment, and a new init segment
after an advert or a restart. FFmpeg obeys the first header alone: where a later part has another
sample rate, layout or codec, its sound comes out too fast or as noise (see
``findings/mp4-parts-joined-play-too-fast.sh``). MPEG-TS carries such a change: every frame
of AAC tells its own format there.
"""

import io
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError

from utawaku.library.errors import EncodeError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent

_TS_AUDIO = frozenset({"aac", "mp3", "mp2", "ac3", "eac3"})
_TS_VIDEO = frozenset({"h264", "hevc"})
_LONGEST_HEADER = 1 << 16
_CHECK_EVERY = 1000
"""Packets between two looks at whether to stop."""


@dataclass(frozen=True)
class Part:
    """One MP4 inside a file, from byte `start` up to byte `stop`."""

    start: int
    stop: int


def rewrite_if_mixed(
    path: Path,
    target: Path,
    warnings: list[str],
    progress: Progress = silent,
    check: Callable[[], None] = lambda: None,
) -> bool:
    """Write `target`, an MPEG-TS file, where `path` is a joined MP4 whose sound changes its format.

    Returns True if `target` is what should be read. A `target` that was made of this very file
    before is kept. What was found is added to `warnings`. Raises OSError.
    """
    parts = mixed_parts(path)
    found = f"{len(parts)} parts of different formats are joined in this MP4"
    if not parts:
        parts = misplaced_parts(path)
        found = f"{len(parts)} parts are joined in this MP4, and point to places in the first"
    if not parts:
        return False
    stamp = path.stat().st_mtime_ns
    try:
        if not (target.is_file() and target.stat().st_mtime_ns == stamp):
            with atomic_path(target) as temporary:
                rewrite_as_ts(path, parts, temporary, progress=progress, check=check)
            os.utime(target, ns=(stamp, stamp))
    except EncodeError as error:
        warnings.append(f"{found}, and what follows the first may sound wrong: {error.problem}")
        return False
    warnings.append(f"{found}: rewritten as MPEG-TS")
    return True


def mixed_parts(path: Path) -> list[Part]:
    """Return the parts of a joined MP4 whose sound changes its format; else an empty list.

    Parts that FFmpeg cannot open count as no change. Raises OSError.
    """
    parts = list(_parts(path))
    if len(parts) < 2:
        return []
    formats = set()
    for part in parts:
        try:
            with _opened(path, part) as container:
                formats.add(_sound_format(container))
        except FFmpegError:
            continue
    return parts if len(formats - {None}) > 1 else []


def misplaced_parts(path: Path) -> list[Part]:
    """Return the parts of a joined MP4 whose fragments name their data by the place in a file.

    In the joined file these places lie in the first part, so that players show noise. Fragments
    that count from their own start are right everywhere. Else an empty list. Raises OSError.
    """
    parts = list(_parts(path))
    is_wrong = any(_names_places(path, part) for part in parts[1:])
    return parts if is_wrong else []


def _names_places(path: Path, part: Part) -> bool:
    """Return whether the first fragment of a part has the flag base-data-offset-present."""
    for offset, kind, size in _boxes(path):
        if kind != b"moof" or not part.start <= offset < part.stop:
            continue
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(min(size, _LONGEST_HEADER))
        at = data.find(b"tfhd")
        return 0 < at < len(data) - 8 and bool(data[at + 7] & 1)
    return False


def rewrite_as_ts(
    path: Path,
    parts: list[Part],
    target: Path,
    *,
    progress: Progress = silent,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write the packets of all parts, unchanged and in order, into one MPEG-TS file.

    A part whose clock starts again goes on where the one before ended; a clock that runs on keeps
    its gap. Pictures that MPEG-TS has no place for are left out. `check` may raise to stop.

    Raises OSError, and EncodeError where MPEG-TS has no place for the sound.
    """
    end_s = Fraction(0)
    try:
        with target.open("wb") as out:
            for part in parts:
                with (
                    _opened(path, part) as container,
                    av.open(_WriteOnly(out), "w", format="mpegts") as made,
                ):
                    end_s = _copy_packets(container, made, end_s, check)
                progress(part.stop / parts[-1].stop, f"rewriting {path.name}")
    except FFmpegError as error:
        raise EncodeError(
            f"the joined parts cannot be rewritten ({error.strerror})",
            subject=str(path),
            next_step="Split the file where the recorder started again, and ingest the pieces",
        ) from error


def _copy_packets(
    source: InputContainer, made: Any, end_s: Fraction, check: Callable[[], None]
) -> Fraction:
    """Copy one part behind `end_s`, the end of the parts before; return its own end."""
    if not any(stream.codec_context.name in _TS_AUDIO for stream in source.streams.audio):
        raise EncodeError(
            "MPEG-TS cannot hold the sound of this part",
            next_step="Split the file where the recorder started again, and ingest the pieces",
        )
    outputs = {
        stream.index: made.add_stream_from_template(stream)
        for stream in (*source.streams.audio, *source.streams.video)
        if stream.codec_context.name in _TS_AUDIO | _TS_VIDEO
    }
    inputs = [source.streams[index] for index in outputs]
    start_s = Fraction(source.start_time or 0, 1_000_000)
    delay_s = max(Fraction(0), end_s - start_s)
    for number, packet in enumerate(source.demux(inputs)):
        if number % _CHECK_EVERY == 0:
            check()
        if packet.dts is None or packet.pts is None or packet.time_base is None:
            continue
        delay = round(delay_s / packet.time_base)
        packet.dts, packet.pts = packet.dts + delay, packet.pts + delay
        end_s = max(end_s, (packet.pts + (packet.duration or 0)) * packet.time_base)
        packet.stream = outputs[packet.stream.index]
        made.mux(packet)
    return end_s


def _sound_format(container: InputContainer) -> tuple[object, ...] | None:
    """Return what must not differ between two parts for one header to fit both."""
    for stream in container.streams.audio:
        codec = stream.codec_context
        return codec.name, codec.sample_rate, codec.layout.name, bytes(codec.extradata or b"")
    return None


def _parts(path: Path) -> Iterator[Part]:
    """Find where each MP4 in the file begins: at its `ftyp`, or at a `moov` that has none."""
    start, has_header, end = 0, False, 0
    for offset, kind, size in _boxes(path):
        begins = has_header and kind in (b"ftyp", b"moov")
        if begins:
            yield Part(start, offset)
            start, has_header = offset, False
        has_header = has_header or kind == b"moov"
        end = offset + size
    if has_header:
        yield Part(start, end)


def _boxes(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Offset, kind and size of the boxes of the top level; ends at what is no box."""
    length, offset = path.stat().st_size, 0
    with path.open("rb") as file:
        while offset + 8 <= length:
            file.seek(offset)
            head = file.read(16)
            size, kind = struct.unpack(">I4s", head[:8])
            if size == 1 and len(head) == 16:
                size = struct.unpack(">Q", head[8:])[0]
            elif size == 0:
                size = length - offset
            if size < 8:
                return
            yield offset, kind, min(size, length - offset)
            offset += size


def _opened(path: Path, part: Part) -> InputContainer:
    return av.open(io.BufferedReader(_Span(path, part)), "r", metadata_errors="replace")


class _Span(io.RawIOBase):
    """The bytes of one part, as a file of its own."""

    def __init__(self, path: Path, part: Part) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._part = part
        self._at = 0

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(
            whence, self._part.stop - self._part.start
        )
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        left = max(0, self._part.stop - self._part.start - self._at)
        self._file.seek(self._part.start + self._at)
        data = self._file.read(min(len(buffer), left))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class _WriteOnly:
    """A file that is only appended to, so that a muxer neither seeks in it nor closes it."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        return self._file.write(data)
