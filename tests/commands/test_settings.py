"""`utawaku settings`: list, set, restore and refuse."""

import json

import pytest

from tests.commands.conftest import CommandLine
from utawaku.library.config import load_settings
from utawaku.library.paths import default_config_path


def test_a_setting_is_kept_in_the_file_and_default_restores_it(command_line: CommandLine) -> None:
    before = load_settings().cut.codec
    assert before != "flac"
    set_ = command_line.run("settings", "cut.codec", "flac")
    assert (set_.exit_code, "cut.codec = flac" in set_.stdout) == (0, True)
    assert load_settings().cut.codec == "flac"
    assert 'codec = "flac"' in default_config_path().read_text("utf-8")
    assert command_line.run("settings", "cut.codec", "default").exit_code == 0
    assert load_settings().cut.codec == before


def test_a_song_rule_is_a_setting_too(command_line: CommandLine) -> None:
    assert command_line.run("settings", "songs.min_song_s", "45").exit_code == 0
    listed = json.loads(command_line.run("settings", "songs", "--json").stdout)
    assert listed["songs.min_song_s"] == 45
    assert all(name.startswith("songs.") for name in listed)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("settings", "cut.colour", "red"), "cut.colour"),
        (("settings", "nothing"), "nothing"),
        (("settings", "cut.codec", "wax"), "codec"),
        (("settings", "songs.min_song_s", "short"), "songs.min_song_s"),
    ],
    ids=["unknown name", "unknown beginning", "wrong value", "wrong value of a rule"],
)
def test_an_unknown_name_or_a_wrong_value_changes_nothing(
    command_line: CommandLine, arguments: tuple[str, ...], named: str
) -> None:
    before = load_settings()
    answer = command_line.run(*arguments)
    assert (answer.exit_code, named in answer.stderr) == (1, True)
    assert load_settings() == before


def test_the_beginning_of_a_name_lists_its_settings(command_line: CommandLine) -> None:
    listed = json.loads(command_line.run("settings", "cut.", "--json").stdout)
    assert set(listed) > {"cut.codec", "cut.template"}
    assert all(name.startswith("cut.") for name in listed)
    assert "cut.codec" in command_line.run("settings", "cut.").stdout
