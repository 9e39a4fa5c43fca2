"""Labels and tags typed into the dialog."""

from textual import events
from textual.widgets import Input

from tests.tui.conftest import until
from tests.tui.driving import opened, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.requests import Retag
from utawaku.tui.app import UtawakuApp

SIZE = (120, 36)


async def test_all_fields_of_one_song_are_edited_with_tags_and_undo(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        song = screen.table.current
        assert song is not None
        await pilot.press("E")
        await until(lambda: "Edit song" in shown(app), pilot.pause)
        app.screen.query_one("#edit-title").value = "新しい歌"  # type: ignore[attr-defined]
        app.screen.query_one("#edit-tags").value = "live, 夏"  # type: ignore[attr-defined]
        await pilot.press("ctrl+s")
        await until(lambda: library.songs.get(song.id).title == "新しい歌", pilot.pause)
        await until(lambda: library.requests.waiting(Retag), pilot.pause)
        await until(lambda: library.songs.get(song.id).label_source == "user", pilot.pause)
        await until(
            lambda: set(library.insights.tags_by_user([song.id])[song.id]) == {"live", "夏"},
            pilot.pause,
        )
        await until(lambda: "新しい歌" in shown(app), pilot.pause)
        await pilot.press("u")
        await until(lambda: library.songs.get(song.id).title == song.title, pilot.pause)
        await until(lambda: library.insights.tags_by_user([song.id])[song.id] == [], pilot.pause)


async def test_many_songs_are_edited_after_a_preview(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("v", "v", "v")
        ids = [
            song.id
            for song in app.services.library.catalogue.browser.songs(screen.table.chosen_numbers())
        ]
        titles = [library.songs.get(song_id).title for song_id in ids]
        await pilot.press("e")
        await until(lambda: "Edit 3 songs" in shown(app), pilot.pause)
        app.screen.query_one("#edit-artist").value = "みんな"  # type: ignore[attr-defined]
        await pilot.press("ctrl+s")
        await until(lambda: "3 songs will change" in shown(app), pilot.pause)
        await until(lambda: "→ みんな" in shown(app), pilot.pause)
        await pilot.press("n")
        await pilot.pause()
        await until(
            lambda: all(library.songs.get(song_id).artist != "みんな" for song_id in ids),
            pilot.pause,
        )
        await pilot.press("e")
        await until(lambda: "Edit 3 songs" in shown(app), pilot.pause)
        app.screen.query_one("#edit-artist").value = "みんな"  # type: ignore[attr-defined]
        await pilot.press("ctrl+s")
        await until(lambda: "3 songs will change" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(
            lambda: all(library.songs.get(song_id).artist == "みんな" for song_id in ids),
            pilot.pause,
        )
        await until(
            lambda: [library.songs.get(song_id).title for song_id in ids] == titles, pilot.pause
        )


async def test_a_preview_names_each_song_with_its_tags(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        songs = library.browser.songs(screen.table.listing.numbers[:2].tolist())  # type: ignore[union-attr]
        for n, song in enumerate(songs):
            library.songs.set_label(song.id, f"Song {n}", "Somebody", "user")
            library.songs.set_tags(song.id, {f"old{n}": 1.0}, source="user")
        await until(lambda: "Song 0" in shown(app), pilot.pause)
        await pilot.press("v", "v", "e")
        await until(lambda: "Edit 2 songs" in shown(app), pilot.pause)
        app.screen.query_one("#edit-tags").value = "new"  # type: ignore[attr-defined]
        app.screen.query_one("#edit-artist").value = "Other"  # type: ignore[attr-defined]
        await pilot.press("ctrl+s")
        await until(lambda: "2 songs will change" in shown(app), pilot.pause)
        text = shown(app)
        for n in range(2):
            assert f"Song {n}" in text
            assert f"old{n}" in text
        assert text.count("→ Other") == 2


async def test_a_change_is_undone_and_redone(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        song = screen.table.current
        assert song is not None
        await pilot.press("E")
        await until(lambda: "Edit song" in shown(app), pilot.pause)
        app.screen.query_one("#edit-title").value = "Other"  # type: ignore[attr-defined]
        await pilot.press("ctrl+s")
        await until(lambda: library.songs.get(song.id).title == "Other", pilot.pause)
        for key, title in (("u", song.title), ("ctrl+r", "Other"), ("u", song.title)):
            await pilot.press(key)
            await until(lambda title=title: library.songs.get(song.id).title == title, pilot.pause)
        await pilot.press("u")
        await until(lambda: "Nothing to undo" in told(app), pilot.pause)


async def test_a_grade_that_changes_nothing_is_no_step(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        song = screen.table.current
        assert song is not None
        library.grades.clear(song.id)
        await pilot.press("f", "f", "f", "0", "0")
        await until(lambda: len(app.services.undo._done) == 2, pilot.pause)
        await until(lambda: library.songs.get(song.id).grade is None, pilot.pause)
        await pilot.press("u", "u")
        await until(lambda: len(app.services.undo._done) == 0, pilot.pause)
        await until(lambda: library.songs.get(song.id).grade is None, pilot.pause)
        await pilot.press("ctrl+r")
        await until(lambda: library.songs.get(song.id).grade == 1, pilot.pause)


async def test_a_paste_that_begins_with_a_line_break_is_taken_whole(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("E")
        await until(lambda: "Edit song" in shown(app), pilot.pause)
        field = app.screen.query_one("#edit-title", Input)
        field.select_all()
        app.post_message(events.Paste("\n夜に駆ける\r\n(live)\n"))
        await until(lambda: field.value == "夜に駆ける (live)", pilot.pause)
