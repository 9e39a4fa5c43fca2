"""M3U8 playlists of song files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from utawaku.library.errors import LibraryFileError
from utawaku.library.records import Song
from utawaku.library.text import clean_line


@dataclass(frozen=True)
class PlaylistEntry:
    """One line pair of a playlist."""

    path: str
    """With `/`, relative to where the playlist will lie, or absolute."""
    duration_s: float
    title: str = ""
    artist: str = ""

    @classmethod
    def of(cls, song: Song) -> "PlaylistEntry":
        """The entry of a catalogued song, for a playlist at the root of the library."""
        return cls(song.file_path, song.duration_s, song.title, song.artist or song.singer)

    def relative_to(self, folder: str) -> "PlaylistEntry":
        """The same for a playlist in `folder`, both relative to the library's root."""
        own, base = PurePosixPath(self.path).parts, PurePosixPath(folder).parts
        n_shared = next(
            (i for i, (a, b) in enumerate(zip(own, base, strict=False)) if a != b),
            min(len(own), len(base)),
        )
        path = "/".join([".."] * (len(base) - n_shared) + list(own[n_shared:]))
        return PlaylistEntry(path, self.duration_s, self.title, self.artist)


def m3u8(entries: Sequence[PlaylistEntry], *, title: str = "") -> str:
    """Return an extended M3U playlist (to be saved as UTF-8).

    Raises LibraryFileError for a path with a line break, which the format cannot hold.
    """
    lines = ["#EXTM3U"]
    if clean_line(title):
        lines.append(f"#PLAYLIST:{clean_line(title)}")
    for entry in entries:
        if not entry.path or any(char in entry.path for char in "\r\n\0"):
            raise LibraryFileError("a playlist cannot hold this path", subject=repr(entry.path))
        names = [clean_line(entry.artist), clean_line(entry.title)]
        shown = " - ".join(name for name in names if name) or PurePosixPath(entry.path).stem
        lines.append(f"#EXTINF:{round(entry.duration_s)},{clean_line(shown)}")
        # A name that starts with # would be a comment, and blanks at its ends would be trimmed.
        needs_dot = entry.path[0] in "# " and not entry.path.startswith("/")
        lines.append(f"./{entry.path}" if needs_dot else entry.path)
    return "".join(f"{line}\n" for line in lines)
