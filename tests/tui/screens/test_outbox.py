"""From chosen songs to a queued submission."""

from pathlib import Path

import pytest

from tests.tui.conftest import HandOutput, until, write_tone
from tests.tui.driving import opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.requests import Upload
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.screens.outbox import OutboxScreen
from utawaku.tui.screens.submission import SubmissionScreen

SIZE = (140, 40)
STREAM = "youtube-fake0000000"


@pytest.fixture
def app(
    library: Catalogue,
    settings: Settings,
    output: HandOutput,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> UtawakuApp:
    """The app with a folder to publish to, and two songs that were cut."""
    monkeypatch.setenv("UTAWAKU_PUBLISH__TARGET", "folder")
    monkeypatch.setenv("UTAWAKU_PUBLISH__FOLDER", str(tmp_path / "shared"))
    for n, song in enumerate(library.songs.of_stream(STREAM)[:2]):
        path = settings.songs_dir / f"{n}.wav"
        write_tone(path, 440, 0.2)
        relative = str(path.relative_to(settings.library_root))
        library.songs.set_file(song.id, {"file_path": relative, "video_path": relative})
    return UtawakuApp(LibraryHandle.of(load_settings(), library), open_output=lambda: output)


async def test_songs_become_a_draft_that_is_changed_and_sent(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, f"id:{STREAM} is:cut")
        await pilot.press("ctrl+a", "p")
        await until(lambda: isinstance(app.screen, SubmissionScreen), pilot.pause)
        compose = app.screen
        assert isinstance(compose, SubmissionScreen)
        titles = [part.title for part in compose.rows.parts]
        assert len(titles) == 2
        await pilot.press("J", "e")
        await pilot.press("end", *" live", "enter")
        await until(lambda: app.screen is compose, pilot.pause)
        compose.query_one("#compose-title").value = "夜の歌枠"  # type: ignore[attr-defined]
        compose.query_one("#compose-publish").value = "tomorrow"  # type: ignore[attr-defined]
        await until(lambda: "The time is written" in shown(app), pilot.pause)
        compose.query_one("#compose-publish").value = ""  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, OutboxScreen), pilot.pause)
        (draft,) = library.submissions.recent()
        assert draft.title == "夜の歌枠"
        assert [part.title for part in draft.parts] == [titles[1], f"{titles[0]} live"]
        await until(lambda: "夜の歌枠" in shown(app), pilot.pause)
        await pilot.press("s")
        await until(lambda: "Publish 夜の歌枠" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: library.submissions.get(draft.id).state == "queued", pilot.pause)
        (request,) = library.requests.waiting(Upload)
        assert request.target == str(draft.id)
        await until(lambda: "queued" in shown(app), pilot.pause)
        await pilot.press("D")
        await until(lambda: library.submissions.get(draft.id).state == "draft", pilot.pause)
        await until(lambda: "draft" in shown(app), pilot.pause)
        await pilot.press("x", "y")
        await until(lambda: not library.submissions.recent(), pilot.pause)
        await pilot.press("u")
        await until(lambda: library.submissions.recent(), pilot.pause)


async def test_what_would_be_refused_is_told_before_it_is_sent(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, f"id:{STREAM} is:cut")
        await pilot.press("ctrl+a", "p")
        await until(lambda: isinstance(app.screen, SubmissionScreen), pilot.pause)
        await pilot.press("escape")
        for path in settings.songs_dir.glob("*.wav"):
            path.unlink()
        await until(lambda: "draft" in shown(app), pilot.pause)
        await pilot.press("s")
        await until(lambda: "The site would refuse it" in shown(app), pilot.pause)
        await until(lambda: library.submissions.recent()[0].state == "draft", pilot.pause)


async def test_songs_without_files_cannot_be_published(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000005")
        await pilot.press("p")
        await until(lambda: "none of these songs can be published" in told(app), pilot.pause)


async def test_a_held_queue_is_shown_and_released(app: UtawakuApp, library: Catalogue) -> None:
    library.submissions.hold("bilibili", "mio", "captcha", "The site asks for a captcha")
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("O")
        await until(lambda: "asks for a captcha" in shown(app), pilot.pause)
        await pilot.press("y")
        await until(lambda: not library.submissions.holds(), pilot.pause)
        await until(lambda: "asks for a captcha" not in shown(app), pilot.pause)
