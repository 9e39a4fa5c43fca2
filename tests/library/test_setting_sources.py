"""Settings from the environment and the file."""

from pathlib import Path

import pytest

from utawaku.library.config import load_settings
from utawaku.library.errors import ConfigError


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path))
    return tmp_path / "config.toml"


def test_an_argument_goes_before_a_variable_and_that_before_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('web_port = 1\n[cut]\ncodec = "mp3"\nfade_s = 1\nvideo = false\n', "utf-8")
    monkeypatch.setenv("UTAWAKU_CUT__CODEC", "flac")
    monkeypatch.setenv("utawaku_cut__fade_s", "2.5")
    settings = load_settings(cut={"codec": "opus"})
    assert (settings.web_port, settings.cut.codec) == (1, "opus")
    assert (settings.cut.fade_s, settings.cut.video) == (2.5, False)


def test_a_list_and_a_whole_section_are_json(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_S", "[1, 2.5]")
    monkeypatch.setenv("UTAWAKU_CUT", '{"codec": "mp3", "fade_s": 1}')
    monkeypatch.setenv("UTAWAKU_CUT__FADE_S", "2")
    settings = load_settings()
    assert settings.download.sleep_s == (1.0, 2.5)
    assert (settings.cut.codec, settings.cut.fade_s) == ("mp3", 2.0)


def test_song_rules_keep_the_kinds_of_their_values(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_SONGS__STRATEGY", "classic")
    monkeypatch.setenv("UTAWAKU_SONGS__MIN_S", "30")
    assert load_settings().songs == {"strategy": "classic", "min_s": 30}


def test_a_present_name_goes_before_a_former_one(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM_AT_ONCE", "2")
    assert load_settings().labels.shazam_concurrency == 2
    monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM_CONCURRENCY", "3")
    assert load_settings().labels.shazam_concurrency == 3


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("UTAWAKU_DOWNLOAD__SLEEP_S", "1, 2", "UTAWAKU_DOWNLOAD__SLEEP_S is not JSON"),
        ("UTAWAKU_CUT__COLOUR", "red", "setting 'cut.colour'"),
        ("UTAWAKU_WEB_PORT", "many", "setting 'web_port'"),
        ("UTAWAKU_WEB_PORT", "", "setting 'web_port'"),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(
    file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert told in str(caught.value)


def test_a_variable_of_another_program_is_no_setting(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_CORPUS", "/anywhere")
    assert load_settings() == load_settings()


def test_a_file_that_is_not_toml_is_told(file: Path) -> None:
    file.write_text("web_port = = 1\n", "utf-8")
    with pytest.raises(ConfigError, match="not a valid TOML file"):
        load_settings()
