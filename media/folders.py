"""Media files in a folder of the user."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from utawaku.media.hls import is_playlist_name, named_files

MAX_FILES = 20_000
MEDIA_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        "3g2", "3gp", "aac", "ac3", "aif", "aifc", "aiff", "amr", "ape", "asf", "au", "avi", "caf",
        "dts", "eac3", "flac", "flv", "m2ts", "m4a", "m4b", "m4v", "mka", "mkv", "mov", "mp1",
        "mp2", "mp3", "mp4", "mpa", "mpc", "mpeg", "mpg", "mts", "oga", "ogg", "ogv", "opus", "rm",
        "spx", "tak", "ts", "tta", "vob", "w64", "wav", "weba", "webm", "wma", "wmv", "wv",
    )
)  # fmt: skip
"""Endings of files that are ingested from a folder."""

_SYSTEM_FOLDERS = re.compile(
    r"[$#@]recycle(?:\.bin)?|recycle[rd]|#snapshot|@recently-snapshot|@eadir"
    r"|system volume information|lost\+found|__macosx",
    re.IGNORECASE,
)
"""Folders of Windows, macOS and network storage: what was deleted, copies, previews."""


def is_own_folder(name: str) -> bool:
    """Return whether a folder's name is one that its owner gave; hidden ones are not."""
    return not name.startswith(".") and _SYSTEM_FOLDERS.fullmatch(name) is None


def is_media_name(name: str) -> bool:
    """Return whether a file's name is one of media, and no program's that still writes to it."""
    # Browsers and copying programs write under such names first, yt-dlp as name.temp.mp4.
    path = Path(name)
    is_unfinished = name.startswith((".", "~")) or path.stem.endswith(".temp")
    return path.suffix.lower() in MEDIA_SUFFIXES and not is_unfinished


def media_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the media files in a folder and below, at most `MAX_FILES`, with their `stat`.

    Hidden files and folders, the system's own folders (recycle bins, snapshots), empty files and
    what programs write while they copy are left out. An HLS playlist stands for its segments.
    """
    n_found = 0
    segments: set[Path] = set()
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(filter(is_own_folder, folders))
        for name in recording_names(Path(place), names, segments):
            path = Path(place, name)
            try:
                stat = path.stat()
            except OSError:
                continue  # removed since it was listed
            if path.is_file() and stat.st_size:
                yield path, stat
                n_found += 1
                if n_found >= MAX_FILES:
                    return


def recording_names(place: Path, names: Iterable[str], segments: set[Path]) -> list[str]:
    """Return the names of media files and HLS playlists of a folder, without their segments.

    Args:
        place: the folder.
        names: what lies in it.
        segments: files that playlists met so far name; those of this folder's are added.
    """
    names = list(names)
    lists = _playlists(place, names)
    segments |= {file for files in lists.values() for file in files}
    found = {*filter(is_media_name, names), *lists}
    return sorted(name for name in found if place / name not in segments)


def _playlists(place: Path, names: Iterable[str]) -> dict[str, tuple[Path, ...]]:
    """Return the HLS playlists among the files of a folder, and what each names."""
    found = {}
    for name in filter(is_playlist_name, names):
        try:
            files = named_files(place / name)
        except OSError:
            continue  # removed since it was listed, or not ours to read
        if files:
            found[name] = files
    return found
