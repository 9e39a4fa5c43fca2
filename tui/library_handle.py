"""Settings and catalogue for every screen; they may still be loading.

Loading them (SQLAlchemy, pydantic) takes as long as everything else at the start together. So the
screen is drawn first, with the songs that were read without them, and answers what needs neither.
Whoever asks for them earlier than they are there waits.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Self

from utawaku.library.paths import CatalogueLocation

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings

    Opened = tuple[Settings, Catalogue]


class LibraryHandle:
    """A handle of the library. Safe to use from any thread."""

    def __init__(
        self, place: "Settings | CatalogueLocation", load: "Callable[[], Opened] | None" = None
    ) -> None:
        self.place = place
        """Known at once."""
        self._load = load or _load
        self._opened: Future[Opened] = Future()
        self._changed: Settings | None = None
        self._lock = threading.Lock()
        self._begun = False

    @classmethod
    def of(cls, settings: "Settings", catalogue: "Catalogue") -> Self:
        """One that is there already."""
        home = cls(settings)
        home._begun = True
        home._opened.set_result((settings, catalogue))
        return home

    @classmethod
    def opened(cls) -> Self:
        """One that is loaded here and now; raises as `settings` does."""
        return cls.of(*_load())

    @property
    def is_open(self) -> bool:
        """Return whether nobody has to wait."""
        return self._opened.done()

    @property
    def failure(self) -> BaseException | None:
        """Return why it could not be loaded, if that is known by now."""
        return self._opened.exception() if self._opened.done() else None

    @property
    def settings(self) -> "Settings":
        """The settings.

        Raises:
            ConfigError: a setting is wrong.
            CatalogueError: the catalogue cannot be opened.
        """
        return self._changed or self._wait()[0]

    def take(self, settings: "Settings") -> bool:
        """Use changed settings; return whether some of them wait for the next start."""
        now = self.settings
        moved = (settings.library_root, settings.database_url) != (
            now.library_root,
            now.database_url,
        )
        if not moved:
            self._changed = settings
        return moved

    @property
    def catalogue(self) -> "Catalogue":
        """The catalogue; raises as `settings` does."""
        return self._wait()[1]

    def when_open(self, tell: Callable[[BaseException | None], object]) -> None:
        """Tell, in any thread, when loading is over, and what went wrong if something did.

        Loading begins when the settings or the catalogue are first asked for.
        """
        self._opened.add_done_callback(lambda opened: tell(opened.exception()))

    def close(self) -> None:
        """Give the catalogue back, if it was ever opened.

        Raises:
            ConfigError: a setting is wrong.
            CatalogueError: the catalogue could not be opened.
        """
        if self._begun:
            self.catalogue.close()

    def _wait(self) -> "Opened":
        self._begin()
        return self._opened.result()

    def _begin(self) -> None:
        with self._lock:
            if self._begun:
                return
            self._begun = True
        threading.Thread(target=self._open, name="open", daemon=True).start()

    def _open(self) -> None:
        try:
            self._opened.set_result(self._load())
        except BaseException as error:  # noqa: BLE001  (handed to whoever asks)
            self._opened.set_exception(error)


def _load() -> "Opened":
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.requests import SCREEN

    settings = load_settings()
    catalogue = Catalogue.open(settings)
    catalogue.requests.asked_by = SCREEN
    return settings, catalogue
