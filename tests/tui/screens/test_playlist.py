"""Playlists from the screen: asked for, told of, played."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.conftest import HandOutput, pitch_of, until, write_tone
from tests.tui.driving import opened, search, shown, told
from utawaku.library import requests as asked_for
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Request
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.playlist import MakePlaylist, Playlists

SIZE = (100, 30)


@pytest.fixture(autouse=True)
def _files(library: Catalogue) -> None:
    """Every song has a file but every tenth."""
    with library.write() as connection:
        connection.execute(
            sa.text(
                "update songs set file_path = 'Songs/' || number || '.opus' where number % 10 != 0"
            )
        )


async def asked(app: UtawakuApp, pilot: Pilot[int]) -> MakePlaylist:
    await pilot.press("y")
    await until(lambda: isinstance(app.screen, MakePlaylist), pilot.pause)
    screen = app.screen
    assert isinstance(screen, MakePlaylist)
    await until(lambda: isinstance(screen.focused, Input), pilot.pause)
    return screen


def requests(library: Catalogue) -> list[Request]:
    return library.requests.of_kind(asked_for.MakePlaylist)


async def test_the_listed_songs_are_asked_for_in_their_order(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "grade:like")
        listed = library.browser.songs(library.browser.search("grade:like").numbers)
        wanted = [song.id for song in listed if song.file_path]
        await asked(app, pilot)
        await until(lambda: f"A playlist of {len(wanted)} songs" in shown(app), pilot.pause)
        await pilot.press("down", "space", "down", "left", "down", "backspace", *"2.5", "enter")
        await until(lambda: requests(library), pilot.pause)
        (request,) = requests(library)
        assert request.arguments["song_ids"] == wanted
        assert request.arguments["highlights"] is False
        assert request.arguments["order"] == "query"
        assert request.arguments["crossfade_s"] == 2.5
        assert request.target == str(settings.library_root / "Playlists" / "grade：like.m4a")
        await until(lambda: "will be made once the pipeline runs" in told(app), pilot.pause)


async def test_only_selected_songs_are_asked_for(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("v", "v")
        numbers = sorted(screen.table.selected)
        await asked(app, pilot)
        await pilot.press(*"mine", "enter")
        await until(lambda: requests(library), pilot.pause)
        (request,) = requests(library)
        ids = {song.id for song in library.browser.songs(numbers) if song.file_path}
        assert set(request.arguments["song_ids"]) == ids
        assert request.arguments["name"] == "mine"


async def test_what_cannot_be_is_told_in_the_dialog(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    there = settings.library_root / "Playlists" / "there.m4a"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"")
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        screen = await asked(app, pilot)
        await pilot.press(*"there", "enter")
        await until(lambda: "There is a there.m4a already" in shown(app), pilot.pause)
        await pilot.press("2")
        await until(lambda: "there2.m4a" in shown(app), pilot.pause)
        assert "already" not in shown(app)
        screen.query_one("#playlist-crossfade", Input).value = "x"
        await pilot.press("enter")
        await until(lambda: "number of seconds" in shown(app), pilot.pause)
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, MakePlaylist), pilot.pause)
        assert not requests(library)


async def test_it_is_told_when_it_is_made_and_it_plays(
    app: UtawakuApp, library: Catalogue, output: HandOutput, tmp_path: Path
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        screen = await asked(app, pilot)
        file = tmp_path / "made.m4a"
        screen.query_one("#playlist-name", Input).value = "[b]夜\x1b[31m"
        screen.query_one("#playlist-file", Input).value = str(file)
        await pilot.press("enter")
        await until(lambda: requests(library), pilot.pause)
        (request,) = requests(library)
        await until(lambda: app.services.playlists._open == {request.id}, pilot.pause)
        # What the pipeline does: the work itself is tested with its job.
        write_tone(tmp_path / "made.wav", 660, 3).rename(file)
        library.requests.claim(request.id)
        library.requests.progressed(request.id, 0.5, "joining")
        library.requests.finish(request.id, message="2 songs, 0:03")
        await until(lambda: "is ready (2 songs, 0:03)" in told(app), pilot.pause)
        assert str(file) in told(app)
        assert "[b]夜" in told(app)
        await pilot.press("Y")
        await until(lambda: isinstance(app.screen, Playlists), pilot.pause)
        await until(lambda: str(tmp_path)[:40] in shown(app), pilot.pause)
        await pilot.press("enter")
        await until(lambda: app.services.player.moving, pilot.pause)
        await until(lambda: "▶ [b]夜" in shown(app), pilot.pause)
        heard = output.turn(0.5)
        await until(lambda: abs(pitch_of(output.turn(0.5)) - 660) < 5, pilot.pause)
        assert heard.shape[1] == 2


async def test_what_failed_is_reported_with_its_reason(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await asked(app, pilot)
        await pilot.press(*"broken", "enter")
        await until(lambda: app.services.playlists._open, pilot.pause)
        (request,) = requests(library)
        library.requests.fail(request.id, "no song of the playlist has a file")
        await until(lambda: "no song of the playlist has a file" in told(app), pilot.pause)
        assert any("has a file" in notice.title for notice in app.services.reports.of_session)
        await pilot.press("Y")
        await until(lambda: "broken" in shown(app), pilot.pause)
        await pilot.press("enter")
        await until(lambda: "It is failed" in told(app), pilot.pause)


async def test_without_files_and_with_too_many_songs_nothing_is_asked(
    app: UtawakuApp, library: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utawaku.tui.screens.song_actions.MAX_SONGS", 5)
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("y")
        await until(lambda: "300 songs are too many" in told(app), pilot.pause)
        with library.write() as connection:
            connection.exec_driver_sql("update songs set file_path = ''")
        await pilot.press("v")
        await until(lambda: screen.table.selected, pilot.pause)
        await pilot.press("y")
        await until(lambda: "has a file yet" in told(app), pilot.pause)
