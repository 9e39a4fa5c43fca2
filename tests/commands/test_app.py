"""Every command says what it does, shows an example that is one, and stands in the README."""

import shlex
from collections.abc import Iterator

import pytest
import typer

from tests.commands.conftest import CommandLine
from utawaku.commands.app import app

PROGRAM = typer.main.get_command(app)


def walk(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every command below `command` that does something, with the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
    else:
        for name, inner in below.items():
            yield from walk(inner, (*path, name))


COMMANDS = dict(walk(PROGRAM))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_has_a_sentence_and_an_example_of_itself(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert command.help.strip().splitlines()[0].endswith((".", ":"))
    label, _, example = (command.epilog or "").partition(": ")
    assert label in ("Example", "Examples")
    assert example.startswith(f"utawaku {' '.join(path)}")
    words = shlex.split(example.split("; ")[0].split(" < ")[0].split(" | ")[0])[len(path) + 1 :]
    # Fails where the example has an option or an argument that the command does not know.
    command.make_context("utawaku", words, resilient_parsing=False)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_is_explained(path: tuple[str, ...]) -> None:
    unexplained = [
        parameter.name for parameter in COMMANDS[path].params if not getattr(parameter, "help", "")
    ]
    assert unexplained == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "x.opus", "--again", "nothing"),
        ("rematerialize", "nothing"),
        ("export", "x", "--as", "nothing"),
    ],
)
def test_a_value_that_no_command_knows_is_wrong_usage(
    command_line: CommandLine, arguments: tuple[str, ...]
) -> None:
    answer = command_line.run(*arguments)
    assert (answer.exit_code, "nothing" in answer.stderr) == (2, True)
