"""A few whole screens as pictures: any change of the looks has to be looked at.

`pytest tests/tui/test_snapshots.py --snapshot-update` accepts new ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from benchmarks.fake_catalogue import fill
from tests.tui.conftest import HandOutput, until, write_analysis
from tests.tui.driving import opened, search
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.language import use
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.screens.help import HelpScreen
from utawaku.tui.screens.review import ReviewScreen
from utawaku.tui.screens.timeline import TimelineScreen
from utawaku.tui.widgets.stream_songs import StreamSongs

LONG_AGO = 1_700_000_000.0
STREAM = "youtube-fake0000000"
HOSTILE = "[bold]夜\x1b[31m👨‍👩‍👧 🇯🇵 \u202eevil " + "長" * 200

Compare = Callable[..., bool]


@pytest.fixture
def app(catalogue: Catalogue, settings: Settings, output: HandOutput) -> UtawakuApp:
    """A library that does not depend on the day, with one hostile title."""
    fill(catalogue, 120, now=LONG_AGO)
    stream = catalogue.streams.get(STREAM)
    catalogue.streams.save(replace(stream, title="夜の歌枠 #1"))
    write_analysis(settings, STREAM, stream.duration_s)
    first = catalogue.songs.of_stream(STREAM)[0]
    catalogue.songs.set_label(first.id, HOSTILE, "YOASOBI", "setlist")
    return UtawakuApp(LibraryHandle.of(settings, catalogue), open_output=lambda: output)


def test_the_library_at_80_by_24(snap_compare: Compare, app: UtawakuApp) -> None:
    async def before(pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)
        await search(screen, pilot, f"id:{STREAM} sort:length+")
        await pilot.press("j", "v", "v", "j")
        await pilot.pause(0.3)

    assert snap_compare(app, terminal_size=(80, 24), run_before=before)


@pytest.fixture(params=("ja", "zh_CN"))
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    use(request.param)
    yield request.param
    use("en")


def test_the_library_and_its_help(snap_compare: Compare, language: str, app: UtawakuApp) -> None:
    async def before(pilot: Pilot[int]) -> None:
        screen = await opened(app, pilot)
        await search(screen, pilot, f"id:{STREAM} sort:length+")
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen), pilot.pause)
        await pilot.pause(0.3)

    assert snap_compare(app, terminal_size=(80, 24), run_before=before)


def test_the_timeline_of_a_stream(snap_compare: Compare, app: UtawakuApp) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        app.services.navigator.show_timeline(STREAM)
        await until(
            lambda: (
                isinstance(app.screen, TimelineScreen)
                and app.screen.query(StreamSongs)
                and app.screen.rows.songs
            ),
            pilot.pause,
        )
        await pilot.press("j", "j", "i", "i")
        await pilot.pause(0.3)

    assert snap_compare(app, terminal_size=(120, 36), run_before=before)


def test_the_review_by_day(snap_compare: Compare, app: UtawakuApp) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        app.theme = "utawaku-day"
        await pilot.press("R")
        await until(lambda: isinstance(app.screen, ReviewScreen) and app.screen._picks, pilot.pause)
        await pilot.pause(0.3)

    assert snap_compare(app, terminal_size=(80, 24), run_before=before)
