"""`utawaku models`: the list of weights, and names that it does not know."""

import json

from tests.commands.conftest import CommandLine
from utawaku.models.registry import default_names, table


def test_every_weights_file_is_listed_with_source_and_licence(command_line: CommandLine) -> None:
    rows = {
        row["name"]: row for row in json.loads(command_line.run("models", "list", "--json").stdout)
    }
    assert set(rows) == set(table())
    assert set(default_names()) <= set(rows)
    assert all(row["licence"] and row["source"] and row["n_bytes"] > 0 for row in rows.values())
    shown = command_line.run("models", "list").stdout
    assert all(name in shown for name in rows)


def test_weights_inside_the_package_are_made_without_a_network(command_line: CommandLine) -> None:
    pulled = command_line.run("models", "pull", "vocal-unet")
    assert pulled.exit_code == 0, pulled.stderr
    rows = json.loads(command_line.run("models", "list", "--json").stdout)
    assert [row["name"] for row in rows if row["present"]] == ["vocal-unet"]


def test_an_unknown_name_is_refused(command_line: CommandLine) -> None:
    answer = command_line.run("models", "pull", "nothing")
    assert answer.exit_code != 0
    assert "nothing" in answer.stderr
