"""The library screen, driven by keys."""

import pytest

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import lines, opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.query.syntax import parse
from utawaku.library.schema import songs
from utawaku.tui.app import UtawakuApp
from utawaku.tui.palette import NIGHT
from utawaku.tui.preferences import load_preferences
from utawaku.tui.screens.help import HelpScreen
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.widgets.details import Details
from utawaku.tui.widgets.player_bar import PlayerBar

SIZE = (100, 30)


async def test_all_songs_are_listed_latest_first_with_their_number(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await until(lambda: screen.table.row_count() == 300, pilot.pause)
        await until(lambda: "300 songs" in shown(app), pilot.pause)
        await until(lambda: screen.table.has_focus, pilot.pause)


async def test_a_search_is_answered_while_it_is_typed(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("slash", *"title:夜")
        await until(lambda: 0 < screen.table.row_count() < 300, pilot.pause)
        await until(lambda: all("夜" in s.title for s in screen.table._songs.values()), pilot.pause)
        await pilot.press("enter")
        await until(lambda: screen.table.has_focus, pilot.pause)
        await pilot.press("slash", "escape")
        await until(lambda: screen.table.row_count() == 300, pilot.pause)


async def test_what_is_wrong_is_told_under_the_caret_and_the_songs_stay(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("slash", *"mio taste>x")
        await until(lambda: screen.search_bar.error is not None, pilot.pause)
        await pilot.pause()
        text = lines(app)
        at = next(n for n, line in enumerate(text) if "wants a number" in line)
        assert text[at].index("^") == text[at - 1].index("taste>x") + len("taste>")
        await until(
            lambda: (
                screen.table.listing is not None
                and screen.table.listing.query.tree == parse("mio taste").tree
            ),
            pilot.pause,
        )


async def test_tab_completes_fields_and_values_of_the_catalogue(
    app: UtawakuApp, library: Catalogue
) -> None:
    singer = library.songs.select()[0].singer
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("slash", *"sing")
        await until(lambda: screen.search_bar._completions, pilot.pause)
        await pilot.press("tab")
        await until(lambda: screen.search_bar.text == "singer:", pilot.pause)
        await pilot.press(singer[0])
        await until(
            lambda: any(singer in c.text for c in screen.search_bar._completions), pilot.pause
        )
        await pilot.press("tab")
        await until(lambda: 0 < screen.table.row_count() < 300, pilot.pause)


async def test_the_cursor_moves_by_vim_keys_arrows_and_pages(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        table = (await opened(app, pilot)).table
        await pilot.press("j", "j", "down", "k")
        await until(lambda: table.cursor == 2, pilot.pause)
        await pilot.press("G")
        await until(lambda: table.cursor == 299, pilot.pause)
        await until(lambda: table.current is not None, pilot.pause)
        await pilot.press("pageup", "ctrl+u")
        await until(lambda: table.cursor == 299 - 2 * (table.n_visible - 1), pilot.pause)
        await pilot.press("g")
        await until(lambda: table.cursor == 0, pilot.pause)
        await until(lambda: table.scroll_offset.y == 0, pilot.pause)


async def test_marks_are_written_shown_and_can_be_undone(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "grade:none stars<1")
        await search(screen, pilot, "is:unheard")
        song = screen.table.current
        assert song is not None
        await pilot.press("f", "4")
        await until(lambda: library.songs.get(song.id).stars == 4, pilot.pause)
        await until(lambda: library.songs.get(song.id).grade == 1, pilot.pause)
        await until(lambda: "♥" in shown(app) and "★★★★" in shown(app), pilot.pause)
        await pilot.press("u")
        await until(lambda: library.songs.get(song.id).stars is None, pilot.pause)
        await until(lambda: library.songs.get(song.id).grade == 1, pilot.pause)
        await pilot.press("u")
        await until(lambda: library.songs.get(song.id).grade is None, pilot.pause)
        await pilot.press("d", "n", "0")
        await until(lambda: len(library.grades.history(song.id)) >= 6, pilot.pause)
        await until(lambda: library.songs.get(song.id).grade is None, pilot.pause)


async def test_many_selected_songs_are_marked_at_once(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("v", "j", "j", "V")
        await until(lambda: len(screen.table.selected) == 4, pilot.pause)
        await until(lambda: "4 selected" in shown(app), pilot.pause)
        before = library.songs.count(songs.c.grade == -1)
        marked = sum(s.grade == -1 for s in library.browser.songs(list(screen.table.selected)))
        await pilot.press("d")
        await until(
            lambda: library.songs.count(songs.c.grade == -1) == before + 4 - marked, pilot.pause
        )
        await pilot.press("u")
        await until(lambda: library.songs.count(songs.c.grade == -1) == before, pilot.pause)
        await pilot.press("escape")
        await until(lambda: not screen.table.selected, pilot.pause)
        await pilot.press("ctrl+a")
        await until(lambda: len(screen.table.selected) == 300, pilot.pause)


def order(screen: LibraryScreen) -> tuple[str, bool] | None:
    """Field and direction of the list."""
    listing = screen.table.listing
    return None if listing is None else (listing.query.sort.field, listing.query.sort.descending)


async def test_a_click_on_a_title_sorts_and_turns_round(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.click("#songs", offset=(8, 0))
        await until(lambda: order(screen) == ("title", False), pilot.pause)
        await pilot.click("#songs", offset=(8, 0))
        await until(lambda: order(screen) == ("title", True), pilot.pause)
        await pilot.press("s")
        await until(lambda: order(screen) == ("artist", False), pilot.pause)
        assert screen.search_bar.text == ""


async def test_copies_are_grouped_and_ungrouped(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("c")
        await until(lambda: screen.table.row_count() < 300, pilot.pause)
        await until(lambda: "copies grouped" in shown(app), pilot.pause)
        await pilot.press("c")
        await until(lambda: screen.table.row_count() == 300, pilot.pause)


async def test_details_stand_beside_a_wide_table_and_come_when_asked(app: UtawakuApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await until(lambda: not screen.query_one(Details).display, pilot.pause)
        await pilot.press("i")
        await until(lambda: "sung by" in shown(app), pilot.pause)
        await pilot.resize_terminal(160, 50)
        await pilot.press("i")
        await until(lambda: not screen.query_one(Details).display, pilot.pause)


async def test_enter_plays_from_the_song_on_and_space_pauses(
    app: UtawakuApp, library: Catalogue, output: HandOutput
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        # Only the first seconds of stream 0 have sound; put a song there.
        first = library.songs.of_stream("youtube-fake0000000")[0]
        library.songs.set_span(first.id, 1.0, 9.0)
        await search(screen, pilot, f"id:{first.stream_id} sort:length+")
        await until(lambda: screen.table.current is not None, pilot.pause)
        await pilot.press("enter")
        await until(lambda: app.services.player.state.playing, pilot.pause)
        playing = app.services.player.state.song
        assert playing is not None
        assert playing.id == first.id
        await until(lambda: app.services.player.engine._buffered > 4800, pilot.pause)
        output.turn(0.1)
        await until(
            lambda: app.services.player.state.position_s == pytest.approx(0.1, abs=0.02),
            pilot.pause,
        )
        await until(lambda: "▶" in shown(app), pilot.pause)
        await pilot.press("space")
        await until(lambda: not app.services.player.state.playing, pilot.pause)
        await pilot.press("space", "right")
        await until(
            lambda: app.services.player.state.position_s == pytest.approx(5.1, abs=0.1), pilot.pause
        )
        await pilot.press("left")
        await until(
            lambda: app.services.player.state.position_s == pytest.approx(0.1, abs=0.1), pilot.pause
        )
        await pilot.click(PlayerBar, offset=(51, 1))
        await until(
            lambda: app.services.player.state.position_s == pytest.approx(4.1, abs=0.3), pilot.pause
        )
        await pilot.press("minus", "minus")
        await until(lambda: app.services.player.volume == pytest.approx(0.9), pilot.pause)
        await until(lambda: "vol 90%" in shown(app), pilot.pause)


async def test_a_song_without_a_file_is_told_and_nothing_plays(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000003")
        await pilot.press("enter")
        await until(lambda: "neither its file" in told(app), pilot.pause)
        await until(lambda: not app.services.player.state.playing, pilot.pause)


async def test_queued_songs_wait_behind_what_plays(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000000")
        await pilot.press("enter")
        await until(lambda: app.services.player.queue.current is not None, pilot.pause)
        n = len(app.services.player.queue.entries)
        await pilot.press("a")
        await until(lambda: len(app.services.player.queue.entries) == n + 1, pilot.pause)
        await pilot.press("j", "A")
        await until(lambda: len(app.services.player.queue.entries) == n + 2, pilot.pause)
        follower = app.services.player.queue.entries[app.services.player.queue.at + 1]
        current = screen.table.current
        assert current is not None
        assert follower.song_id == current.id


async def test_a_catalogue_changed_underneath_is_shown_and_the_cursor_stays(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("j", "j", "j")
        song = screen.table.current
        above = screen.table.song_at(0)
        assert song is not None
        assert above is not None
        library.songs.drop(above.id)
        library.songs.set_label(song.id, "新しい名前", "Somebody", "user")
        await until(lambda: screen.table.row_count() == 299, pilot.pause)
        await until(
            lambda: screen.table.current is not None and screen.table.current.id == song.id,
            pilot.pause,
        )
        await until(lambda: "新しい名前" in shown(app), pilot.pause)


@pytest.mark.parametrize(
    "title",
    ["\x1b[2J\x1b]0;owned\x07evil", "[@click=app.leave]x[/]", "\u202egnp", "夜" * 10_000],
)
async def test_hostile_titles_are_only_text(
    app: UtawakuApp, library: Catalogue, title: str
) -> None:
    song = library.songs.of_stream("youtube-fake0000003")[0]
    library.songs.set_label(song.id, title, title, "setlist")
    async with app.run_test(size=(130, 30)) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, f"id:{song.id}")
        await pilot.pause(0.1)
        text = shown(app)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert app.is_running


async def test_help_lists_the_keys_of_this_place(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen), pilot.pause)
        await until(lambda: "Play next" in shown(app), pilot.pause)
        await pilot.press("escape", "q")
        await until(lambda: app.return_code is not None, pilot.pause)
    assert app.return_code == 0


async def test_details_that_get_room_tell_about_the_song_under_the_cursor(app: UtawakuApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        assert "sung by" not in shown(app)
        await pilot.resize_terminal(160, 50)
        await until(lambda: "sung by" in shown(app), pilot.pause)


async def test_modes_are_shown_while_nothing_plays_and_leave_room_for_the_time(
    app: UtawakuApp, library: Catalogue
) -> None:
    song = library.songs.of_stream("youtube-fake0000000")[0]
    library.songs.set_span(song.id, 1.0, 9.0)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("z", "r", "m", "minus")
        await until(lambda: "shuffle  repeat all  vocals  vol 95%" in shown(app), pilot.pause)
        app.services.worker.write(lambda: app.services.player.play([song.id]))
        # It has no stem: the mix is heard, and the bar says so.
        await until(lambda: "repeat all  no vocals" in shown(app), pilot.pause)
        await until(lambda: "0:00 / 0:08" in shown(app), pilot.pause)


async def test_a_look_for_changes_that_overtakes_a_search_leaves_it_its_first_song(
    app: UtawakuApp,
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("G")
        await until(lambda: screen.table.cursor == 299, pilot.pause)
        screen.search(keep=False)
        screen.refresh_data()
        await until(lambda: screen.table.cursor == 0, pilot.pause)
        await pilot.press("j")
        await until(lambda: screen.table.cursor == 1, pilot.pause)
        screen.search(keep=True)
        screen.refresh_data()
        await until(lambda: not screen._to_top, pilot.pause)
        assert screen.table.cursor == 1


async def test_columns_are_chosen_moved_and_remembered(app: UtawakuApp, settings: Settings) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("o")
        await until(lambda: "space on or off" in shown(app), pilot.pause)
        await pilot.press("j", "space", "k", "J", "enter")
        await until(
            lambda: [c.name for c in screen.table.columns][:2] == ["title", "singer"], pilot.pause
        )
        await until(
            lambda: load_preferences(settings).columns[:2] == ["title", "singer"], pilot.pause
        )
        await until(lambda: "Artist" not in shown(app), pilot.pause)


async def test_searches_are_saved_opened_and_forgotten(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "grade:like sort:taste")
        await pilot.press("w", *"best", "enter")
        await until(
            lambda: library.saved_queries.all() == {"best": "grade:like sort:taste"}, pilot.pause
        )
        await search(screen, pilot, "")
        await pilot.press("apostrophe")
        await until(lambda: "grade:like sort:taste" in shown(app), pilot.pause)
        await pilot.press("enter")
        await until(lambda: screen.search_bar.text == "grade:like sort:taste", pilot.pause)
        await pilot.press("apostrophe")
        await until(lambda: "x remove" in shown(app), pilot.pause)
        await pilot.press("x")
        await until(lambda: "Forget the search" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: not library.saved_queries.all(), pilot.pause)


async def test_an_order_is_not_typed_into_the_search_and_a_typed_one_gives_way(
    app: UtawakuApp,
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "grade:like sort:taste")
        assert order(screen) == ("taste", True)
        await pilot.press("s")
        await until(lambda: order(screen) == ("stars", True), pilot.pause)
        assert screen.search_bar.text == "grade:like"
        await pilot.press("s")
        await until(lambda: order(screen) == ("plays", True), pilot.pause)
        await until(lambda: "by plays ↓" in shown(app), pilot.pause)


async def test_escape_leaves_a_selection_then_the_search_then_the_order(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("s", "slash", *"grade:like", "enter", "v")
        await until(lambda: len(screen.table.selected) == 1, pilot.pause)
        await pilot.press("escape")
        await until(lambda: not screen.table.selected, pilot.pause)
        assert screen.search_bar.text == "grade:like"
        await pilot.press("escape")
        await until(lambda: screen.table.row_count() == 300, pilot.pause)
        assert screen.search_bar.text == ""
        assert order(screen) == ("title", False)
        await pilot.press("escape")
        await until(lambda: order(screen) == ("added", True), pilot.pause)


async def test_a_group_shows_its_best_copy_opens_and_closes(
    app: UtawakuApp, library: Catalogue
) -> None:
    first, second, third = library.songs.of_stream("youtube-fake0000001")[:3]
    for song in (first, second, third):
        library.songs.set_label(song.id, "Twice sung", "Somebody", "user")
    library.grades.give(second.id, grade=1)
    library.grades.give(third.id, grade=-1)
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("c")
        await search(screen, pilot, "title:Twice")
        await until(lambda: screen.table.row_count() == 1, pilot.pause)
        assert screen.table.current is not None
        assert screen.table.current.id == second.id
        await until(lambda: "×3" in shown(app), pilot.pause)
        await pilot.press("l")
        await until(lambda: screen.table.row_count() == 3, pilot.pause)
        await until(lambda: "esc returns" in shown(app), pilot.pause)
        await pilot.press("escape")
        await until(lambda: screen.table.row_count() == 1, pilot.pause)
        assert screen.search_bar.text == "title:Twice"
        assert screen.grouped


async def test_the_footer_offers_no_key_that_the_field_types(app: UtawakuApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await opened(app, pilot)
        await until(lambda: "Help" in lines(app)[-1], pilot.pause)
        await pilot.press("slash")
        await until(lambda: screen.search_bar.input.has_focus, pilot.pause)
        await until(lambda: "Quit" not in lines(app)[-1], pilot.pause)
        assert "?" not in lines(app)[-1]
        await pilot.press("question_mark")
        await until(lambda: screen.search_bar.text == "?", pilot.pause)
        await pilot.press("f1")
        await until(lambda: isinstance(app.screen, HelpScreen), pilot.pause)


async def test_columns_without_room_are_counted_and_named(app: UtawakuApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        hidden = len(screen.table.columns) - len(screen.table.columns_in_sight())
        assert hidden > 0
        await until(lambda: f" +{hidden} Title" in shown(app), pilot.pause)
        await pilot.press("o")
        await until(lambda: shown(app).count("no room at this width") == hidden, pilot.pause)


@pytest.mark.parametrize(("width", "cells"), [(120, 38), (160, 40), (300, 72)])
async def test_details_grow_with_the_terminal(app: UtawakuApp, width: int, cells: int) -> None:
    async with app.run_test(size=(width, 50)) as pilot:
        screen = await opened(app, pilot)
        await until(lambda: screen.query_one(Details).size.width > 0, pilot.pause)
        assert screen.query_one(Details).outer_size.width == cells


async def test_texts_take_the_colours_of_another_theme(app: UtawakuApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(app, pilot)
        await until(lambda: "sung by" in shown(app), pilot.pause)
        await pilot.press("ctrl+t")
        await until(lambda: app.theme == "utawaku-day", pilot.pause)
        await pilot.pause(0.3)
        night = {str(NIGHT["variables"][name]) for name in ("muted", "faint", "selection")}
        used = {
            style.color.name
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if (style := segment.style) is not None and style.color is not None
        }
        assert not used & night
