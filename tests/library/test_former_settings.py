"""Settings of version 0.1 go on working under their former names."""

from pathlib import Path

import pytest

from utawaku.library.config import default_config_path, describe, load_settings, write_setting
from utawaku.library.former_settings import (
    FORMER_NAMES,
    FORMER_SECTIONS,
    former_names_in_use,
    present_name,
)

SETTINGS_OF_0_1 = """
[uploads]
target = "folder"
[uploads.sites.dropbox]
token = "t"
[follow]  # nightly
every_minutes = 45.0
watch_folder = "/recordings"
quiet_hours = "19:00-23:30"
[keep]
drop_recordings = true
retrain_after = 50
[taste]
queue = 12
"""


@pytest.fixture
def file_of_0_1() -> Path:
    path = default_config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SETTINGS_OF_0_1, "utf-8")
    return path


def test_every_former_name_leads_to_a_setting_that_exists() -> None:
    present = {row[0] for row in describe()}
    assert set(FORMER_NAMES.values()) <= present
    assert set(FORMER_SECTIONS.values()) <= {name.partition(".")[0] for name in present}
    assert not set(FORMER_NAMES) & present


def test_a_file_of_version_0_1_is_read(file_of_0_1: Path) -> None:
    settings = load_settings()
    assert settings.publish.target == "folder"
    assert settings.publish.sites["dropbox"]["token"].get_secret_value() == "t"
    assert settings.subscriptions.poll_minutes == 45
    assert settings.subscriptions.quiet_hours == "19:00-23:30"
    assert settings.watch.folder == Path("/recordings")
    assert settings.maintenance.delete_recordings
    assert (settings.taste.retrain_after, settings.taste.review_queue) == (50, 12)
    assert ("follow.watch_folder", "watch.folder") in former_names_in_use()


def test_the_present_name_counts_where_both_are_set(
    file_of_0_1: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_of_0_1.write_text(SETTINGS_OF_0_1 + "review_queue = 30\n", "utf-8")
    assert load_settings().taste.review_queue == 30
    monkeypatch.setenv("UTAWAKU_TASTE__QUEUE", "31")
    assert load_settings().taste.review_queue == 31
    monkeypatch.setenv("UTAWAKU_TASTE__REVIEW_QUEUE", "32")
    assert load_settings().taste.review_queue == 32


def test_variables_of_version_0_1_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTAWAKU_UPLOADS__WEBDAV_USER", "somebody")
    monkeypatch.setenv("UTAWAKU_FOLLOW__SETTLE_S", "3")
    settings = load_settings()
    assert settings.publish.webdav_user == "somebody"
    assert settings.watch.stable_s == 3
    assert ("UTAWAKU_FOLLOW__SETTLE_S", "UTAWAKU_WATCH__STABLE_S") in former_names_in_use()


def test_a_change_replaces_the_line_of_the_former_name(file_of_0_1: Path) -> None:
    write_setting("subscriptions.poll_minutes", 60)
    text = file_of_0_1.read_text("utf-8")
    assert "every_minutes" not in text
    assert "# nightly" in text
    assert load_settings().subscriptions.poll_minutes == 60
    assert load_settings().watch.folder == Path("/recordings")
    write_setting("subscriptions.poll_minutes", None)
    assert load_settings().subscriptions.poll_minutes == 30


def test_a_present_name_stays_as_it_is() -> None:
    assert present_name("cut.codec") == "cut.codec"
    assert present_name("web_port") == "web_port"
    assert present_name("keep.keep_runs_days") == "maintenance.keep_runs_days"
