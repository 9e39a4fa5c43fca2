"""`utawaku schema`: every command with --json has a schema, and prints what it says.

The other tests of commands hold what they print with --json against these schemas, too
(`tests.json_output`).
"""

import json
from typing import Any

import pytest
import typer

from benchmarks.fake_catalogue import fill
from tests.commands.conftest import CommandLine
from tests.json_output import check_json
from utawaku.commands.app import app
from utawaku.commands.json_forms import FORMS
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings


def commands_with_json() -> set[str]:
    found: set[str] = set()

    def walk(command: Any, name: str) -> None:
        options = {option for parameter in command.params for option in parameter.opts}
        if "--json" in options:
            found.add(name)
        for child, below in getattr(command, "commands", {}).items():
            walk(below, f"{name}-{child}".strip("-"))

    walk(typer.main.get_command(app), "")
    return found


def test_every_command_with_json_has_a_schema_and_no_other() -> None:
    assert set(FORMS) == commands_with_json()


def test_the_schema_of_a_command_is_printed_and_an_unknown_one_refused(
    command_line: CommandLine,
) -> None:
    listed = command_line.run("schema").stdout.splitlines()
    assert {name.replace(" ", "-") for name in listed} == set(FORMS)
    for name in listed:
        printed = json.loads(command_line.run("schema", *name.split()).stdout)
        assert printed["$schema"].endswith("2020-12/schema")
    songs = json.loads(command_line.run("schema", "songs").stdout)
    assert "start_confidence" in songs["$defs"]["ListedSong"]["required"]
    assert command_line.run("schema", "play").exit_code == 2


@pytest.mark.parametrize(
    "line",
    [
        "songs grade:like",
        "songs is:cut --save best",
        "status",
        "taste",
        "taste --ask",
        "channels",
        "candidates",
        "services",
        "settings",
        "models list",
        "accounts",
        "submissions",
        "rematerialize --dry-run",
        "doctor",
    ],
)
def test_what_is_printed_is_as_the_schema_says(
    line: str, command_line: CommandLine, settings: Settings
) -> None:
    catalogue = Catalogue.open(settings)
    fill(catalogue, 30)
    catalogue.notices.add("warning", "a title", body="a body")
    catalogue.close()
    answer = command_line.run(*line.split(), "--json")
    assert answer.stdout.strip(), answer.stderr


def test_what_no_schema_names_is_found() -> None:
    with pytest.raises(AssertionError, match="surprise"):
        check_json(["train", "fma"], '{"folder": "a", "n_files": 1, "surprise": 2}')
    with pytest.raises(AssertionError, match="n_files"):
        check_json(["train", "fma"], '{"folder": "a"}')
