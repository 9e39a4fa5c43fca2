"""Actions on songs: labels, dropping."""

from tests.tui.conftest import until
from tests.tui.driving import opened, search, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.requests import Label, Recut, Separate
from utawaku.library.schema import songs
from utawaku.tui.app import UtawakuApp

SIZE = (120, 36)


async def test_a_name_is_chosen_among_candidates_or_asked_for_again(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "label:unknown")
        song = screen.table.current
        assert song is not None
        best = library.insights.candidates(song.id)[0]
        await pilot.press("N")
        await until(lambda: "shazam" in shown(app) and "93%" in shown(app), pilot.pause)
        await pilot.press("enter")
        await until(lambda: library.songs.get(song.id).title == best.title, pilot.pause)
        await until(lambda: library.songs.get(song.id).label_source == "user", pilot.pause)
        await pilot.press("N")
        await until(lambda: "Look for names again" in shown(app), pilot.pause)
        await pilot.press("G", "enter")
        await until(lambda: library.requests.waiting(Label), pilot.pause)


async def test_dropped_songs_leave_after_a_question_and_come_back(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        song = screen.table.current
        assert song is not None
        await pilot.press("x", "escape", "x", "enter")
        await until(lambda: screen.table.row_count() == 299, pilot.pause)
        await until(lambda: library.requests.waiting(Recut), pilot.pause)
        assert library.songs.get(song.id).drop_reason == "unwanted"
        await pilot.press("u")
        await until(lambda: screen.table.row_count() == 300, pilot.pause)
        await until(lambda: library.songs.get(song.id) == song, pilot.pause)
        await pilot.press("x", "j", "enter")
        await until(lambda: screen.table.row_count() == 299, pilot.pause)
        assert [one.drop_reason for one in library.songs.select(songs.c.state == "dropped")] == [
            "no_song"
        ]
        await pilot.press("u")
        await until(lambda: screen.table.row_count() == 300, pilot.pause)
        await pilot.press("X")
        await until(lambda: library.requests.waiting(Separate), pilot.pause)
