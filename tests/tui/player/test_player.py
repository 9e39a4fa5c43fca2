"""The player while the catalogue changes under it."""

from dataclasses import replace

import pytest

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened, search, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Song
from utawaku.tui.app import UtawakuApp

SIZE = (120, 36)


@pytest.fixture
def song(library: Catalogue) -> Song:
    """A song of eight seconds whose recording is there."""
    song = library.songs.of_stream("youtube-fake0000000")[0]
    library.songs.set_span(song.id, 1.0, 9.0)
    library.songs.set_label(song.id, "Old Title", "Somebody", "user")
    library.grades.clear(song.id)
    return library.songs.get(song.id)


async def play(app: UtawakuApp, pilot: object, song: Song) -> None:
    pause = pilot.pause  # type: ignore[attr-defined]
    screen = await opened(app, pilot)  # type: ignore[arg-type]
    await search(screen, pilot, f"id:{song.id}")  # type: ignore[arg-type]
    await pilot.press("enter")  # type: ignore[attr-defined]
    await until(lambda: app.services.player.state.playing, pause)


async def test_a_song_that_is_graded_while_it_plays_stays_in_the_bar(
    app: UtawakuApp, song: Song
) -> None:
    player = app.services.player
    async with app.run_test(size=SIZE) as pilot:
        await play(app, pilot, song)
        for key, grade in (("f", 1), ("d", -1), ("0", None)):
            await pilot.press(key)
            await until(
                lambda grade=grade: player.state.song and player.state.song.grade == grade,
                pilot.pause,
            )
            assert player.state.playing
            assert "Nothing plays" not in shown(app)
        await pilot.press("u")
        await until(lambda: player.state.song and player.state.song.grade == -1, pilot.pause)


async def test_a_song_that_is_renamed_while_it_plays_has_its_new_name_in_the_bar(
    app: UtawakuApp, song: Song, library: Catalogue
) -> None:
    player = app.services.player
    async with app.run_test(size=SIZE) as pilot:
        await play(app, pilot, song)
        await pilot.press("e")
        await until(lambda: app.screen.query("CellEditor"), pilot.pause)
        await pilot.press(*"New", "enter")
        await until(lambda: player.state.song and player.state.song.title == "New", pilot.pause)
        assert player.state.playing
        library.songs.set_label(song.id, "By the pipeline", "Somebody", "user")
        await until(
            lambda: player.state.song and player.state.song.title == "By the pipeline", pilot.pause
        )
        assert "Nothing plays" not in shown(app)


async def test_a_song_that_is_dropped_or_cut_anew_while_it_plays_is_heard_to_its_end(
    app: UtawakuApp, song: Song, library: Catalogue, output: HandOutput
) -> None:
    player = app.services.player
    async with app.run_test(size=SIZE) as pilot:
        await play(app, pilot, song)
        library.songs.set_span(song.id, 2.0, 5.0)
        await pilot.press("f")
        await until(lambda: player.state.song and player.state.song.grade == 1, pilot.pause)
        assert player.state.duration_s == pytest.approx(8.0)
        library.songs.drop(song.id)
        player.reread_current()
        assert player.state.song is not None
        assert replace(player.state.song, grade=None).title == song.title
        assert player.state.playing
