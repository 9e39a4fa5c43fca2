"""Lyrics of a song where every player finds them: a `.lrc` beside its file, and in its tags."""

from pathlib import Path

from utawaku.library.errors import LibraryFileError, TagError
from utawaku.library.files import atomic_path
from utawaku.library.lrc import Lyrics, parse_lyrics, write_lrc
from utawaku.library.records import Song
from utawaku.library.tags import SongTags, read_tags, write_tags

SUFFIX = ".lrc"
MAX_BYTES = 1_000_000


def lrc_path(song_file: Path) -> Path:
    """Return where the lyrics of a song file lie."""
    return song_file.with_suffix(SUFFIX)


def read_lyrics(song_file: Path) -> Lyrics | None:
    """Return the lyrics beside a file, else those in its tags; None where there are neither.

    Lyrics with times go before plain ones.

    Raises:
        LibraryFileError: the `.lrc` is there and cannot be read.
    """
    beside = _read_beside(lrc_path(song_file))
    if beside is not None and beside.is_synced:
        return beside
    try:
        text = read_tags(song_file).lyrics if song_file.is_file() else None
    except TagError:
        text = None  # no file that holds tags: it has no lyrics either
    inside = parse_lyrics(text) if text and text.strip() else None
    if inside is not None and (inside.is_synced or beside is None):
        return inside
    return beside


def _read_beside(path: Path) -> Lyrics | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise LibraryFileError("is too large for lyrics", subject=str(path))
        text = path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LibraryFileError(f"cannot be read ({error.strerror})", subject=str(path)) from error
    return parse_lyrics(text) if text.strip() else None


def keep_lyrics(song: Song, song_file: Path, lyrics: Lyrics) -> None:
    """Write lyrics beside a song's file and into its tags.

    Raises:
        LibraryFileError: the folder cannot be written to.
        TagError: the file takes no tags.
    """
    text = write_lrc(lyrics, title=song.title, artist=song.artist)
    path = lrc_path(song_file)
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(text, "utf-8")
    except OSError as error:
        raise LibraryFileError(
            f"the lyrics cannot be written ({error.strerror})",
            subject=str(path),
            next_step="Free space on the disk, or make the folder writable",
        ) from error
    write_tags(song_file, SongTags(lyrics=text.rstrip("\n")))


def move_lyrics(before: Path, after: Path) -> None:
    """Follow a song's file that was moved."""
    old, new = lrc_path(before), lrc_path(after)
    if old.is_file() and not new.exists():
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
