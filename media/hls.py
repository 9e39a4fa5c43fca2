"""HLS playlists on this machine: the files that one names, and whether it can be read.

See RFC 8216. FFmpeg takes a playlist without an end for a broadcast that goes on: it begins three
segments before the last one, and waits for more.
"""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from utawaku.library.errors import MediaError

SUFFIX = ".m3u8"
_MAX_BYTES = 16 * 1024 * 1024
_MARKS = ("#EXT-X-TARGETDURATION", "#EXT-X-STREAM-INF")
_MAP = '#EXT-X-MAP:URI="'


def is_playlist_name(name: str) -> bool:
    """Return whether a file may be an HLS playlist; so are called lists of songs, too."""
    return name.lower().endswith(SUFFIX)


def named_files(path: Path) -> tuple[Path, ...] | None:
    """Return the segments or lesser playlists of a playlist, there or not; None for no HLS.

    Addresses of a site are left out. Raises OSError.
    """
    lines = _lines(path)
    if lines is None:
        return None
    return tuple(path.parent / unquote(name) for name in _names(lines) if not urlsplit(name).scheme)


def missing_files(path: Path) -> list[str]:
    """Return the names of files that a playlist names and that are not there. Raises OSError."""
    return [file.name for file in named_files(path) or () if not file.is_file()]


def check_playlist(path: Path) -> None:
    """Return for a playlist that can be read to its end, and for any other file.

    Raises:
        MediaError: it has no end, or its segments are on a site. OSError where it cannot be read.
    """
    lines = _lines(path) if is_playlist_name(path.name) else None
    if lines is None:
        return
    if any(urlsplit(name).scheme in ("http", "https") for name in _names(lines)):
        raise MediaError(
            "its segments are on a site, not beside it",
            subject=str(path),
            next_step="Ingest the address of the stream's page instead",
        )
    is_master = any(line.startswith("#EXT-X-STREAM-INF") for line in lines)
    if not is_master and not any(line.startswith("#EXT-X-ENDLIST") for line in lines):
        raise MediaError(
            "this playlist has no end: a recorder writes to it still, or was broken off",
            subject=str(path),
            next_step="Once nothing writes to it, add a last line `#EXT-X-ENDLIST` and try again",
        )


def _lines(path: Path) -> list[str] | None:
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES)
    if not data.removeprefix(b"\xef\xbb\xbf").startswith(b"#EXTM3U"):
        return None
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    return lines if any(line.startswith(_MARKS) for line in lines) else None


def _names(lines: Iterable[str]) -> list[str]:
    """Return what a playlist names, each once; the head of fragmented MP4 counts."""
    names = [
        line.removeprefix(_MAP).partition('"')[0] if line.startswith(_MAP) else line
        for line in lines
        if line and (line.startswith(_MAP) or not line.startswith("#"))
    ]
    return list(dict.fromkeys(names))
