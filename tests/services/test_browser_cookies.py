"""Cookies of a browser, read by yt-dlp from a real profile of Firefox."""

import sqlite3
from pathlib import Path

import pytest

from utawaku.library.config import DownloadSettings
from utawaku.library.errors import ConfigError
from utawaku.services.downloader.session import Session
from utawaku.services.downloader.tuning import Tuning


def profile_of(folder: Path) -> Path:
    """A profile with one cookie, in the table that Firefox writes."""
    folder.mkdir()
    with sqlite3.connect(folder / "cookies.sqlite") as connection:
        connection.execute(
            "CREATE TABLE moz_cookies (name TEXT, value TEXT, host TEXT, path TEXT, expiry INTEGER,"
            " isSecure INTEGER, originAttributes TEXT)"
        )
        connection.execute(
            "INSERT INTO moz_cookies VALUES (?, ?, ?, ?, ?, ?, ?)",
            ("member", "yes", ".example.org", "/", 4_102_444_800, 0, ""),
        )
    connection.close()
    return folder


def test_the_cookies_of_a_profile_are_shown_to_their_site_alone(tmp_path: Path) -> None:
    profile = profile_of(tmp_path / "profile")
    settings = DownloadSettings(cookies_from_browser=f"firefox:{profile}")
    assert settings.has_cookies
    assert not DownloadSettings().has_cookies
    with Session(settings, Tuning()) as session:
        shown = session.cookiejar.get_cookie_header("https://www.example.org/watch")
        assert shown == "member=yes"
        assert not session.cookiejar.get_cookie_header("https://other.example.com/")


@pytest.mark.parametrize("text", ["netscape", ":profile", "firefox+"])
def test_a_browser_that_nobody_knows_is_named(text: str) -> None:
    settings = DownloadSettings(cookies_from_browser=text)
    with pytest.raises(ConfigError, match="cookies_from_browser"):
        Session(settings, Tuning())
