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


@pytest.mark.parametrize("value", [True, False])
def test_a_switch_takes_true_and_false(command_line: CommandLine, value: bool) -> None:
    assert command_line.run("settings", "tags.heard", str(value).lower()).exit_code == 0
    assert load_settings().tags.heard is value
    told = command_line.run("settings", "tags.heard", str(value).lower()).stdout
    assert f"tags.heard = {str(value).lower()}\n" in told
    assert f"heard = {str(value).lower()}" in default_config_path().read_text("utf-8")


def test_an_empty_path_names_no_file(command_line: CommandLine) -> None:
    for name in ("stems.weights", "publish.folder"):
        assert command_line.run("settings", name, "here").exit_code == 0
        assert command_line.run("settings", name, "").exit_code == 0
    assert load_settings().stems.weights is None
    assert load_settings().publish.folder is None


def test_one_word_is_a_list_where_a_list_belongs(command_line: CommandLine) -> None:
    name = "web.public_urls"
    assert command_line.run("settings", name, "https://one.example.org").exit_code == 0
    assert load_settings().web.public_urls == ("https://one.example.org",)
    two = '["https://one.example.org", "https://two.example.org"]'
    assert command_line.run("settings", name, two).exit_code == 0
    assert len(load_settings().web.public_urls) == 2


def test_a_number_below_zero_is_a_value(command_line: CommandLine) -> None:
    assert command_line.run("settings", "songs.boundary_bias", "-0.75").exit_code == 0
    assert load_settings().songs["boundary_bias"] == -0.75


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


def test_a_former_name_works_and_the_present_one_is_named(command_line: CommandLine) -> None:
    set_ = command_line.run("settings", "follow.settle_s", "7")
    assert (set_.exit_code, "watch.stable_s = 7" in set_.stdout) == (0, True)
    assert "setting follow.settle_s is now watch.stable_s" in set_.stderr
    assert load_settings().watch.stable_s == 7


def test_a_former_name_in_the_file_is_hinted_at_by_every_command(
    command_line: CommandLine,
) -> None:
    path = default_config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[keep]\nfree_gb = 1\n", "utf-8")
    listed = command_line.run("settings", "maintenance", "--json")
    assert json.loads(listed.stdout)["maintenance.min_free_gb"] == 1
    assert listed.stderr.count("keep.free_gb is now maintenance.min_free_gb") == 1
    assert "is now" not in command_line.run("settings", "maintenance.min_free_gb", "2").stdout
    assert command_line.run("settings", "maintenance").stderr == ""
