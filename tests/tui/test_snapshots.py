"""A few whole screens as pictures: any change of the looks has to be looked at.

`pytest tests/tui/test_snapshots.py --snapshot-update` accepts new ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from textual.pilot import Pilot

from benchmarks.fake_catalogue import fill
from tests.models.song_files import write
from tests.tui.conftest import HandOutput, until, write_analysis
from tests.tui.driving import opened, search
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.language import use
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.screens.help import HelpScreen
from utawaku.tui.screens.pieces import PiecesScreen
from utawaku.tui.screens.review import ReviewScreen
from utawaku.tui.screens.timeline import TimelineScreen
from utawaku.tui.widgets.stream_songs import StreamSongs

LONG_AGO = 1_700_000_000.0
STREAM = "youtube-fake0000000"
HOSTILE = "[bold]夜\x1b[31m👨‍👩‍👧 🇯🇵 \u202eevil " + "長" * 200

SUBTITLES = f"""1
00:00:02,000 --> 00:00:05,000
沈むように溶けてゆくように

2
00:00:05,000 --> 00:00:08,500
{HOSTILE}

3
00:00:11,000 --> 00:00:14,000
second verse
"""

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


def test_the_pieces_of_a_recording(
    snap_compare: Compare, app: UtawakuApp, catalogue: Catalogue, settings: Settings
) -> None:
    folder = settings.stream_dir(STREAM)
    recording = folder / "recording.wav"
    write(recording, np.zeros((1, 160_000), np.float32), 8_000, "pcm_s16le")
    path = str(recording.relative_to(settings.library_root))
    catalogue.streams.save(replace(catalogue.streams.get(STREAM), recording_path=path))
    (folder / "subtitles.ja.srt").write_text(SUBTITLES, "utf-8")

    async def before(pilot: Pilot[int]) -> None:
        await opened(app, pilot)
        app.services.navigator.show_timeline(STREAM)
        await until(lambda: getattr(app.screen, "_read", None) is not None, pilot.pause)
        await pilot.press("l")
        await until(
            lambda: isinstance(app.screen, PiecesScreen) and len(app.screen.rows.pieces) == 6,
            pilot.pause,
        )
        await pilot.press("j", "right_square_bracket")
        screen = app.screen
        assert isinstance(screen, PiecesScreen)
        await until(lambda: screen._read_order == screen._order, pilot.pause)
        await pilot.pause(0.3)

    assert snap_compare(app, terminal_size=(80, 24), run_before=before)
