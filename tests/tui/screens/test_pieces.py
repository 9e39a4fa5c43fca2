"""Pieces between subtitles, driven by keys."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.models.separation import Halver
from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.requests import SeparatePieces
from utawaku.models.separator.pieces import separate_pieces
from utawaku.models.separator.plan import cut_at_subtitles
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.pieces import PiecesScreen

STREAM = "youtube-fake0000000"
SUBTITLES = """1
00:00:02,000 --> 00:00:05,000
first line

2
00:00:05,000 --> 00:00:08,500
second line
"""


@pytest.fixture
def subtitles(library: Catalogue, settings: Settings) -> Path:
    """Two files of subtitles of the stream whose recording is there (20 s)."""
    folder = settings.stream_dir(STREAM)
    (folder / "subtitles.ja.srt").write_text(SUBTITLES.replace("first", "最初の"), "utf-8")
    path = folder / "subtitles.en.srt"
    path.write_text(SUBTITLES, "utf-8")
    return path


async def on_pieces(app: UtawakuApp, pilot: Pilot[int]) -> PiecesScreen:
    await opened(app, pilot)
    app.services.navigator.show_timeline(STREAM)
    await until(lambda: getattr(app.screen, "_read", None) is not None, pilot.pause)
    await pilot.press("l")
    await until(lambda: isinstance(app.screen, PiecesScreen), pilot.pause)
    screen = app.screen
    assert isinstance(screen, PiecesScreen)
    return screen


def make_pieces(screen: PiecesScreen, subtitles: Path) -> None:
    """Make what the pipeline would."""
    recording = subtitles.parent / "recording.wav"
    separate_pieces(Halver(), recording, cut_at_subtitles(subtitles), Path(screen._folder))


@pytest.mark.slow
@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_subtitles_are_chosen_and_shifted_while_the_recording_is_heard(
    app: UtawakuApp,
    subtitles: Path,
    library: Catalogue,
    output: HandOutput,
    size: tuple[int, int],
) -> None:
    async with app.run_test(size=size) as pilot:
        screen = await on_pieces(app, pilot)
        rows = screen.rows
        await until(lambda: len(rows.pieces) == 4, pilot.pause)
        assert "first line" in shown(app)
        assert "4 pieces, 0 made" in shown(app)
        await pilot.press("j", "enter")
        player = app.services.player
        await until(lambda: player.recording_at_s(STREAM) is not None, pilot.pause)
        await until(lambda: player.engine._buffered > 10_000, pilot.pause)
        output.turn(0.5)
        await until(lambda: rows.heard == 1, pilot.pause)
        # 2.5 s are heard: with the lines a second later that is the gap before them.
        await pilot.press("greater_than_sign")
        await until(lambda: rows.heard == 0, pilot.pause)
        assert "shift +1.0 s" in shown(app)
        assert (rows.pieces[0].start_s, rows.pieces[1].start_s) == (0.0, 3.0)
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(lambda: "shift +0.8 s" in shown(app), pilot.pause)
        await until(lambda: screen._read_order == screen._order, pilot.pause)
        assert rows.pieces[1].start_s == pytest.approx(2.8)
        assert player.moving
        await pilot.press("v", "w", "s")
        await until(lambda: "最初の line" in shown(app), pilot.pause)
        await pilot.press("ctrl+s")
        await until(lambda: library.requests.waiting(SeparatePieces), pilot.pause)
        (request,) = library.requests.waiting(SeparatePieces)
        assert request.target == STREAM
        assert request.arguments == {
            "subtitles": "subtitles.ja.srt",
            "shift_s": pytest.approx(0.8),
            "file_format": "wav",
            "sounds": True,
        }
        await until(lambda: "asked for" in shown(app), pilot.pause)
        await pilot.press("escape")
        await until(lambda: not player.moving, pilot.pause)


@pytest.mark.slow
async def test_progress_is_told_and_what_is_made_is_compared_and_joined(
    app: UtawakuApp, subtitles: Path, library: Catalogue, output: HandOutput, tmp_path: Path
) -> None:
    asked = library.requests.file(SeparatePieces(stream_id=STREAM, subtitles="subtitles.en.srt"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await on_pieces(app, pilot)
        rows = screen.rows
        await until(lambda: len(rows.pieces) == 4, pilot.pause)
        await pilot.press("m", "x")
        assert "not made yet" in told(app)
        assert "Pieces are missing" in told(app)
        library.requests.claim(asked.id)
        library.assets.started(STREAM, "pieces")
        library.assets.progressed(STREAM, "pieces", 0.4, "separating")
        await until(lambda: "40%" in shown(app), pilot.pause)
        make_pieces(screen, subtitles)
        library.requests.finish(asked.id)
        await until(lambda: "4 pieces, 4 made" in shown(app), pilot.pause)
        player = app.services.player
        await pilot.press("j", "m")
        await until(lambda: player.state.beside == "vocals 2", pilot.pause)
        await until(lambda: player.engine._buffered > 10_000, pilot.pause)
        output.turn(0.5)
        await pilot.press("m")  # at the same moment of the other stem, then of the recording
        await until(lambda: player.state.beside == "accompaniment 2", pilot.pause)
        assert player.state.position_s == pytest.approx(0.5, abs=0.1)
        await pilot.press("m")
        await until(lambda: player.recording_at_s(STREAM) is not None, pilot.pause)
        assert player.recording_at_s(STREAM) == pytest.approx(2.5, abs=0.1)
        await pilot.press("x")
        await until(lambda: "Join the pieces" in shown(app), pilot.pause)
        await pilot.press("end", "ctrl+u", *str(tmp_path / "out"), "enter")
        await until(lambda: "Joined in" in told(app), pilot.pause)
        files = sorted(path.name for path in (tmp_path / "out").iterdir())
        assert files == [f"subtitles.en.{stem}.flac" for stem in ("accompaniment", "mix", "vocals")]


async def test_what_is_wrong_with_subtitles_is_told(
    app: UtawakuApp, library: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await on_pieces(app, pilot)
        await until(lambda: "No subtitles in the stream's folder" in shown(app), pilot.pause)
        empty = tmp_path / "empty.srt"
        empty.write_text("nothing")
        await pilot.press("o")
        await until(lambda: "Subtitles from a file" in shown(app), pilot.pause)
        await pilot.press(*str(empty), "enter")
        await until(lambda: "holds no subtitles" in shown(app), pilot.pause)
        await pilot.press("ctrl+s")
        await pilot.pause(0.2)
        assert not library.requests.waiting(SeparatePieces)
