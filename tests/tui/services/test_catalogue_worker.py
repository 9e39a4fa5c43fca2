"""Reads and writes in threads."""

import sqlite3

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle

SIZE = (120, 36)


async def test_a_locked_catalogue_is_told_and_the_app_goes_on(
    library: Catalogue, settings: Settings, output: HandOutput
) -> None:
    impatient = Catalogue.open(settings, busy_timeout_s=0.2)
    app = UtawakuApp(LibraryHandle.of(settings, impatient), open_output=lambda: output)
    path = settings.database_url.removeprefix("sqlite:///")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        song = screen.table.current
        assert song is not None
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        await pilot.press("d")
        await until(lambda: "another program holds the catalogue" in told(app), pilot.pause)
        await until(lambda: library.songs.get(song.id).grade == song.grade, pilot.pause)
        holder.execute("ROLLBACK")
        holder.close()
        await pilot.press("d")
        await until(lambda: library.songs.get(song.id).grade == -1, pilot.pause)
    impatient.close()
