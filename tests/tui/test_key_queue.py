"""Keys that come faster than the focus moves."""

from textual import events
from textual.widgets import Input

from tests.tui.conftest import until
from tests.tui.driving import opened, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.tui.app import UtawakuApp


async def test_letters_typed_right_behind_the_slash_are_a_search_and_no_commands(
    app: UtawakuApp,
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot)
        number = screen.table.number_at(0)
        assert number is not None
        before = app.services.library.catalogue.browser.songs([number])[0]
        details = screen.query_one("#details").display
        for key in ("slash", *"difx 5 dance"):
            name = {" ": "space"}.get(key, key)
            app.post_message(events.Key(name, "/" if key == "slash" else key))
        await until(lambda: screen.search_bar.text == "difx 5 dance", pilot.pause)
        assert app.screen is screen  # nothing asks whether to drop a song
        assert screen.query_one("#details").display == details
        await until(lambda: screen.table.row_count() == 0, pilot.pause)
        after = app.services.library.catalogue.browser.songs([number])[0]
        assert (after.grade, after.stars) == (before.grade, before.stars)


async def test_keys_behind_one_that_opens_no_field_are_commands(app: UtawakuApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot)
        for key in "jjj":
            app.post_message(events.Key(key, key))
        await until(lambda: screen.table.cursor == 3, pilot.pause)


async def test_keys_behind_the_one_that_quits_do_nothing(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot)
        song = screen.table.current
        assert song is not None
        for key in "qfed":
            app.post_message(events.Key(key, key))
        await until(lambda: not app.is_running, pilot.pause)
    assert app.return_code == 0
    assert library.songs.get(song.id).grade == song.grade


async def test_keys_keep_their_order_over_dialogs(app: UtawakuApp, settings: Settings) -> None:
    """Settings, find, letters, Enter: all at once, as a macro or a slow line sends them."""
    async with app.run_test(size=(130, 40)) as pilot:
        await opened(app, pilot)
        names = {",": "comma", "/": "slash", "\r": "enter", "_": "underscore", " ": "space"}
        for key in ",/max_height\r\r":
            app.post_message(events.Key(names.get(key, key), key))
        await until(lambda: [one.value for one in app.screen.query(Input)] == ["1080"], pilot.pause)
        await until(lambda: "download.max_height" in shown(app), pilot.pause)
        for key in "7\x082\r":
            name = {"\x08": "backspace", "\r": "enter"}.get(key, key)
            app.post_message(events.Key(name, key))
        await pilot.press("escape")
    assert load_settings().library_root == settings.library_root


async def test_a_paste_comes_between_the_keys_around_it(app: UtawakuApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot)
        app.post_message(events.Key("slash", "/"))
        app.post_message(events.Key("a", "a"))
        app.post_message(events.Paste("\nmiddle\nline"))
        app.post_message(events.Key("z", "z"))
        await until(lambda: screen.search_bar.text == "amiddle linez", pilot.pause)


async def test_hundreds_of_keys_at_once_all_count(app: UtawakuApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot)
        await until(lambda: screen.table.row_count() == 300, pilot.pause)
        for _ in range(250):
            app.post_message(events.Key("j", "j"))
        for _ in range(50):
            app.post_message(events.Key("k", "k"))
        await until(lambda: screen.table.cursor == 200, pilot.pause)
