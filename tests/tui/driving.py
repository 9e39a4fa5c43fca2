"""Helpers that drive the app and read its screen."""

from textual.pilot import Pilot

from tests.tui.conftest import until
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.library import LibraryScreen


def lines(app: UtawakuApp) -> list[str]:
    """The screen as text."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def shown(app: UtawakuApp) -> str:
    return "\n".join(lines(app))


def told(app: UtawakuApp) -> str:
    """Return what notices have said, also those that have left the corner."""
    return "\n".join(getattr(app, "remembered", ()))


async def opened(app: UtawakuApp, pilot: Pilot[int]) -> LibraryScreen:
    await until(
        lambda: (
            isinstance(app.screen, LibraryScreen)
            and app.screen.table.listing is not None
            and app.screen.table.current is not None
        ),
        pilot.pause,
    )
    assert isinstance(app.screen, LibraryScreen)
    return app.screen


async def search(screen: LibraryScreen, pilot: Pilot[int], text: str) -> None:
    """Type a search and wait for its answer."""
    before = screen.table.listing
    screen.search_bar.set_text(text)
    await until(
        lambda: (
            screen.table.listing is not before
            and (screen.table.current is not None or not screen.table.row_count())
        ),
        pilot.pause,
    )
