"""How the screen starts: songs in sight at once, keys answered next, then all the rest."""

import gc

from tui.opening import first_sight


def run() -> int:
    """Open the library in the terminal; returns the exit code.

    Raises:
        ConfigError: a setting is wrong.
        CatalogueError: the catalogue cannot be opened.
    """
    # What is loaded stays: looking for garbage in it over and over takes a tenth of the time.
    gc.disable()
    with first_sight() as sight:
        from tui.app import run as run_app
        from tui.home import Home

        # Without songs there is nothing to show meanwhile, and most likely something to say.
        home = Home(sight.place) if sight.place and sight.songs else Home.opened()
        home.when_open(lambda _error: gc.enable())
        return run_app(home, sight.songs or (), sight.hand_over)
