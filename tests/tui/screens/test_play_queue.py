"""The play queue on the screen."""

from tests.tui.conftest import until
from tests.tui.driving import opened, search, shown
from utawaku.tui.app import UtawakuApp

SIZE = (120, 36)


async def test_the_queue_is_shown_rearranged_and_cleared(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000000")
        await pilot.press("enter")
        await until(lambda: len(app.services.player.queue.entries) == 15, pilot.pause)
        await pilot.press("Q")
        await until(lambda: "Play queue" in shown(app) and "▶" in shown(app), pilot.pause)
        second = app.services.player.queue.entries[1]
        await pilot.press("j", "J")
        await until(lambda: app.services.player.queue.entries[2] == second, pilot.pause)
        await pilot.press("x")
        await until(lambda: second not in app.services.player.queue.entries, pilot.pause)
        third = app.services.player.queue.entries[2]
        await pilot.press("enter")
        await until(lambda: app.services.player.queue.current == third, pilot.pause)
        await pilot.press("C", "escape")
        await until(lambda: app.services.player.queue.entries == [third], pilot.pause)
