"""Songs that can be chosen on the page: uploaded files, and songs of the library."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Song
from utawaku.web.uploads import Uploads

UPLOAD, LIBRARY = "upload", "library"
MAX_FOUND = 50
"""Songs that a search shows."""


@dataclass(frozen=True)
class ChosenSong:
    """A song as the page shows it and a worker reads it."""

    ref: str
    """`upload:ID` or `library:SONG ID`."""
    title: str
    artist: str
    path: Path
    duration_s: float
    known: dict[str, Any] | None = None
    """Its highlight as the catalogue has it."""


class SongSource:
    """Finds songs by their references."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        uploads: Uploads,
        *,
        shows_library: bool = True,
    ) -> None:
        self.shows_library = shows_library
        """False where nobody may see songs of the library."""
        self._settings = settings
        self._catalogue = catalogue
        self._uploads = uploads

    def resolve(self, ref: str) -> ChosenSong:
        """Return the song of a reference.

        Raises:
            NotFoundError: there is none (any more), or it has no file.
        """
        kind, _, name = ref.partition(":")
        if kind == UPLOAD:
            upload = self._uploads.get(name)
            path = self._uploads.sound_of(upload)
            return ChosenSong(ref, upload.title, upload.artist, path, upload.duration_s)
        found = (
            self._catalogue.browser.songs_by_id([name])
            if kind == LIBRARY and self.shows_library
            else []
        )
        if not found:
            raise NotFoundError("there is no such song", subject=ref)
        return self._of_library(found[0])

    def search(self, query: str) -> list[ChosenSong]:
        """Return songs of the library that have a file, `MAX_FOUND` at most.

        Raises:
            QueryError: the search cannot be understood.
        """
        if not self.shows_library:
            return []
        browser = self._catalogue.browser
        found = browser.songs(browser.search(query).numbers[: 4 * MAX_FOUND])
        return [self._of_library(song) for song in found if song.file_path][:MAX_FOUND]

    def _of_library(self, song: Song) -> ChosenSong:
        root = self._settings.library_root
        path = Path(root, song.file_path)
        if not song.file_path or ".." in path.parts or not path.is_relative_to(root):
            raise NotFoundError("it has no file yet", subject=song.title or song.id)
        return ChosenSong(
            ref=f"{LIBRARY}:{song.id}",
            title=song.title or song.id,
            artist=song.artist or song.singer,
            path=path,
            duration_s=song.duration_s,
            known=self._known(song),
        )

    def _known(self, song: Song) -> dict[str, Any] | None:
        found = self._catalogue.highlights.of(song.id)
        if found is None:
            return None
        return {
            "start_s": found.start_s,
            "stop_s": found.stop_s,
            "curve": [float(value) for value in found.curve],
            "source": found.source,
            "bpm": song.bpm,
            "key": song.key,
            "duration_s": song.duration_s,
        }
