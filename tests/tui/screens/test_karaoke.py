"""Karaoke mode, driven by keys."""

import pytest
from textual.pilot import Pilot

from tests.servers.lrclib import LrclibSite
from tests.tui.conftest import HandOutput, until, write_tone
from tests.tui.driving import opened, search, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.lyrics_files import lrc_path
from utawaku.library.records import Song
from utawaku.library.requests import Separate
from utawaku.library.store.stems import SongStems
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.karaoke import KaraokeScreen
from utawaku.tui.widgets.lyrics_view import LyricsView

STREAM = "youtube-fake0000000"
LYRICS = "[00:00.00]first words\n[00:02.00]<00:02.00>second <00:03.00>words\n[00:05.00]third"


@pytest.fixture
def song(library: Catalogue, settings: Settings) -> Song:
    """A song of 8 s with a file and lyrics beside it."""
    one = library.songs.of_stream(STREAM)[0]
    write_tone(settings.library_root / "Songs" / "one.wav", 440, 8)
    library.songs.set_span(one.id, 1.0, 9.0)
    library.songs.set_file(
        one.id, {"file_path": "Songs/one.wav", "file_start_s": 1.0, "file_stop_s": 9.0}
    )
    library.songs.set_label(one.id, "夜に駆ける", "YOASOBI", "user")
    lrc_path(settings.library_root / "Songs" / "one.wav").write_text(LYRICS, "utf-8")
    return library.songs.get(one.id)


async def singing(app: UtawakuApp, pilot: Pilot[int], song: Song) -> KaraokeScreen:
    screen = await opened(app, pilot)
    await search(screen, pilot, f"id:{song.id}")
    await pilot.press("B")
    await until(lambda: isinstance(app.screen, KaraokeScreen), pilot.pause)
    player = app.services.player
    await until(lambda: player.state.song is not None, pilot.pause)
    await until(lambda: player.engine._buffered > 20_000, pilot.pause)
    now = app.screen
    assert isinstance(now, KaraokeScreen)
    return now


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
@pytest.mark.slow
async def test_lyrics_scroll_in_time_and_nudges_are_kept(
    app: UtawakuApp, song: Song, settings: Settings, output: HandOutput, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        now = await singing(app, pilot, song)
        view = now.query_one(LyricsView)
        await until(lambda: view.lyrics is not None, pilot.pause)
        assert view.lyrics is not None
        output.turn(0.3)
        await until(lambda: "f i r s t" in shown(app) and "second words" in shown(app), pilot.pause)
        await pilot.press("right")
        await until(lambda: "t h i r d" in shown(app), pilot.pause)
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(lambda: "lyrics +0.2 s" in shown(app), pilot.pause)
        await pilot.press("escape")
        path = lrc_path(settings.library_root / "Songs" / "one.wav")
        await until(lambda: "[00:05.20]third" in path.read_text("utf-8"), pilot.pause)


async def test_key_tempo_and_loop_are_set_by_keys_and_gone_afterwards(
    app: UtawakuApp, song: Song, output: HandOutput
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await singing(app, pilot, song)
        player = app.services.player
        await pilot.press("up", "up", "down", "comma", "comma")
        await until(lambda: (player.semitones, player.tempo) == (1, 0.9), pilot.pause)
        await until(lambda: "key +1" in shown(app) and "tempo 90%" in shown(app), pilot.pause)
        for _ in range(8):
            await pilot.press("down")
        await until(lambda: player.semitones == -6, pilot.pause)
        await pilot.press("0")
        await until(lambda: (player.semitones, player.tempo) == (0, 1.0), pilot.pause)
        await pilot.press("b", "a")
        await until(lambda: "b ends it" in shown(app), pilot.pause)
        await until(lambda: output.turn(0.1) is not None and player.state.position_s > 1.2,
                    pilot.pause)  # fmt: skip
        await pilot.press("b")
        await until(lambda: "again 0:00" in shown(app), pilot.pause)
        await until(lambda: player.engine._loop is not None, pilot.pause)
        await pilot.press("up", "escape")
        await until(lambda: player.engine._loop is None and player.semitones == 0, pilot.pause)


@pytest.mark.slow
async def test_the_backing_is_asked_for_with_the_mix_until_it_is_there(
    app: UtawakuApp, song: Song, library: Catalogue, settings: Settings
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await singing(app, pilot, song)
        player = app.services.player
        await until(lambda: library.requests.waiting(Separate), pilot.pause)
        await until(lambda: "mix, backing is asked for" in shown(app), pilot.pause)
        (request,) = library.requests.waiting(Separate)
        library.requests.claim(request.id)
        library.assets.started(STREAM, "stems")
        library.assets.progressed(STREAM, "stems", 0.4, "separating")
        await until(lambda: "mix, backing 40%" in shown(app), pilot.pause)
        give_stems(library, settings, song)
        await until(lambda: player.state.stem == "accompaniment", pilot.pause)
        await until(lambda: "accompaniment" in shown(app), pilot.pause)
        await pilot.press("v")
        await until(lambda: player.state.stem == "mix", pilot.pause)
        await pilot.press("v", "escape")
        await until(lambda: player.stem == "mix", pilot.pause)


@pytest.mark.slow
async def test_lyrics_are_looked_for_at_lrclib_where_it_is_switched_on(
    app: UtawakuApp, song: Song, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lrc = lrc_path(settings.library_root / "Songs" / "one.wav")
    lrc.unlink()
    with LrclibSite() as site:
        site.know("夜に駆ける", "YOASOBI", 8.0, syncedLyrics=LYRICS)
        for name, value in {
            "DATA_DIR": str(settings.data_dir),
            "LIBRARY_ROOT": str(settings.library_root),
            "CACHE_DIR": str(settings.cache_dir),
            "SOURCES__LRCLIB": "true",
            "SOURCES__LRCLIB_URL": site.address,
            "SOURCES__CONTACT": "me@example.org",
        }.items():
            monkeypatch.setenv(f"UTAWAKU_{name}", value)
        app.services.library.take(load_settings())
        async with app.run_test(size=(120, 36)) as pilot:
            now = await singing(app, pilot, song)
            view = now.query_one(LyricsView)
            await until(lambda: view.lyrics is not None and view.lyrics.is_synced, pilot.pause)
            assert lrc.is_file()
        assert site.faults == []


@pytest.mark.slow
async def test_without_lyrics_the_way_to_them_is_told(
    app: UtawakuApp, song: Song, settings: Settings
) -> None:
    lrc_path(settings.library_root / "Songs" / "one.wav").unlink()
    async with app.run_test(size=(120, 36)) as pilot:
        await singing(app, pilot, song)
        await until(lambda: "No lyrics: put a .lrc file beside" in shown(app), pilot.pause)


def give_stems(library: Catalogue, settings: Settings, song: Song) -> None:
    """Put stems of the song where the separator would."""
    for stem in ("vocals", "accompaniment"):
        write_tone(settings.library_root / "Stems" / f"{stem}.wav", 660, 8)
    library.stems.put(SongStems(song.id, "unet", "Stems/vocals.wav", "Stems/accompaniment.wav"))
