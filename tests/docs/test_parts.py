"""docs/parts.md: each command that it names is there, and each test."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from utawaku.commands.app import app
from utawaku.library.config import describe
from utawaku.library.song_rules import SongRules

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs" / "parts.md").read_text("utf-8")
ROWS = [
    (part.partition("\n")[0], *(cell.strip() for cell in row.strip("|").split("|")))
    for part in PAGE.split("\n## ")[1:]
    for row in part.splitlines()
    if re.match(r"\| \d+ \|", row)
]
N_CAPABILITIES = {
    "Stream segmenter": 28,
    "Taste": 22,
    "Highlights": 30,
    "Source separation": 19,
    "Acoustic segmenter": 19,
}


def test_every_capability_of_the_five_parts_is_listed() -> None:
    listed = {part: [row[1] for row in ROWS if row[0] == part] for part in N_CAPABILITIES}
    assert listed == {
        part: [str(n + 1) for n in range(n_rows)] for part, n_rows in N_CAPABILITIES.items()
    }


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_its_command_and_its_test_are_there_or_it_says_that_it_is_not(
    row: tuple[str, ...],
) -> None:
    _part, _number, what, command, test = row
    assert what
    if not command:
        assert test.startswith("not yet: ")
    else:
        assert_command(command.strip("`"))
    if test.startswith("not yet"):
        return
    file, _, name = test.strip("`").partition("::")
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in tree.body if isinstance(node, functions)}


def assert_command(words: str) -> None:
    program, *rest = words.split()
    assert program == "utawaku"
    command: Any = typer.main.get_command(app)
    context = command.make_context("utawaku", ["--help"], resilient_parsing=True)
    while rest and hasattr(command, "get_command"):
        inner = command.get_command(context, rest[0])
        if inner is None:
            break
        command = inner
        rest.pop(0)
    assert command.name != "utawaku", words
    options = {name for parameter in command.params for name in (*parameter.opts,
               *parameter.secondary_opts)}  # fmt: skip
    for word in rest:
        if word.startswith("--"):
            assert word in options, words
        elif command.name == "settings":
            assert word in {name for name, *_ in (*describe(), *describe(SongRules, "songs."))}
