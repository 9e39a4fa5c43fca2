"""The browse pane."""

from tests.tui.conftest import until
from tests.tui.driving import opened, shown
from utawaku.tui.app import UtawakuApp

SIZE = (120, 36)


async def test_facets_narrow_the_search_and_widen_it(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("b")
        await until(lambda: "Grade" in shown(app) and "Singer" in shown(app), pilot.pause)
        await pilot.press("j", "enter")
        await until(lambda: screen.search_bar.text.startswith("grade:"), pilot.pause)
        await until(lambda: 0 < screen.table.row_count() < 300, pilot.pause)
        await until(lambda: "●" in shown(app), pilot.pause)
        await pilot.press("enter")
        await until(lambda: screen.search_bar.text == "", pilot.pause)
