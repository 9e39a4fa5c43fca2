"""Cheap looks into container files for what FFmpeg does not tell: restarts and marked jumps."""

from functools import lru_cache
from pathlib import Path

_TS_PACKET = 188
_TS_SYNC = 0x47
_LONGEST_LOOK = 8 << 20
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"
_OGG_FIRST = b"OggS\x00\x02"
_HEAD = 4096
_BLOCK = 1 << 18


def may_restart(path: Path, container: str) -> bool:
    """Return whether several recordings may stand behind each other in one file.

    Their time stamps start again, so that a jump to a time leads to any of them: such a file is
    read from its start. Containers whose times stand in one index cannot hold a restart.

    A file is looked through once, and again when its size or time of change is another.
    """
    seen = path.stat()
    return _looked_through(path, container, seen.st_size, seen.st_mtime_ns)


@lru_cache(maxsize=64)
def _looked_through(path: Path, container: str, _size: int, _mtime_ns: int) -> bool:
    """Return `may_restart` of a file as it was at that size and time of change."""
    formats = set(container.split(","))
    if "ogg" in formats:
        return _has_second(path, _OGG_FIRST, after_other_pages=True)
    if "matroska" in formats:
        return not _is_one_segment(path) and _has_second(path, _EBML)
    if "flac" in formats:
        return _has_second(path, b"fLaC\x00\x00\x00\x22")
    if "mov" in formats:
        return _has_second(path, b"moof", at_least=1)
    return False


def is_marked_discontinuity(path: Path, start: int | None, stop: int | None) -> bool:
    """Return whether a transport stream says, between two byte positions, that its clock jumps
    here.
    """
    if start is None or stop is None or not 0 <= start <= stop or stop - start > _LONGEST_LOOK:
        return False
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(stop - start + _TS_PACKET)
    at = 0
    while at + _TS_PACKET <= len(data):
        if data[at] != _TS_SYNC:
            at += 1
            continue
        has_field = data[at + 3] & 0x20 and data[at + 4] > 0
        if has_field and data[at + 5] & 0x80:
            return True
        at += _TS_PACKET
    return False


def _has_second(
    path: Path, magic: bytes, *, at_least: int = 0, after_other_pages: bool = False
) -> bool:
    """Return whether `magic` stands in the file again, behind where the first recording begins."""
    start = at_least or len(magic)
    if after_other_pages:  # the first pages of all streams of one recording stand together
        start = _find(path, b"OggS\x00\x00", 0)
        if start < 0:
            return False
    return _find(path, magic, start) >= 0


def _find(path: Path, wanted: bytes, start: int) -> int:
    """Return where `wanted` stands first from byte `start` on; -1 where it does not.

    A mapped file would count as memory of this process, as far as it was looked through.
    """
    with path.open("rb") as file:
        file.seek(start)
        before = b""
        while block := file.read(_BLOCK):
            data = before + block
            if (at := data.find(wanted)) >= 0:
                return start - len(before) + at
            start += len(block)
            before = data[1 - len(wanted) :]
    return -1


def _is_one_segment(path: Path) -> bool:
    """Return whether a Matroska file's only segment says that it reaches to the end of the file."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        at = head.find(_SEGMENT)
        if at < 0 or at + 12 > len(head):
            return False
        first = head[at + 4]
        width = 9 - first.bit_length() if first else 9
        if width > 8:
            return False
        raw = int.from_bytes(head[at + 4 : at + 4 + width], "big")
        size = raw & ((1 << 7 * width) - 1)
        unknown = size == (1 << 7 * width) - 1
        return not unknown and at + 4 + width + size >= path.stat().st_size
