"""The song that plays, over the whole screen."""

import numpy as np
import pytest
from textual.pilot import Pilot

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened, search, shown
from utawaku.library.catalogue import Catalogue
from utawaku.tui.app import UtawakuApp
from utawaku.tui.preferences import load_preferences
from utawaku.tui.screens.now_playing import NextRows, NowPlayingScreen
from utawaku.tui.widgets.song_wave import SongWave
from utawaku.tui.widgets.spectrum import Spectrum

STREAM = "youtube-fake0000000"


@pytest.fixture(autouse=True)
def songs_with_sound(library: Catalogue) -> None:
    """Put two songs where the recording has sound."""
    for n, song in enumerate(library.songs.of_stream(STREAM)[:2]):
        library.songs.set_span(song.id, 1.0 + 9 * n, 9.0 + 9 * n)


async def playing(app: UtawakuApp, pilot: Pilot[int]) -> NowPlayingScreen:
    """Play the songs of the stream that has sound, and look at it."""
    screen = await opened(app, pilot)
    await search(screen, pilot, f"id:{STREAM} length<10 sort:length+")
    await pilot.press("enter")
    await until(lambda: app.services.player.state.song is not None, pilot.pause)
    await pilot.press("W")
    await until(lambda: isinstance(app.screen, NowPlayingScreen), pilot.pause)
    now = app.screen
    assert isinstance(now, NowPlayingScreen)
    return now


@pytest.mark.parametrize("size", [(80, 24), pytest.param((160, 50), marks=pytest.mark.slow)])
async def test_title_time_and_what_comes_next_are_shown_and_follow_the_player(
    app: UtawakuApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        now = await playing(app, pilot)
        player = app.services.player
        first = player.state.song
        assert first is not None
        await until(lambda: first.title in shown(app), pilot.pause)
        rows = now.query_one(NextRows)
        await until(lambda: rows.songs, pilot.pause)
        following = rows.songs[rows.entries[0].song_id]
        assert following is not None
        await until(lambda: following.title[:6] in shown(app), pilot.pause)
        await until(lambda: now.query_one(SongWave).envelope is not None, pilot.pause)
        await pilot.press("greater_than_sign")
        await until(lambda: player.state.song not in (None, first), pilot.pause)
        await until(lambda: following.title in shown(app), pilot.pause)
        await pilot.press("escape")
        await until(lambda: len(app.screen_stack) == 1, pilot.pause)


@pytest.mark.slow
async def test_the_spectrum_moves_with_the_sound_and_is_switched_off_for_good(
    app: UtawakuApp, output: HandOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSH_CONNECTION", "SSH_TTY", "TEXTUAL_DRIVER", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    async with app.run_test(size=(120, 40)) as pilot:
        now = await playing(app, pilot)
        spectrum = now.query_one(Spectrum)
        assert spectrum.display
        await until(lambda: len(output.turn(0.05)) and spectrum.levels.any(), pilot.pause)
        loudest = int(np.argmax(spectrum.levels))
        assert loudest < len(spectrum.levels) // 2  # 440 Hz of 60 to 14,000
        await pilot.press("s")
        await until(lambda: not spectrum.display, pilot.pause)
        settings = app.services.library.settings
        await until(lambda: load_preferences(settings).spectrum == "off", pilot.pause)


@pytest.mark.parametrize("name", ["NO_COLOR", "SSH_CONNECTION", "TEXTUAL_DRIVER"])
@pytest.mark.slow
async def test_without_colours_or_over_a_slow_line_nothing_moves(
    app: UtawakuApp, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    app.no_color = name == "NO_COLOR"
    async with app.run_test(size=(120, 40)) as pilot:
        now = await playing(app, pilot)
        assert not now.query_one(Spectrum).display


@pytest.mark.slow
async def test_the_song_is_graded_from_here(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await playing(app, pilot)
        song = app.services.player.state.song
        assert song is not None
        await pilot.press("4")
        await until(lambda: library.songs.get(song.id).stars == 4, pilot.pause)
        await until(lambda: "★★★★" in shown(app), pilot.pause)
