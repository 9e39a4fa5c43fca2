"""The request for a playlist: its songs, how they are joined, and the file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from utawaku.library.errors import PlaylistError
from utawaku.library.files.paths import safe_component

KIND = "playlist"
"""Of the request; its target is the file."""
ENDINGS = (".m4a", ".mp3", ".opus", ".ogg", ".mka", ".flac", ".wav")
"""Formats that hold chapters."""
ORDERS = {"bpm": "from slow to fast", "key": "by key", "query": "as listed"}
MAX_SONGS = 2000
MAX_CROSSFADE_S = 20.0
FOLDER = "Playlists"
"""In the library, where nothing else was asked for."""


@dataclass(frozen=True)
class PlaylistOptions:
    """A playlist to be made."""

    name: str
    file: str
    """Absolute path, with one of `ENDINGS`."""
    song_ids: tuple[str, ...]
    highlights: bool = True
    order: str = "bpm"
    crossfade_s: float = 4.0

    def arguments(self) -> dict[str, Any]:
        """For a request."""
        return {**asdict(self), "song_ids": list(self.song_ids)}

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """From a request's arguments.

        Raises:
            PlaylistError: the options cannot be right.
        """
        try:
            options = cls(
                str(arguments["name"]),
                str(arguments["file"]),
                tuple(str(song_id) for song_id in arguments["song_ids"]),
                bool(arguments["highlights"]),
                str(arguments["order"]),
                float(arguments["crossfade_s"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise PlaylistError(
                f"the request says too little ({error})",
                subject=KIND,
                next_step="Ask for the playlist again",
            ) from error
        if wrong := fault_of(options):
            raise PlaylistError(
                wrong.rstrip("."), subject=options.name, next_step="Ask for the playlist again"
            )
        return options


def fault_of(options: PlaylistOptions) -> str:
    """Return what is wrong with the options, in a line; empty when nothing is."""
    path = Path(options.file)
    if not options.name.strip():
        return "It needs a name."
    if path.suffix.lower() not in ENDINGS:
        return f"The file must end in {', '.join(ENDINGS)}."
    if not path.is_absolute():
        return "The file needs a whole path."
    if options.order not in ORDERS:
        return f"The order is one of {', '.join(ORDERS)}."
    if not 0 <= options.crossfade_s <= MAX_CROSSFADE_S:
        return f"A crossfade takes 0 to {MAX_CROSSFADE_S:.0f} seconds."
    if not options.song_ids:
        return "There are no songs to join."
    if len(options.song_ids) > MAX_SONGS:
        return f"{len(options.song_ids):,} songs are too many: {MAX_SONGS:,} at most."
    return ""


def file_for(name: str, typed: str, library_root: Path) -> Path:
    """The file that a playlist of this name goes to.

    Args:
        name: as the user calls it; may hold anything.
        typed: a path, absolute or counted from the library's folder; a folder (ending in a slash,
            or without an ending of ours) gets a file of the playlist's name; empty for the
            library's own folder of playlists.
        library_root: the library's folder.
    """
    path = Path(typed.strip() or FOLDER).expanduser()
    if typed.strip().endswith("/") or path.suffix.lower() not in ENDINGS:
        path = path / safe_component(name, suffix=".m4a")
    return Path(library_root, path).absolute()
