"""Playlists of media files that are in no library, alone or beside songs of the library."""

from collections.abc import Sequence
from pathlib import Path

from utawaku.library.errors import UtawakuError
from utawaku.library.progress import Progress, silent
from utawaku.media.folders import MEDIA_SUFFIXES
from utawaku.models.highlight.engine import InterestEngine
from utawaku.models.playlist import PlaylistItem
from utawaku.workflows.file_highlights import FileHighlight, highlight_of_file


def split_words(words: Sequence[str]) -> tuple[list[Path], str]:
    """Return the files and folders among words, and the search that the other words are.

    A word is a file if there is one of its name, or if it ends as media files do and names no
    field: a file that is not there is told as missing, and not searched for.
    """
    paths = [Path(word) for word in words if _is_path(word)]
    return paths, " ".join(word for word in words if not _is_path(word))


def _is_path(word: str) -> bool:
    if not word:  # the search for everything; as a path it would be this folder
        return False
    try:
        if Path(word).exists():
            return True
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False
    return ":" not in word and Path(word).suffix.lower() in MEDIA_SUFFIXES


def items_of_files(
    files: Sequence[Path],
    engine: InterestEngine,
    *,
    highlights: bool,
    progress: Progress = silent,
) -> tuple[list[PlaylistItem], list[tuple[str, str]]]:
    """Listen to files and make items of them, or of their highlights.

    Returns:
        The items with tempo and key, and the files that cannot be used, each with the reason.
    """
    items, left_out = [], []
    for number, file in enumerate(files):
        progress(number / len(files), f"listening to {file.name}")
        try:
            items.append(item_of_file(highlight_of_file(file, engine), highlight=highlights))
        except UtawakuError as error:
            left_out.append((file.name, str(error)))
    return items, left_out


def item_of_file(found: FileHighlight, *, highlight: bool) -> PlaylistItem:
    """Return a file, or its highlight, as an item; a song as short as that is whole."""
    is_span = highlight and found.stop_s - found.start_s < found.duration_s
    return PlaylistItem(
        path=found.path,
        title=found.title,
        artist=found.artist,
        start_s=found.start_s if is_span else 0.0,
        stop_s=found.stop_s if is_span else None,
        bpm=found.bpm,
        key=found.key,
    )
