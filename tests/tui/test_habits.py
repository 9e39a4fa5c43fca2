"""Settings, notices, palette, themes, names, queue, modes, trouble."""

import sqlite3

import pytest

from tests.tui.conftest import HandOutput, until
from tests.tui.test_library_screen import opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, default_config_path, load_settings
from utawaku.library.requests import Label, Recut, Retag, Separate
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import Home
from utawaku.tui.preferences import Memory, recall, remember
from utawaku.tui.screens.dialogs import Choose
from utawaku.tui.screens.settings import SettingsScreen

SIZE = (120, 36)


async def test_settings_are_shown_changed_in_the_file_and_set_back(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(app, pilot)
        await pilot.press("comma")
        await until(lambda: isinstance(app.screen, SettingsScreen), pilot.pause)
        screen = app.screen
        assert isinstance(screen, SettingsScreen)

        def go(name: str) -> None:
            names = [setting.name for setting in screen.rows.settings]
            screen.rows.cursor = names.index(name)

        go("download.comments")
        await pilot.press("enter")
        await until(lambda: default_config_path().exists(), pilot.pause)
        await until(lambda: load_settings().download.comments is False, pilot.pause)
        go("segments.mode")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Choose), pilot.pause)
        await pilot.press("j", "enter")
        await until(lambda: load_settings().segments.mode == "exact", pilot.pause)
        go("download.max_height")
        await pilot.press("enter")
        field = app.screen.query_one("#answer")
        field.value = "tall"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(lambda: "not a number" in shown(app), pilot.pause)
        field.value = "7"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(lambda: "greater than or equal to 144" in shown(app), pilot.pause)
        assert load_settings().download.max_height == 1080
        await pilot.press("escape")
        await until(lambda: app.screen is screen, pilot.pause)
        go("segments.mode")
        await pilot.press("backspace")
        await until(lambda: load_settings().segments.mode == "fast", pilot.pause)
        await until(lambda: app.settings.download.comments is False, pilot.pause)


async def test_errors_can_be_read_again(app: UtawakuApp, library: Catalogue) -> None:
    library.notices.add("warning", "The disk is nearly full", body="2 GB left", next_step="Tidy")
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000003")
        await pilot.press("enter")
        await until(lambda: "neither its file" in told(app), pilot.pause)
        await pilot.press("exclamation_mark")
        await until(lambda: "nearly full" in shown(app), pilot.pause)
        await until(lambda: "neither its file" in shown(app), pilot.pause)
        await pilot.press("G", "enter")
        await until(lambda: "2 GB left" in shown(app), pilot.pause)
        await pilot.press("escape", "C")
        await until(lambda: not library.notices.recent(unread_only=True), pilot.pause)


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


async def test_columns_are_chosen_moved_and_remembered(app: UtawakuApp, settings: Settings) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("o")
        await until(lambda: "space on or off" in shown(app), pilot.pause)
        await pilot.press("j", "space", "k", "J", "enter")
        await until(
            lambda: [c.name for c in screen.table.columns][:2] == ["title", "singer"], pilot.pause
        )
        await until(lambda: recall(settings).columns[:2] == ["title", "singer"], pilot.pause)
        await until(lambda: "Artist" not in shown(app), pilot.pause)


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
        ids = [song.id for song in app.catalogue.browser.songs(screen.table.chosen_numbers())]
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
        await pilot.press("x", "n", "x", "y")
        await until(lambda: screen.table.row_count() == 299, pilot.pause)
        await until(lambda: library.requests.waiting(Recut), pilot.pause)
        await pilot.press("u")
        await until(lambda: screen.table.row_count() == 300, pilot.pause)
        await until(lambda: library.songs.get(song.id) == song, pilot.pause)
        await pilot.press("X")
        await until(lambda: library.requests.waiting(Separate), pilot.pause)


