"""Every setting from the screen to the file and back."""

import stat
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import SecretStr
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.tui.conftest import until
from tests.tui.driving import opened, shown, told
from utawaku.library.config import (
    Settings,
    default_config_path,
    describe,
    load_settings,
    write_setting,
)
from utawaku.library.paths import environment_name
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.dialogs import AskText, Choose
from utawaku.tui.screens.settings import (
    DELETES,
    MOVES,
    Setting,
    SettingsScreen,
    as_typed,
    consequence_of,
    read,
    settings_of,
    takes_lines,
    wrong_with,
)

SIZE = (130, 40)
OTHERS = {
    "subscriptions.quiet_hours": "19:00-23:30",
    "download.proxy": "socks5://127.0.0.1:1080",
    "labels.shazam_url": "https://example.com",
    "publish.webdav_url": "https://example.com/dav",
    "catalogue_url": "postgresql://example.com/songs",
    "cut.template": "{channel}/{title}",
    "publish.target": "folder",
    "publish.title": "{stream_title}",
    "publish.part_title": "{title}",
    "publish.description": "one\n\ntwo, three",
    "publish.setlist_line": "{title}",
    "download.sleep_s": "1.5, 2",
    "crawl.kinds": "upload",
    "crawl.max_duration_s": "900",
}
EVERY = [*settings_of(Settings())]


def another(setting: Setting) -> str:
    """A text that is another value of a setting."""
    kind, value = setting.kind, setting.value
    if setting.name in OTHERS:
        return OTHERS[setting.name]
    if get_origin(kind) in (Union, UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
        value = {int: 0, float: 0.25, Path: ""}[kind]
    if kind is bool:
        return "no" if value else "yes"
    if get_origin(kind) is Literal:
        return str(next(word for word in get_args(kind) if word != value))
    if kind is int:
        return str(value - 1 if setting.name in ("labels.shazam_concurrency",) else value + 1)
    if kind is float:
        return str(value / 2 if value else 0.25)
    if kind is Path:
        return "~/some where/夜"
    if get_origin(kind) in (tuple, list):
        return "夜, comma\nhttps://example.com/?a=1,2"
    return "夜 = 'quoted' \"text\""


def value_of(name: str) -> Any:
    return next(setting.value for setting in settings_of(load_settings()) if setting.name == name)


def test_every_setting_that_is_described_is_on_the_screen(settings: Settings) -> None:
    names = {setting.name for setting in settings_of(settings)}
    tables = {"publish.sites", "crawl.searches"}  # written in the file
    described = {name for name, _default, _help in describe()} - tables
    assert described - names == {"songs"}
    assert {name for name in names - described if not name.startswith("songs.")} == set()
    assert "songs.strategy" in names


@pytest.mark.parametrize("setting", EVERY, ids=[setting.name for setting in EVERY])
@pytest.mark.usefixtures("settings")
def test_a_typed_value_is_written_read_again_and_taken_back(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(environment_name(setting.name), raising=False)
    setting = next(one for one in settings_of(load_settings()) if one.name == setting.name)
    text = another(setting)
    value: Any = text
    if get_origin(setting.kind) is Literal:
        value = next(word for word in get_args(setting.kind) if str(word) == text)
    else:
        assert wrong_with(setting, text) == ""
        value = read(text, setting.kind)
    write_setting(setting.name, value)
    now = value_of(setting.name)
    plain = now.get_secret_value() if isinstance(now, SecretStr) else now
    assert (list(plain) if isinstance(plain, tuple) else plain) == (
        Path(value) if isinstance(plain, Path) else value
    )
    assert now != setting.value
    if not isinstance(now, SecretStr) and get_origin(setting.kind) is not Literal:
        assert read(as_typed(now), setting.kind) == value
    write_setting(setting.name, None)
    assert value_of(setting.name) == setting.value


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("download.max_height", "tall", "not a number"),
        ("download.max_height", "7", "greater than or equal to 144"),
        ("download.max_height", "720.5", "not a number"),
        ("labels.accept", "nan", "not a number"),
        ("labels.accept", "inf", "not a number"),
        ("download.sleep_s", "1", "required"),
        ("download.sleep_s", "1, 2, 3", "at most 2"),
        ("subscriptions.quiet_hours", "evening", "19:00-23:30"),
        ("songs.min_song_s", "-1", "greater than or equal to 0"),
        ("web_port", "70000", "less than or equal to 65535"),
    ],
)
def test_what_cannot_be_is_told_and_not_written(
    settings: Settings, name: str, text: str, problem: str
) -> None:
    setting = next(one for one in settings_of(settings) if one.name == name)
    assert problem in wrong_with(setting, text)
    assert not default_config_path().exists()


