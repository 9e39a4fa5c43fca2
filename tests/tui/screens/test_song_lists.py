"""Radio, the queue from one session to the next, and the user's playlists, driven by keys."""

import json

import numpy as np
import pytest
from textual.pilot import Pilot

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened, search, shown, told
from utawaku.library import static_playlists
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Song
from utawaku.library.store.embeddings import EMBEDDING_KIND, N_EMBEDDING
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.screens.play_queue import PlayQueueScreen

STREAM = "youtube-fake0000000"
SIZE = (110, 30)


@pytest.fixture
def songs(library: Catalogue, settings: Settings) -> list[Song]:
    """Two songs with files and embeddings, where the recording has sound."""
    rng = np.random.default_rng(1)
    found = library.songs.of_stream(STREAM)[:2]
    for n, song in enumerate(found):
        library.songs.set_span(song.id, 1.0 + 9 * n, 9.0 + 9 * n)
        library.songs.set_file(song.id, {"file_path": f"Songs/{n}.opus"})
        library.songs.set_label(song.id, f"song {n}", "artist", "user")
        library.taste.put_embedding(
            song.id, EMBEDDING_KIND, rng.normal(size=N_EMBEDDING), model_version="1",
            start_s=0, stop_s=8,
        )  # fmt: skip
    return [library.songs.get(song.id) for song in found]


async def at_songs(app: UtawakuApp, pilot: Pilot[int]) -> LibraryScreen:
    screen = await opened(app, pilot)
    await search(screen, pilot, f"id:{STREAM} length<10 sort:title+")
    return screen


async def test_one_key_begins_a_radio_that_fills_the_queue_until_something_is_played_by_hand(
    app: UtawakuApp, songs: list[Song]
) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await at_songs(app, pilot)
        await pilot.press("M")
        await until(lambda: "Radio: more like song 0" in told(app), pilot.pause)
        queue = app.services.player.queue
        await until(lambda: len(queue.entries) > 1, pilot.pause)
        assert [entry.song_id for entry in queue.entries[:2]] == [song.id for song in songs]
        await until(lambda: "radio: more like song 0" in shown(app), pilot.pause)
        await pilot.press("greater_than_sign")
        await until(lambda: queue.at == 1 and len(queue.entries) > 2, pilot.pause)
        await pilot.press("enter")
        await until(lambda: app.services.tuner.radio is None, pilot.pause)


@pytest.mark.slow
async def test_other_radios_are_offered_for_the_song_under_the_cursor(
    app: UtawakuApp, songs: list[Song]
) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await at_songs(app, pilot)
        await pilot.press("H")
        await until(lambda: "Never played" in shown(app), pilot.pause)
        assert f"Best of {songs[0].channel}"[:20] in shown(app)
        await pilot.press("j", "enter")
        await until(lambda: "Radio: never played" in told(app), pilot.pause)


@pytest.mark.slow
async def test_the_queue_comes_back_after_a_restart_where_it_was_left(
    app: UtawakuApp, library: Catalogue, settings: Settings, songs: list[Song], output: HandOutput
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await at_songs(app, pilot)
        await pilot.press("j", "enter")
        await until(lambda: app.services.player.state.song is not None, pilot.pause)
        await until(lambda: app.services.player.engine._buffered > 4800, pilot.pause)
        await pilot.press("right")
        await until(lambda: app.services.player.position_s > 4, pilot.pause)
    stored = json.loads((settings.data_dir / "queue.json").read_text("utf-8"))
    assert stored["at"] == 1
    again = UtawakuApp(LibraryHandle.of(settings, library), open_output=lambda: output)
    async with again.run_test(size=SIZE) as pilot:
        await opened(again, pilot)
        await until(lambda: len(again.services.player.queue.entries) == 2, pilot.pause)
        await until(lambda: "space goes on with the 2 songs" in shown(again), pilot.pause)
        await pilot.press("space")
        await until(lambda: again.services.player.state.song is not None, pilot.pause)
        playing = again.services.player.state
        assert playing.song is not None
        assert playing.song.id == songs[1].id
        assert playing.position_s == pytest.approx(5.0, abs=0.5)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"songs": 3, "at": "x"}'])
@pytest.mark.slow
async def test_a_damaged_queue_file_means_an_empty_queue(
    app: UtawakuApp, settings: Settings, text: str
) -> None:
    (settings.data_dir / "queue.json").write_text(text)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.pause(0.2)
        assert app.services.player.queue.entries == []


@pytest.mark.slow
async def test_songs_are_put_on_a_playlist_that_is_played_and_deleted(
    app: UtawakuApp, settings: Settings, library: Catalogue, songs: list[Song]
) -> None:
    root = settings.library_root
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await at_songs(app, pilot)
        await pilot.press("ctrl+a", "F")
        await until(lambda: "A new playlist" in shown(app), pilot.pause)
        await pilot.press(*"night", "enter")
        await until(lambda: static_playlists.names(root) == ["night"], pilot.pause)
        await until(lambda: "2 songs put on night" in told(app), pilot.pause)
        await pilot.press("apostrophe")
        await until(lambda: "enter plays it" in shown(app), pilot.pause)
        await pilot.press("enter")
        queue = app.services.player.queue
        await until(lambda: [e.song_id for e in queue.entries] == [s.id for s in songs],
                    pilot.pause)  # fmt: skip
        await pilot.press("apostrophe")
        await until(lambda: "enter plays it" in shown(app), pilot.pause)
        await pilot.press("x")
        await until(lambda: "Delete the playlist night" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: static_playlists.names(root) == [], pilot.pause)


@pytest.mark.slow
async def test_the_queue_is_saved_as_a_playlist(
    app: UtawakuApp, settings: Settings, library: Catalogue, songs: list[Song]
) -> None:
    root = settings.library_root
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await at_songs(app, pilot)
        await pilot.press("enter")
        await until(lambda: app.services.player.queue.entries, pilot.pause)
        await pilot.press("Q")
        await until(lambda: isinstance(app.screen, PlayQueueScreen), pilot.pause)
        await pilot.press("w")
        await until(lambda: "Save the queue" in shown(app), pilot.pause)
        await pilot.press(*"tonight", "enter")
        await until(lambda: static_playlists.names(root) == ["tonight"], pilot.pause)
        found = static_playlists.song_ids(root, "tonight", library)
        assert found == [song.id for song in songs]
