"""Media files in a folder of the user."""

import os
from collections.abc import Iterator
from pathlib import Path

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


def media_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the media files in a folder and below, at most `MAX_FILES`, with their `stat`.

    Hidden files and folders, empty files and what programs write while they copy are left out.
    """
    n_found = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            # Browsers and copying programs write under such names first.
            if name.startswith((".", "~")) or Path(name).suffix.lower() not in MEDIA_SUFFIXES:
                continue
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
