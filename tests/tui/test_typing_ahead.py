"""Keys that come faster than the focus moves."""

from textual import events

from tests.tui.conftest import until
from tests.tui.test_library_screen import opened
from utawaku.library.catalogue import Catalogue
from utawaku.tui.app import UtawakuApp


async def test_letters_typed_right_behind_the_slash_are_a_search_and_no_commands(
    app: UtawakuApp,
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(app, pilot)
        number = screen.table.number_at(0)
        assert number is not None
        before = app.catalogue.browser.songs([number])[0]
        details = screen.query_one("#details").display
        for key in ("slash", *"difx 5 dance"):
            name = {" ": "space"}.get(key, key)
            app.post_message(events.Key(name, "/" if key == "slash" else key))
        await until(lambda: screen.search_bar.text == "difx 5 dance", pilot.pause)
        assert app.screen is screen  # nothing asks whether to drop a song
        assert screen.query_one("#details").display == details
        await until(lambda: len(app._aims) == 0 or screen.table.row_count() == 0, pilot.pause)
        after = app.catalogue.browser.songs([number])[0]
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
