"""From chosen songs to a queued submission."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.servers.bilibili import HOSTS, BilibiliSite
from tests.servers.certificates import make_authority
from tests.services.publishing import proxy_environment, start_proxy
from tests.tui.conftest import HandOutput, until, write_tone
from tests.tui.driving import opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.requests import Upload
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.screens.outbox import OutboxScreen
from utawaku.tui.screens.submission import SubmissionScreen
from utawaku.tui.widgets.switch import Switch

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
        await until(lambda: app.screen is screen, pilot.pause)
        await pilot.press("O")
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
        await until(lambda: app.screen is screen, pilot.pause)
        await pilot.press("O")
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


def draft_screen(app: UtawakuApp) -> SubmissionScreen:
    assert isinstance(app.screen, SubmissionScreen)
    return app.screen


async def begin(app: UtawakuApp, pilot: Pilot[int]) -> SubmissionScreen:
    """Publish the two songs that were cut."""
    screen = await opened(app, pilot)
    await search(screen, pilot, f"id:{STREAM} is:cut")
    await pilot.press("ctrl+a", "p")
    await until(lambda: isinstance(app.screen, SubmissionScreen), pilot.pause)
    await until(lambda: draft_screen(app)._choices, pilot.pause)
    return draft_screen(app)


async def test_a_draft_is_there_at_once_and_chooses_its_target(
    app: UtawakuApp, library: Catalogue, tmp_path: Path
) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        compose = await begin(app, pilot)
        (stored,) = library.submissions.recent()
        assert stored.target == "folder"
        await until(lambda: "Folder: " in shown(app) and "/shared" in shown(app), pilot.pause)
        compose.query_one("#compose-title", Input).value = "my words"
        compose.query_one(Switch).focus()
        await pilot.press("space")
        await until(lambda: "Nobody is logged in" in shown(app), pilot.pause)
        assert compose._submission.target == "bilibili"
        await until(lambda: compose.query_one("#compose-title", Input).value == "my words",
                    pilot.pause)  # fmt: skip
        await pilot.press("ctrl+r")
        await until(lambda: "is not set up yet" in told(app), pilot.pause)
        stored = library.submissions.get(stored.id)
        assert (stored.state, stored.target, stored.account) == ("draft", "bilibili", "")
        assert stored.title == "my words"


@pytest.mark.slow
async def test_a_folder_is_chosen_inside_the_draft(
    app: UtawakuApp, library: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UTAWAKU_PUBLISH__FOLDER")
    app.services.library.take(load_settings())
    async with app.run_test(size=SIZE) as pilot:
        compose = await begin(app, pilot)
        await until(lambda: "No folder is chosen: ctrl+l chooses one" in shown(app), pilot.pause)
        await pilot.press("ctrl+l")
        await until(lambda: app.screen is not compose, pilot.pause)
        await pilot.press(*str(tmp_path / "chosen"), "enter")
        await until(lambda: compose._submission.account == "folder", pilot.pause)
        await until(lambda: "No problems found" in shown(app), pilot.pause)
        assert load_settings().publish.folder == tmp_path / "chosen"


@pytest.mark.slow
async def test_the_preview_shows_everything_that_would_be_sent(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        compose = await begin(app, pilot)
        compose.query_one("#compose-tags", Input).value = "歌枠, テスト"
        await pilot.press("ctrl+o")
        await until(lambda: "This would be sent" in shown(app), pilot.pause)
        text = shown(app)
        for words in ("歌枠, テスト", "description", "2 parts", "P2", "at once", "checks", "0.wav"):
            assert words in text, words


@pytest.mark.slow
async def test_the_code_to_log_in_is_shown_in_the_draft_and_the_account_is_taken(
    app: UtawakuApp,
    library: Catalogue,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = make_authority(tmp_path / "ca", HOSTS)
    site, proxy = BilibiliSite(authority), start_proxy()
    site.qr_answers = [86039] * 1000
    site.start()
    proxy.target_port = site.port
    for name, value in proxy_environment(proxy, authority).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UTAWAKU_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("UTAWAKU_LIBRARY_ROOT", str(settings.library_root))
    monkeypatch.setenv("UTAWAKU_PUBLISH__TARGET", "bilibili")
    app.services.library.take(load_settings())
    try:
        async with app.run_test(size=(100, 50), notifications=True) as pilot:
            compose = await begin(app, pilot)
            await pilot.press("ctrl+l")
            await until(
                lambda: "Scan it with the Bilibili app" in shown(app) and "▀" in shown(app),
                pilot.pause,
            )
            site.qr_answers.clear()
            await until(lambda: compose._submission.account == "main", pilot.pause)
            await until(lambda: "Nobody is logged in" not in shown(app), pilot.pause)
        assert (settings.data_dir / "accounts" / "main.json").is_file()
    finally:
        proxy.stop()
        site.stop()
    assert site.violations == []