async def test_the_queue_is_shown_rearranged_and_cleared(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000000")
        await pilot.press("enter")
        await until(lambda: len(app.player.queue.entries) == 15, pilot.pause)
        await pilot.press("Q")
        await until(lambda: "Play queue" in shown(app) and "▶" in shown(app), pilot.pause)
        second = app.player.queue.entries[1]
        await pilot.press("j", "J")
        await until(lambda: app.player.queue.entries[2] == second, pilot.pause)
        await pilot.press("x")
        await until(lambda: second not in app.player.queue.entries, pilot.pause)
        third = app.player.queue.entries[2]
        await pilot.press("enter")
        await until(lambda: app.player.queue.current == third, pilot.pause)
        await pilot.press("C", "escape")
        await until(lambda: app.player.queue.entries == [third], pilot.pause)


async def test_modes_are_switched_and_shown(app: UtawakuApp, settings: Settings) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000000")
        await pilot.press("enter")
        await until(lambda: app.player.state.song is not None, pilot.pause)
        await pilot.press("z", "r", "h")
        await until(lambda: "highlights  shuffle  repeat all" in shown(app), pilot.pause)
        await pilot.press("h", "z", "r", "r", "ctrl+g")
        await until(lambda: "gain off" in shown(app), pilot.pause)
        await until(lambda: recall(settings).replay_gain is False, pilot.pause)
        await pilot.press("m")
        await until(lambda: "no stems yet" in told(app), pilot.pause)
        await until(lambda: app.player.stem == "mix", pilot.pause)


async def test_a_stem_is_heard_at_the_same_moment(
    app: UtawakuApp, library: Catalogue, settings: Settings, output: HandOutput
) -> None:
    from tests.tui.conftest import pitch_of, write_tone
    from utawaku.library.schema import stems

    song = library.songs.of_stream("youtube-fake0000000")[0]
    library.songs.set_span(song.id, 1.0, 9.0)
    for name, hertz in (("vocals", 880), ("accompaniment", 220)):
        write_tone(settings.library_root / f"{name}.wav", hertz, 8)
    with library.write() as connection:
        connection.execute(
            stems.insert().values(
                song_id=song.id,
                engine="test",
                vocals_path="vocals.wav",
                accompaniment_path="accompaniment.wav",
                at=1.0,
            )
        )
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        app.play_numbers(list(library.browser.numbers_of([song.id]).values()), 0)

        async def heard() -> float:
            await until(lambda: app.player.engine._buffered > 30_000, pilot.pause)
            output.turn(0.05)
            return pitch_of(output.turn(0.5))

        await until(lambda: app.player.moving, pilot.pause)
        assert await heard() == pytest.approx(440, abs=4)
        for stem, hertz in (("vocals", 880), ("accompaniment", 220), ("mix", 440)):
            before = app.player.state.position_s
            await pilot.press("m")
            await until(lambda stem=stem: app.player.stem == stem, pilot.pause)
            assert app.player.state.position_s >= before - 0.01
            assert await heard() == pytest.approx(hertz, abs=4)


async def test_a_locked_catalogue_is_told_and_the_app_goes_on(
    library: Catalogue, settings: Settings, output: HandOutput
) -> None:
    impatient = Catalogue.open(settings, busy_timeout_s=0.2)
    app = UtawakuApp(Home.of(settings, impatient), open_output=lambda: output)
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


async def test_quitting_asks_only_while_music_plays(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000000")
        await pilot.press("enter")
        await until(lambda: app.player.state.playing, pilot.pause)
        await pilot.press("q", "n")
        assert app.is_running
        await pilot.press("q", "y")
        await until(lambda: app.return_code == 0, pilot.pause)


def test_habits_survive_and_nonsense_is_forgotten(settings: Settings) -> None:
    assert recall(settings) == Memory()
    remember(settings, Memory(columns=["title", "bpm"], volume=0.5, theme="utawaku-day"))
    assert recall(settings).columns == ["title", "bpm"]
    assert recall(settings).volume == 0.5
    (settings.data_dir / "tui.json").write_text('{"columns": ["nope"], "volume": "loud"}')
    assert recall(settings) == Memory()
    (settings.data_dir / "tui.json").write_text("{")
    assert recall(settings) == Memory()
