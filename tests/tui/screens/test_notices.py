"""Notices that can be read again."""

from tests.tui.conftest import until
from tests.tui.driving import opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.tui.app import UtawakuApp

SIZE = (120, 36)


async def test_errors_can_be_read_again(app: UtawakuApp, library: Catalogue) -> None:
    library.notices.add("warning", "The disk is nearly full", body="2 GB left", next_step="Tidy")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000003")
        await pilot.press("enter")
        await until(lambda: "neither its file" in told(app), pilot.pause)
        await pilot.press("exclamation_mark")
        await until(lambda: "nearly full" in shown(app), pilot.pause)
        await until(lambda: "neither its file" in shown(app), pilot.pause)
        await pilot.press("G", "enter")
        await until(lambda: "2 GB left" in shown(app), pilot.pause)
        await pilot.press("escape", "C")
        await until(lambda: not library.notices.recent(unread_only=True), pilot.pause)
