"""Names typed into the rows of the library."""

from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets._footer import FooterKey

from tests.tui.conftest import until
from tests.tui.driving import lines, opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Song
from utawaku.library.requests import Retag
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.edit_songs import EditSongs
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.widgets.cell_editor import CellEditor

SIZE = (100, 30)


async def typing(app: UtawakuApp, pilot: Pilot[int]) -> tuple[LibraryScreen, Song]:
    """Begin to type the title of the song under the cursor."""
    screen = await opened(app, pilot)
    song = screen.table.current
    assert song is not None
    await pilot.press("e")
    await open_at(screen, pilot, "title")
    return screen, song


async def open_at(screen: LibraryScreen, pilot: Pilot[int], field: str) -> CellEditor:
    def is_open() -> bool:
        editor = screen.editor
        return editor is not None and editor.field == field and editor.has_focus

    await until(is_open, pilot.pause)
    editor = screen.editor
    assert editor is not None
    return editor


async def test_a_title_is_typed_into_its_row_and_undone(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen, song = await typing(app, pilot)
        await pilot.press(*"新しい歌", "enter")
        await until(lambda: library.songs.get(song.id).title == "新しい歌", pilot.pause)
        await until(lambda: screen.table.has_focus and screen.editor is None, pilot.pause)
        await until(lambda: "新しい歌" in shown(app), pilot.pause)
        changed = library.songs.get(song.id)
        assert (changed.artist, changed.singer) == (song.artist, song.singer)
        assert changed.label_source == "user"
        await until(lambda: "u undoes it" in told(app), pilot.pause)
        assert [request.target for request in library.requests.waiting(Retag)] == [song.id]
        await pilot.press("u")
        await until(lambda: library.songs.get(song.id).title == song.title, pilot.pause)
        await until(lambda: "新しい歌" not in shown(app), pilot.pause)


async def test_the_field_lies_over_its_cell(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen, _song = await typing(app, pilot)
        await pilot.press(*"xyzzy")
        await until(lambda: "xyzzy" in shown(app), pilot.pause)
        text = lines(app)
        row = next(n for n, line in enumerate(text) if "xyzzy" in line)
        header = next(n for n, line in enumerate(text) if "Title" in line)
        assert row == header + 1
        assert text[row].index("xyzzy") == text[header].index("Title")
        await pilot.press("tab")
        await open_at(screen, pilot, "artist")
        await pilot.press(*"plugh")
        await until(lambda: "plugh" in shown(app), pilot.pause)
        text = lines(app)
        before = text[row][: text[row].index("plugh")]
        assert cell_len(before) == text[header].index("Artist")


async def test_escape_leaves_every_cell_as_it_was(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen, song = await typing(app, pilot)
        await pilot.press(*"no", "tab")
        await open_at(screen, pilot, "artist")
        await pilot.press(*"no", "escape")
        await until(lambda: screen.editor is None and screen.table.has_focus, pilot.pause)
        await until(lambda: not screen.is_typing, pilot.pause)
    assert library.songs.get(song.id).title == song.title
    assert library.songs.get(song.id).artist == song.artist
    assert not library.requests.of_kind(Retag)


async def test_tab_goes_through_the_cells_and_one_enter_saves_them_as_one_step(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen, song = await typing(app, pilot)
        await pilot.press(*"title", "tab")
        await open_at(screen, pilot, "artist")
        await pilot.press(*"artist", "tab")
        await open_at(screen, pilot, "singer")
        await pilot.press("tab")
        assert (await open_at(screen, pilot, "title")).value == "title"
        await pilot.press("enter")
        await until(lambda: library.songs.get(song.id).artist == "artist", pilot.pause)
        changed = library.songs.get(song.id)
        assert (changed.title, changed.singer) == ("title", song.singer)
        await until(lambda: "u undoes it" in told(app), pilot.pause)
        await pilot.press("u")
        await until(lambda: library.songs.get(song.id).artist == song.artist, pilot.pause)
        assert library.songs.get(song.id).title == song.title


async def test_down_saves_and_goes_on_with_the_next_song(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen, first = await typing(app, pilot)
        second = screen.table.song_at(1)
        assert second is not None
        await pilot.press(*"one", "down")
        await until(
            lambda: screen.table.cursor == 1 and screen.editor and screen.editor.has_focus,
            pilot.pause,
        )
        await until(lambda: screen.editor and screen.editor.value != "one", pilot.pause)
        await pilot.press(*"two", "enter")
        await until(lambda: library.songs.get(second.id).title == "two", pilot.pause)
        assert library.songs.get(first.id).title == "one"


async def test_hostile_names_are_shown_harmless_and_kept_unless_typed_over(
    app: UtawakuApp, library: Catalogue
) -> None:
    hostile = "\x1b[31m[bold]夜\u202e" + "長" * 10_000 + "\n👩‍👩‍👧"
    song = library.songs.select()[0]
    library.edits.rename({song.id: {"title": hostile, "artist": "\x1b]0;x\x07[/]"}})
    before = library.songs.get(song.id)
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, f"id:{song.id}")
        await until(lambda: screen.table.current, pilot.pause)
        await pilot.press("e")
        editor = await open_at(screen, pilot, "title")
        assert "\x1b" not in editor.value
        assert "\n" not in editor.value
        assert len(editor.value) <= 300
        assert all("\x1b" not in line for line in lines(app))
        await pilot.press("enter")
        await until(lambda: screen.editor is None, pilot.pause)
        await until(lambda: not screen.is_typing, pilot.pause)
        assert library.songs.get(song.id).title == before.title
        await pilot.press("e")
        await open_at(screen, pilot, "title")
        await pilot.press("tab")
        await open_at(screen, pilot, "artist")
        await pilot.press(*"[b]x", "enter")
        await until(lambda: library.songs.get(song.id).artist == "[b]x", pilot.pause)
        assert library.songs.get(song.id).title == before.title
        await until(lambda: "[b]x" in shown(app), pilot.pause)


async def test_rows_stay_while_somebody_else_writes(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen, song = await typing(app, pilot)
        listing = screen.table.listing
        assert listing is not None
        other = library.songs.select()[5]
        gone = other.id if other.id != song.id else library.songs.select()[6].id
        library.edits.drop([gone], "unwanted")
        screen.refresh_data()
        await pilot.press(*"mine")
        await pilot.pause(0.2)
        assert screen.table.listing is listing
        await pilot.press("enter")
        await until(lambda: library.songs.get(song.id).title == "mine", pilot.pause)
        await until(lambda: screen.table.row_count() == 299, pilot.pause)


async def test_a_click_elsewhere_saves(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen, song = await typing(app, pilot)
        await pilot.press(*"clicked")
        await pilot.click("#songs", offset=(10, 8))
        await until(lambda: library.songs.get(song.id).title == "clicked", pilot.pause)
        await until(lambda: screen.editor is None, pilot.pause)


async def test_several_songs_and_hidden_columns_get_the_dialog(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        screen.table.set_columns(["date", "stars"])
        await pilot.press("e")
        await until(lambda: isinstance(app.screen, EditSongs), pilot.pause)
        await pilot.press("escape")
        await until(lambda: app.screen is screen, pilot.pause)
        screen.table.set_columns(["title"])
        await pilot.press("v", "v", "e")
        await until(lambda: "Edit 2 songs" in shown(app), pilot.pause)
        assert not screen.is_typing


async def test_a_smaller_window_keeps_the_field_over_its_cell(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        _screen, _song = await typing(app, pilot)
        await pilot.press(*"xyzzy")
        await pilot.resize_terminal(70, 20)
        await until(lambda: "xyzzy" in shown(app), pilot.pause)

        def is_in_place() -> bool:
            text = lines(app)
            header = next((line for line in text if "Title" in line), "")
            row = next((line for line in text if "xyzzy" in line), " ")
            return "Title" in header and row.find("xyzzy") == header.index("Title")

        await until(is_in_place, pilot.pause)


async def test_the_footer_offers_no_key_that_would_only_type(app: UtawakuApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await opened(app, pilot)

        def offered() -> set[str]:
            return {key.key_display for key in screen.query(FooterKey)}

        await until(lambda: {"/", "q", "e"} <= offered(), pilot.pause)
        await pilot.press("e")
        await until(lambda: screen.editor is not None and screen.editor.has_focus, pilot.pause)
        await until(lambda: "esc" in offered(), pilot.pause)
        assert not {"/", "q", "e", "?"} & offered()
        await pilot.press("escape", "slash")
        await until(lambda: screen.search_bar.input.has_focus, pilot.pause)
        await until(lambda: not {"/", "q", "e", "?"} & offered(), pilot.pause)


async def test_a_long_title_is_typed_over_with_its_start_in_sight(
    app: UtawakuApp, library: Catalogue
) -> None:
    title = "Beginning of a title that is far too long for its cell " * 3
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        song = screen.table.current
        assert song is not None
        library.songs.set_label(song.id, title, "Somebody", "user")
        await until(
            lambda: screen.table.current and "Beginning" in screen.table.current.title, pilot.pause
        )
        await pilot.press("e")
        await until(lambda: screen.editor is not None and screen.editor.has_focus, pilot.pause)
        await pilot.pause(0.2)
        assert "Beginning" in shown(app).splitlines()[screen.editor.region.y]  # type: ignore[union-attr]
        await pilot.press(*"New", "enter")
        await until(lambda: library.songs.get(song.id).title == "New", pilot.pause)
