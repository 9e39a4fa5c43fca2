"""Backings written as files from the screen."""

from pathlib import Path

import pytest

from tests.tui.conftest import until, write_tone
from tests.tui.driving import opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.store.stems import SongStems
from utawaku.library.tags import read_tags
from utawaku.tui.app import UtawakuApp

STREAM = "youtube-fake0000000"


@pytest.mark.slow
async def test_a_backing_and_the_voice_alone_are_written_into_a_folder(
    app: UtawakuApp, library: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    song = library.songs.of_stream(STREAM)[0]
    library.songs.set_label(song.id, "夜に駆ける", "YOASOBI", "user")
    for stem in ("vocals", "accompaniment"):
        write_tone(settings.library_root / "Stems" / f"{stem}.wav", 660, 8)
    library.stems.put(SongStems(song.id, "unet", "Stems/vocals.wav", "Stems/accompaniment.wav"))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, f"id:{song.id}")
        await pilot.press("ctrl+e")
        await until(lambda: "Backing of 夜に駆ける" in shown(app), pilot.pause)
        await pilot.press(*("j" * 4), "enter")
        await until(lambda: "Folder for the files" in shown(app), pilot.pause)
        await pilot.press("end", "ctrl+u", *str(tmp_path / "out"), "enter")
        await until(lambda: "1 backing is in" in told(app), pilot.pause)
    titles = {read_tags(path).title for path in (tmp_path / "out").iterdir()}
    assert titles == {"夜に駆ける (instrumental)", "夜に駆ける (vocals)"}


async def test_more_songs_than_fit_are_refused(app: UtawakuApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await pilot.press("ctrl+a", "ctrl+e")
        await until(lambda: "Select up to 200 songs" in told(app), pilot.pause)
