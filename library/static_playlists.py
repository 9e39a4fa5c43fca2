"""Playlists that the user put together: `.m3u8` files beside `Songs/`, for any player.

The files are all there is of them. A comment above each entry names the song, so that the path can
follow when the song's file is renamed; entries of other programs are kept as they are.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import LibraryFileError, NotFoundError
from utawaku.library.exports.playlist import PlaylistEntry, m3u8
from utawaku.library.files import atomic_path
from utawaku.library.files.paths import safe_component
from utawaku.library.playlists import FOLDER
from utawaku.library.records import Song

_log = logging.getLogger(__name__)

SUFFIX = ".m3u8"
_MARK = "#UTAWAKU:"
_TITLE = "#PLAYLIST:"
LOCK_WITHIN_S = 10.0
MAX_BYTES = 20_000_000
"""Of a file that is read: 100,000 entries take half of it."""


@dataclass(frozen=True)
class Line:
    """One entry as the file has it."""

    path: str
    """As written: relative to the file, or absolute."""
    song_id: str = ""
    """Empty for an entry of another program."""
    info: str = ""
    """Its `#EXTINF` line."""


def folder_of(root: Path) -> Path:
    """Return the folder of playlists in the library's folder."""
    return root / FOLDER


def file_of(root: Path, name: str) -> Path:
    """Return the file of a playlist, whatever its name holds."""
    return folder_of(root) / safe_component(name, suffix=SUFFIX)


def names(root: Path) -> list[str]:
    """Return the names of all playlists, in their order."""
    return sorted(path.stem for path in folder_of(root).glob(f"*{SUFFIX}") if path.is_file())


