"""The start of the screen: songs in sight at once, keys next, then the rest."""

import gc
import os
import sys

from utawaku.library.errors import UsageError
from utawaku.tui.first_paint import first_sight


def run() -> int:
    """Open the library in the terminal; returns the exit code.

    Raises:
        UsageError: there is no terminal.
        ConfigError: a setting is wrong.
        CatalogueError: the catalogue cannot be opened.
    """
    _want_a_terminal()
    gc.disable()  # until everything is loaded: see `keep_what_is_loaded`
    with first_sight() as sight:
        from utawaku.tui.app import run as run_app
        from utawaku.tui.library_handle import LibraryHandle

        # A catalogue that could not be read has something to say, and nothing to show meanwhile.
        known = sight.place if sight.songs is not None else None
        home = LibraryHandle(known) if known is not None else LibraryHandle.opened()
        home.when_open(lambda _error: keep_what_is_loaded())
        return run_app(home, sight.songs or (), sight.hand_over)


def _want_a_terminal() -> None:
    """Raise where nobody would see the screen: in a pipe, or started by cron.

    `TEXTUAL_DRIVER` names what else shows it, such as a browser.
    """
    if "TEXTUAL_DRIVER" not in os.environ and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the screen needs a terminal; `utawaku songs` lists the library, `utawaku --help` all "
            "commands"
        )


def keep_what_is_loaded() -> None:
    """Look for garbage again, but never in what is there now.

    The libraries' 150,000 objects stay for good. Looking through them takes a tenth of the start,
    and afterwards, for one key in twenty, longer than everything else that the key does.
    """
    gc.freeze()
    gc.enable()