async def settings_screen(app: UtawakuApp, pilot: Pilot[int]) -> SettingsScreen:
    await opened(app, pilot)
    await pilot.press("comma")
    await until(lambda: isinstance(app.screen, SettingsScreen), pilot.pause)
    assert isinstance(app.screen, SettingsScreen)
    return app.screen


async def ask(app: UtawakuApp, pilot: Pilot[int], screen: SettingsScreen, name: str) -> None:
    """Open the field of a setting."""
    names = [setting.name for setting in screen.rows.settings]
    screen.rows.cursor = names.index(name)
    await pilot.press("enter")
    await until(
        lambda: isinstance(app.screen, AskText) and app.screen.query("#answer"), pilot.pause
    )


async def typed(app: UtawakuApp, pilot: Pilot[int], text: str) -> None:
    field = app.screen.query_one("#answer")
    if isinstance(field, TextArea):
        field.text = text
        await pilot.press("ctrl+s")
    else:
        assert isinstance(field, Input)
        field.value = text
        await pilot.press("enter")


async def test_a_wrong_value_keeps_the_field_open_with_the_reason(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await settings_screen(app, pilot)
        await ask(app, pilot, screen, "download.max_height")
        await typed(app, pilot, "7")
        await until(lambda: "greater than or equal to 144" in shown(app), pilot.pause)
        assert isinstance(app.screen, AskText)
        await typed(app, pilot, "720")
        await until(lambda: load_settings().download.max_height == 720, pilot.pause)
        await until(lambda: app.services.library.settings.download.max_height == 720, pilot.pause)
        await until(lambda: app.screen is screen and "720" in shown(app), pilot.pause)


async def test_a_secret_is_hidden_kept_private_and_not_lost_by_an_empty_field(
    app: UtawakuApp,
) -> None:
    def secret() -> str:
        return load_settings().publish.webdav_password.get_secret_value()

    async with app.run_test(size=SIZE) as pilot:
        screen = await settings_screen(app, pilot)
        await ask(app, pilot, screen, "publish.webdav_password")
        await pilot.press(*"opensesame")
        await until(lambda: "••••••••••" in shown(app), pilot.pause)
        assert "opensesame" not in shown(app)
        await pilot.press("enter")
        await until(lambda: secret() == "opensesame", pilot.pause)
        assert stat.S_IMODE(default_config_path().stat().st_mode) == 0o600
        await until(lambda: app.screen is screen, pilot.pause)
        assert "opensesame" not in shown(app)
        await ask(app, pilot, screen, "publish.webdav_password")
        await pilot.press("enter")
        await until(lambda: app.screen is screen, pilot.pause)
        await ask(app, pilot, screen, "web_port")
        await typed(app, pilot, "3210")
        await until(lambda: load_settings().web_port == 3210, pilot.pause)  # later writes are done
        assert secret() == "opensesame"
        screen.rows.cursor = [one.name for one in screen.rows.settings].index(
            "publish.webdav_password"
        )
        await until(lambda: app.screen is screen, pilot.pause)
        await pilot.press("backspace")
        await until(lambda: secret() == "", pilot.pause)


async def test_lists_and_descriptions_have_lines(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await settings_screen(app, pilot)
        await ask(app, pilot, screen, "crawl.words")
        await until(lambda: "One a line." in shown(app), pilot.pause)
        await typed(app, pilot, "歌枠, 弾き語り\n\n karaoke ")
        await until(
            lambda: load_settings().crawl.words == ("歌枠, 弾き語り", "karaoke"), pilot.pause
        )
        await until(lambda: app.screen is screen, pilot.pause)
        before = load_settings().publish.description
        await ask(app, pilot, screen, "publish.description")
        field = app.screen.query_one("#answer")
        assert isinstance(field, TextArea)
        assert field.text == before
        await pilot.press("ctrl+s")
        await until(lambda: app.screen is screen, pilot.pause)
        await until(lambda: "description =" in default_config_path().read_text(), pilot.pause)
        assert load_settings().publish.description == before


async def test_settings_are_found_by_words_and_song_rules_are_among_them(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await settings_screen(app, pilot)
        await pilot.press("slash", *"min_song_s jingles", "enter")
        await until(
            lambda: [one.name for one in screen.rows.settings] == ["songs.min_song_s"], pilot.pause
        )
        await ask(app, pilot, screen, "songs.min_song_s")
        await typed(app, pilot, "33")
        await until(lambda: load_settings().songs == {"min_song_s": 33.0}, pilot.pause)
        await until(lambda: app.screen is screen and "33.0" in shown(app), pilot.pause)
        await pilot.press("slash")
        await until(lambda: app.screen.query("#answer"), pilot.pause)
        await typed(app, pilot, "no such words")
        await until(lambda: "No setting has these words" in shown(app), pilot.pause)
        await pilot.press("backspace", "enter")  # there is nothing to change, and nothing breaks
        await pilot.press("slash")
        await until(lambda: app.screen.query("#answer"), pilot.pause)
        await typed(app, pilot, "")
        await until(lambda: len(screen.rows.settings) == len(EVERY), pilot.pause)


async def test_what_the_environment_decides_is_told(
    app: UtawakuApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_WEB_PORT", "3999")
    async with app.run_test(size=SIZE) as pilot:
        screen = await settings_screen(app, pilot)
        screen.rows.cursor = [one.name for one in screen.rows.settings].index("web_port")
        await until(
            lambda: "UTAWAKU_WEB_PORT in the environment decides" in shown(app), pilot.pause
        )


def broken(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[[[")


def a_folder(path: Path) -> None:
    path.mkdir(parents=True)


@pytest.mark.parametrize("spoil", [broken, a_folder])
async def test_a_file_that_cannot_be_read_is_told_and_left_alone(
    app: UtawakuApp, spoil: Callable[[Path], None]
) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await settings_screen(app, pilot)
        spoil(default_config_path())
        screen.rows.cursor = [one.name for one in screen.rows.settings].index("download.comments")
        await pilot.press("enter")
        await until(lambda: "cannot be read" in told(app), pilot.pause)
        assert app.screen is screen


def test_song_rules_written_wrong_by_hand_do_not_hide_the_settings(settings: Settings) -> None:
    default_config_path().parent.mkdir(parents=True, exist_ok=True)
    default_config_path().write_text('[songs]\nmin_song_s = "soon"\n')
    assert len([*settings_of(load_settings())]) == len(EVERY)
    setting = next(one for one in settings_of(settings) if one.name == "songs.edge_s")
    assert "valid number" in wrong_with(setting, "4")


def test_only_texts_with_lines_take_lines(settings: Settings) -> None:
    lines = {setting.name for setting in settings_of(settings) if takes_lines(setting)}
    assert lines == {
        "publish.description",
        "publish.tags",
        "publish.lines",
        "crawl.words",
        "crawl.urls",
        "crawl.title",
        "crawl.exclude",
        "web.public_urls",
    }


async def test_settings_are_shown_changed_in_the_file_and_set_back(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await opened(app, pilot)
        await pilot.press("comma")
        await until(lambda: isinstance(app.screen, SettingsScreen), pilot.pause)
        screen = app.screen
        assert isinstance(screen, SettingsScreen)

        def go(name: str) -> None:
            names = [setting.name for setting in screen.rows.settings]
            screen.rows.cursor = names.index(name)

        go("download.comments")
        await pilot.press("enter")
        await until(lambda: default_config_path().exists(), pilot.pause)
        await until(lambda: load_settings().download.comments is False, pilot.pause)
        go("segments.mode")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Choose), pilot.pause)
        await pilot.press("j", "enter")
        await until(lambda: load_settings().segments.mode == "exact", pilot.pause)
        go("download.max_height")
        await pilot.press("enter")
        field = app.screen.query_one("#answer")
        field.value = "tall"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(lambda: "not a number" in shown(app), pilot.pause)
        field.value = "7"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(lambda: "greater than or equal to 144" in shown(app), pilot.pause)
        assert load_settings().download.max_height == 1080
        await pilot.press("escape")
        await until(lambda: app.screen is screen, pilot.pause)
        go("segments.mode")
        await pilot.press("backspace")
        await until(lambda: load_settings().segments.mode == "fast", pilot.pause)
        await until(lambda: app.services.library.settings.download.comments is False, pilot.pause)


@pytest.mark.parametrize("answer", ["n", "y"])
async def test_a_setting_that_moves_the_library_asks_first(
    app: UtawakuApp, tmp_path: Path, answer: str
) -> None:
    before = load_settings().library_root
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        screen = await settings_screen(app, pilot)
        await ask(app, pilot, screen, "library_root")
        await typed(app, pilot, str(tmp_path / "elsewhere"))
        await until(lambda: "Set library_root to" in shown(app), pilot.pause)
        await until(lambda: "Files are not moved" in shown(app), pilot.pause)
        assert load_settings().library_root == before
        await pilot.press(answer)
        await until(lambda: app.screen is screen, pilot.pause)
        wanted = tmp_path / "elsewhere" if answer == "y" else before
        await until(lambda: load_settings().library_root == wanted, pilot.pause)


def test_settings_that_ask_are_settings(settings: Settings) -> None:
    known = {setting.name for setting in settings_of(settings)}
    assert {*MOVES, *DELETES} <= known
    assert consequence_of("download.comments", False) == ""
    assert consequence_of("maintenance.delete_recordings", False) == ""
    assert consequence_of("maintenance.delete_recordings", True)
