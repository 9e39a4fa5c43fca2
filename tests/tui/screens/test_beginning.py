"""The first minute with an empty library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fake_catalogue import fill
from tests.tui.conftest import NOW, HandOutput, until, write_tone
from tests.tui.driving import shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.requests import Follow, Ingest
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.widgets.first_minute import OfferRows

SIZE = (80, 24)


@pytest.fixture
def catalogue(settings: Settings) -> Iterator[Catalogue]:
    opened = Catalogue.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def app(settings: Settings, catalogue: Catalogue, output: HandOutput) -> UtawakuApp:
    """An app with nothing in its library."""
    return UtawakuApp(LibraryHandle.of(settings, catalogue), open_output=lambda: output)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for the interpreter that children run with: the script keeps its arguments."""
    script, asked = tmp_path / "interpreter", tmp_path / "asked"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {asked}\n'
        'case "$*" in *demo*)\n'
        """echo '{"event": "making", "share": 0.42, "message": "song 2"}'\n"""
        f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done\n"
        'echo "error: no room on the disk" >&2; echo "  -> Make room" >&2; exit 7;;\n'
        "esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(script))
    return asked


async def test_an_empty_library_offers_ways_to_begin_and_other_screens_follow(
    app: UtawakuApp,
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: "Follow a channel" in shown(app), pilot.pause)
        for words in ("Make the demo", "Paste an address", "Choose a folder", "where they are."):
            assert words in shown(app), words
        await pilot.press("slash", *"mio")
        await until(lambda: "No songs match." in shown(app), pilot.pause)
        await pilot.press("escape", "escape", "R")
        await until(lambda: "No songs yet" in shown(app), pilot.pause)


async def test_the_demo_begins_at_once_with_its_progress_and_tells_why_it_failed(
    app: UtawakuApp, program: Path, tmp_path: Path
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.focused, OfferRows), pilot.pause)
        await pilot.press("enter")
        await until(lambda: " 42%" in shown(app) and "song 2" in shown(app), pilot.pause)
        assert "demo --events" in program.read_text()
        (tmp_path / "go").touch()
        await until(lambda: "no room on the disk. Make room" in shown(app), pilot.pause)


@pytest.mark.parametrize("key", ["2", "3"])
@pytest.mark.slow
async def test_what_is_typed_is_asked_for_and_the_pipeline_started(
    app: UtawakuApp, catalogue: Catalogue, program: Path, tmp_path: Path, key: str
) -> None:
    file = write_tone(tmp_path / "evening.wav", 440, 0.1)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.focused, OfferRows), pilot.pause)
        await pilot.press(key)
        await until(lambda: len(app.screen_stack) == 2, pilot.pause)
        await pilot.press(*str(file), "enter")
        await until(lambda: catalogue.requests.waiting(Ingest), pilot.pause)
        await until(lambda: "waits for the pipeline" in shown(app), pilot.pause)
        await until(lambda: program.exists() and "up --detach" in program.read_text(), pilot.pause)


@pytest.mark.slow
async def test_a_channel_is_followed_and_songs_take_the_place_of_the_offers(
    app: UtawakuApp, catalogue: Catalogue, program: Path
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.focused, OfferRows), pilot.pause)
        await pilot.press("4")
        await until(lambda: len(app.screen_stack) == 2, pilot.pause)
        await pilot.press(*"https://a.example/@mio", "enter")
        await until(lambda: catalogue.requests.waiting(Follow), pilot.pause)
        fill(catalogue, 20, now=NOW)
        screen = app.screen
        assert isinstance(screen, LibraryScreen)
        await until(lambda: screen.table.has_focus and screen.table.row_count(), pilot.pause)
        await until(lambda: "Follow a channel" not in shown(app), pilot.pause)
