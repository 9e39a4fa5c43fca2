"""The app: the command palette, themes, quitting."""

import pytest

from tests.tui.conftest import until
from tests.tui.driving import opened, search, shown
from utawaku.tui.app import UtawakuApp

SIZE = (120, 36)


async def test_the_palette_holds_every_action(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        commands = {c.title: c for c in app.get_system_commands(app.screen)}
        for title in ("Like", "Columns", "Shuffle", "Settings", "Down", "Timeline", "Edit"):
            assert title in commands
        assert "Theme: utawaku-day" in commands
        commands["Columns"].callback()
        await until(lambda: "space on or off" in shown(app), pilot.pause)
        await pilot.press("escape")
        commands["Theme: utawaku-day"].callback()
        await until(lambda: app.theme == "utawaku-day", pilot.pause)
        await pilot.press("ctrl+t")
        await until(lambda: app.theme == "utawaku-night", pilot.pause)


async def test_quitting_asks_only_while_music_plays(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000000")
        await pilot.press("enter")
        await until(lambda: app.services.player.state.playing, pilot.pause)
        await pilot.press("q", "n")
        assert app.is_running
        await pilot.press("q", "y")
        await until(lambda: app.return_code == 0, pilot.pause)


async def test_tabs_take_the_theme_of_now_and_the_style_sheets_are_parsed_once_for_each(
    app: UtawakuApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.pause()
        parsed: list[str] = []
        reparse = app.stylesheet.reparse

        def noted() -> None:
            parsed.append(app.theme)
            reparse()

        monkeypatch.setattr(app.stylesheet, "reparse", noted)
        for key in "TRPL":
            await pilot.press(key)
            await until(lambda key=key: key == app.screen.mode[0].upper(), pilot.pause)
        assert parsed == []
        await pilot.press("ctrl+t")
        await until(lambda: bool(parsed), pilot.pause)
        parsed.clear()
        await pilot.press("O")  # opened for the first time
        wanted = app.screen.background_colors[1]
        for key in "TRPL":
            await pilot.press(key)
            await until(lambda: app.screen.background_colors[1] == wanted, pilot.pause)
        assert app.theme == "utawaku-day"
        assert set(parsed) == {"utawaku-day"}