def lines_of(path: Path) -> list[Line]:
    """Read the entries of a playlist.

    Raises:
        NotFoundError: there is none.
        LibraryFileError: it cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LibraryFileError("is too large for a playlist", subject=str(path))
        text = path.read_text("utf-8-sig", "replace")
    except FileNotFoundError:
        raise NotFoundError("there is no such playlist", subject=path.stem) from None
    except OSError as error:
        raise LibraryFileError(f"cannot be read ({error.strerror})", subject=str(path)) from error
    found, song_id, info = [], "", ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith(_MARK):
            song_id = line.removeprefix(_MARK)
        elif line.startswith("#EXTINF:"):
            info = line
        elif line and not line.startswith("#"):
            found.append(Line(line, song_id, info))
            song_id, info = "", ""
    return found


def song_ids(root: Path, name: str, catalogue: Catalogue) -> list[str]:
    """Return the ids of a playlist's songs that are in the library, in its order.

    Entries that another program wrote are found by their file.
    """
    lines = lines_of(file_of(root, name))
    by_path = _songs_of_paths([line.path for line in lines if not line.song_id], root, catalogue)
    wanted = [line.song_id or by_path.get(line.path, "") for line in lines]
    known = {song.id for song in catalogue.browser.songs_by_id([one for one in wanted if one])}
    return [song_id for song_id in wanted if song_id in known]


def save(root: Path, name: str, songs: Sequence[Song]) -> Path:
    """Write a playlist of these songs, in place of one of that name; songs need a file.

    Raises:
        LibraryFileError: no song has a file, or the folder cannot be written.
    """
    lines = [_line(song) for song in songs if song.file_path]
    if not lines:
        raise LibraryFileError(
            "none of these songs has a file yet", subject=name, next_step="Let them be cut first"
        )
    path = file_of(root, name)
    with alone(root):
        _write(path, name, lines)
    return path


def add(root: Path, name: str, songs: Sequence[Song]) -> int:
    """Put songs at the end of a playlist, which is made if there is none; those on it stay once.

    Return how many were added.
    """
    path = file_of(root, name)
    with alone(root):
        before = lines_of(path) if path.exists() else []
        there = {line.song_id for line in before}
        new = [_line(song) for song in songs if song.file_path and song.id not in there]
        if new:
            _write(path, name, [*before, *new])
    return len(new)


def put_addresses(
    root: Path, name: str, entries: Sequence[PlaylistEntry], gone: Collection[str] = ()
) -> int:
    """Put addresses at the end of a playlist, which is made if there is none; each stays once.

    Addresses in `gone` are taken off it. Return how many were added.

    Raises:
        LibraryFileError: the folder cannot be written.
    """
    path = file_of(root, name)
    with alone(root):
        before = lines_of(path) if path.exists() else []
        kept = [line for line in before if line.path not in gone]
        there = {line.path for line in kept}
        new = []
        for entry in entries:
            if entry.path not in there:
                there.add(entry.path)
                _head, info, address = m3u8([entry]).splitlines()
                new.append(Line(address, "", info))
        if new or len(kept) < len(before):
            _write(path, name, [*kept, *new])
    return len(new)


def delete(root: Path, name: str) -> None:
    """Delete a playlist; its songs stay.

    Raises:
        NotFoundError: there is none.
    """
    try:
        file_of(root, name).unlink()
    except FileNotFoundError:
        raise NotFoundError("there is no such playlist", subject=name) from None


def refresh(root: Path, catalogue: Catalogue) -> int:
    """Follow the songs' files: write the playlists again whose paths have changed.

    Return how many were written. Entries of songs that are gone, or have no file, stay as they are.
    """
    found = names(root)
    if not found:
        return 0
    with alone(root):
        return sum(_refresh(file_of(root, name), name, catalogue) for name in found)


def _refresh(path: Path, name: str, catalogue: Catalogue) -> bool:
    try:
        lines = lines_of(path)
        ids = [line.song_id for line in lines if line.song_id]
        songs = {song.id: song for song in catalogue.browser.songs_by_id(ids) if song.file_path}
        now = [_line(songs[line.song_id]) if line.song_id in songs else line for line in lines]
        if now != lines:
            _write(path, name, now)
    except (LibraryFileError, NotFoundError) as error:
        # It is no reason to fail what renamed the files; its paths follow the next time.
        _log.warning("%s: its paths are not brought up to date (%s)", path, error)
        return False
    return now != lines


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Keep others from changing playlists meanwhile.

    Raises:
        LibraryFileError: the folder cannot be written to.
    """
    folder = folder_of(root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=LOCK_WITHIN_S)
        lock.acquire()
    except (OSError, Timeout) as error:
        raise LibraryFileError(
            f"playlists cannot be written ({error})",
            subject=str(folder),
            next_step="Make the folder writable, or try again in a moment",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _line(song: Song) -> Line:
    entry = PlaylistEntry.of(song).relative_to(FOLDER)
    _head, info, path = m3u8([entry]).splitlines()
    return Line(path, song.id, info)


def _write(path: Path, name: str, lines: Iterable[Line]) -> None:
    text = ["#EXTM3U", f"{_TITLE}{name}"]
    for line in lines:
        text += [f"{_MARK}{line.song_id}"] if line.song_id else []
        text += [line.info] if line.info else []
        text.append(line.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary:
            temporary.write_text("\n".join(text) + "\n", "utf-8")
    except OSError as error:
        raise LibraryFileError(
            f"the playlist cannot be written ({error.strerror})",
            subject=str(path),
            next_step="Free space on the disk, or make the folder writable",
        ) from error


def _songs_of_paths(paths: Sequence[str], root: Path, catalogue: Catalogue) -> dict[str, str]:
    """Ids of the songs whose files these paths are, by path."""
    stored: dict[str, str] = {}
    for path in paths:
        whole = Path(folder_of(root), path)
        try:
            inside = whole.resolve().relative_to(root.resolve())
        except (ValueError, OSError, RuntimeError):
            continue  # a file elsewhere is no song of ours
        stored[str(PurePosixPath(inside))] = path
    ids = catalogue.songs.ids_of_files(list(stored))
    return {stored[file]: song_id for file, song_id in ids.items()}
