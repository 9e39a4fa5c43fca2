"""How the screen starts: songs in sight at once, the rest a moment later."""

from tui.opening import first_sight


def run() -> int:
    """Open the library in the terminal; returns the exit code.

    Raises:
        ConfigError: a setting is wrong.
        CatalogueError: the catalogue cannot be opened.
    """
    with first_sight() as hand_over:
        # A second of loading or two.
        from library.config import load_settings
        from tui.app import run as run_app

        return run_app(load_settings(), hand_over)
