"""Saved searches as `.m3u8` files in `Playlists/Smart/`: playlists that fill themselves.

The catalogue holds the searches; the files follow it. A file that is not of ours stays.
"""

import logging
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import LibraryFileError, QueryError
from utawaku.library.exports.playlist import PlaylistEntry, m3u8
from utawaku.library.files import atomic_path
from utawaku.library.files.paths import safe_component
from utawaku.library.playlists import FOLDER
from utawaku.library.static_playlists import SUFFIX, alone
from utawaku.library.text import clean_line

_log = logging.getLogger(__name__)

SMART_FOLDER = f"{FOLDER}/Smart"
_MARK = "#UTAWAKU-SEARCH:"
"""First comment of each file of ours; the search follows it."""


def smart_file(root: Path, name: str) -> Path:
    """Return the file of a saved search, whatever its name holds."""
    return root / SMART_FOLDER / safe_component(name, suffix=SUFFIX)


def refresh_smart(root: Path, catalogue: Catalogue) -> int:
    """Write each saved search as it finds songs now, and remove files of searches that are gone.

    Files that need no change are left alone, so that players read nothing again. Return how many
    were written or removed.

    Raises:
        LibraryFileError: the folder cannot be written.
    """
    searches = catalogue.saved_queries.all()
    folder = root / SMART_FOLDER
    if not searches and not folder.is_dir():
        return 0
    with alone(root):
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {smart_file(root, name): (name, query) for name, query in searches.items()}
        n_changed = sum(_write(path, *named, catalogue) for path, named in wanted.items())
        for path in folder.glob(f"*{SUFFIX}"):
            if path not in wanted and _is_ours(path):
                path.unlink(missing_ok=True)
                n_changed += 1
    return n_changed


def _write(path: Path, name: str, query: str, catalogue: Catalogue) -> bool:
    try:
        songs = catalogue.browser.songs(catalogue.browser.search(query).numbers)
    except QueryError as error:
        # A field that an older version knew is no reason to fail the run that files songs.
        _log.warning("%s: the saved search cannot be understood any more (%s)", name, error)
        return False
    entries = [PlaylistEntry.of(song).relative_to(SMART_FOLDER) for song in songs if song.file_path]
    head, *rest = m3u8(entries, title=name).splitlines()
    text = "\n".join([head, f"{_MARK}{clean_line(query)}", *rest]) + "\n"
    try:
        if path.is_file() and path.read_text("utf-8", "replace") == text:
            return False
        with atomic_path(path) as temporary:
            temporary.write_text(text, "utf-8")
    except OSError as error:
        raise LibraryFileError(
            f"the playlist cannot be written ({error.strerror})",
            subject=str(path),
            next_step="Free space on the disk, or make the folder writable",
        ) from error
    return True


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return any(file.readline(4_000).startswith(_MARK) for _ in range(2))
