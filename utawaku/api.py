"""The library for programs of your own: open it, search it, ingest into it, listen to it.

This is what stays the same between versions; what lies below may change with any. Records
(`utawaku.library.records`) are read as they are, and edits go through the methods here.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from utawaku.library.catalogue import Catalogue
from utawaku.library.changes import Change, Changes
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Song, Stream
from utawaku.library.requests import Ingest
from utawaku.library.sites import full_address

__all__ = ["Change", "Library", "Song", "Stream"]

_ASKED_BY = "python"


class Library:
    """One user's library; use it as a context manager. Safe beside the pipeline and the screen.

    The settings are those of the program: `config.toml`, `UTAWAKU_*`, `UTAWAKU_HOME`.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self.settings = settings
        self.catalogue = catalogue
        """Everything the library knows; its methods may change between versions."""

    @classmethod
    def open(cls) -> Self:
        """Open the library, which is made where there is none.

        Raises:
            ConfigError: a setting is wrong.
            CatalogueError: the catalogue cannot be opened.
        """
        settings = load_settings()
        return cls(settings, Catalogue.open(settings))

    def close(self) -> None:
        """Close the catalogue."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def songs(self, query: str = "", *, limit: int = 0) -> list[Song]:
        """Return the songs that a query finds, in its order; `limit` 0 is all.

        Raises:
            QueryError: the query cannot be understood.
        """
        numbers = self.catalogue.browser.search(query).numbers
        return self.catalogue.browser.songs(numbers[:limit] if limit else numbers, tags=True)

    def streams(self) -> list[Stream]:
        """Return all streams, the latest first."""
        return self.catalogue.streams.all()

    def path_of(self, song: Song) -> Path | None:
        """Return the song's file; None where it has none yet."""
        path = self.settings.library_root / song.file_path
        return path if song.file_path and path.is_file() else None

    def grade(self, song: Song, grade: int | None = None, *, stars: int | None = None) -> None:
        """Grade a song: -1, 0 or 1, and 1 to 5 stars; None leaves what there is."""
        self.catalogue.grades.give(song.id, grade=grade, stars=stars, context={"where": _ASKED_BY})

    def rename(self, song: Song, **names: str) -> None:
        """Name a song, as the user: `title`, `artist`, `singer`. No model overwrites it."""
        self.catalogue.edits.rename({song.id: names})

    def ask(self, source: str | Path) -> int:
        """Ask the pipeline for a source (an address or a file); return the number of the request.

        `utawaku up` works on it, now or when it next runs.
        """
        wanted = Ingest(source=_named(source))
        return self.catalogue.requests.file(wanted, by=_ASKED_BY).id

    def ingest(self, source: str | Path) -> list[Song]:
        """Ingest a source in this process, as `utawaku ingest` does; return its songs.

        Raises:
            UtawakuError: it could not be resolved, or a step failed.
        """
        from utawaku.commands.pipeline import Pipeline
        from utawaku.library.errors import UtawakuError

        found: list[Song] = []
        with Pipeline.open() as pipeline:
            for stream in pipeline.resolve_streams(_named(source)):
                outcome = pipeline.ingest(stream, source=str(source))
                if outcome.error:
                    raise UtawakuError(outcome.error, subject=str(source))
                found += self.catalogue.songs.of_stream(stream.id)
        return found

    def changes(
        self, *, every_s: float = 1.0, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Change]:
        """Yield what changes from now on, whoever changes it, until `stop` says so.

        Listening begins with this call, not with the first item.
        """
        return Changes(self.catalogue).follow(every_s=every_s, stop=stop)

    def asked(self, requests: Sequence[int]) -> dict[int, str]:
        """Return the state of requests by number: queued, running, done, failed or cancelled."""
        return {number: self.catalogue.requests.get(number).state for number in requests}


def _named(source: str | Path) -> str:
    if isinstance(source, Path):
        return str(source.expanduser().absolute())
    path = Path(source).expanduser()
    return str(path.absolute()) if path.exists() else full_address(source)
