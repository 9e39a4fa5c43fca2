"""Sleep timer and scrobbling, driven by keys."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Song
from utawaku.tui.app import UtawakuApp

STREAM = "youtube-fake0000000"


@pytest.fixture
def songs(library: Catalogue) -> list[Song]:
    """Two songs where the recording has sound."""
    found = library.songs.of_stream(STREAM)[:2]
    for n, song in enumerate(found):
        library.songs.set_span(song.id, 1.0 + 9 * n, 9.0 + 9 * n)
    return [library.songs.get(song.id) for song in found]


async def playing(app: UtawakuApp, pilot: Pilot[int]) -> None:
    screen = await opened(app, pilot)
    await search(screen, pilot, f"id:{STREAM} length<10 sort:length+")
    await pilot.press("enter")
    await until(lambda: app.services.player.state.playing, pilot.pause)
    await until(lambda: app.services.player.engine._buffered > 4800, pilot.pause)


@pytest.mark.slow
async def test_the_sleep_timer_is_shown_softens_the_music_and_stops_it(
    app: UtawakuApp, songs: list[Song], output: HandOutput
) -> None:
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        await playing(app, pilot)
        player, timer = app.services.player, app.services.sleep_timer
        await pilot.press("Z", "enter")
        await until(lambda: "sleep 15 min" in shown(app) or "sleep 14" in shown(app), pilot.pause)
        timer.start(9.0)
        await until(lambda: player.volume < 1.0, pilot.pause)
        timer.start(0.0)
        await until(lambda: not player.state.playing, pilot.pause)
        assert player.volume == 1.0
        await until(lambda: "Good night" in told(app), pilot.pause)
        await until(lambda: "sleep" not in shown(app).splitlines()[-4], pilot.pause)


@pytest.mark.slow
async def test_the_music_ends_with_the_song_where_that_was_asked(
    app: UtawakuApp, songs: list[Song], output: HandOutput
) -> None:
    async with app.run_test(size=(110, 30)) as pilot:
        await playing(app, pilot)
        player = app.services.player
        await pilot.press("Z", "G", "k", "enter")
        await until(lambda: "sleep after this song" in shown(app), pilot.pause)
        await pilot.press("greater_than_sign")
        await until(lambda: not player.state.playing, pilot.pause)


@pytest.mark.slow
async def test_a_play_is_told_to_listenbrainz_by_a_child_where_it_is_switched_on(
    app: UtawakuApp, songs: list[Song], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    script = tmp_path / "interpreter"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\necho "error: no network" >&2\n'
        'echo "  -> It is sent later" >&2\nexit 1\n'
    )
    script.chmod(0o755)
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        await opened(app, pilot)
        app.services.player.recorded()
        monkeypatch.setattr("sys.executable", str(script))
        monkeypatch.setenv("UTAWAKU_SCROBBLE__LISTENBRAINZ", "true")
        assert not asked.exists()
        app.services.library.take(load_settings(
            data_dir=app.services.library.settings.data_dir,
            library_root=app.services.library.settings.library_root,
        ))  # fmt: skip
        app.services.player.recorded()
        await until(lambda: asked.exists() and "scrobble --json" in asked.read_text(), pilot.pause)
        await until(lambda: "no network" in told(app) and "sent later" in told(app), pilot.pause)
