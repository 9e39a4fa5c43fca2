"""Every command in a console block of the docs and READMEs is one that the program takes."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.checks import ROOT
from tests.docs.page_commands import commands_in
from utawaku.commands.app import app
from utawaku.library.config import Settings, describe
from utawaku.library.song_rules import SongRules

PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PARTS = {"streams.md", "taste.md", "highlights.md", "separation.md", "segmenter.md"}
LINES = [
    (page.relative_to(ROOT).as_posix(), shlex.join(words))
    for page in PAGES
    for words in commands_in(page.read_text("utf-8"))
]


def check(line: str) -> None:
    """Read a command line without its files and without running it.

    Raises an error of the program's own where an option, a value or the number of arguments is
    wrong, and `AssertionError` where a setting is.
    """
    words = shlex.split(line)
    if not words:
        return  # the terminal interface
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words, line
        assert words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    context = command.make_context("utawaku", list(words))
    if command.name == "settings" and context.params.get("name"):
        known = {name for name, *_ in (*describe(), *describe(SongRules, "songs."))}
        assert context.params["name"] in known, line


def test_each_page_of_a_part_shows_commands() -> None:
    assert {Path(page).name for page, _line in LINES} >= PARTS | {"README.md"}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_it_is_one_that_the_program_takes(
    page: str, line: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del page, settings
    monkeypatch.chdir(tmp_path)
    check(line)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("segment evening.mkv --strategi classic", "--strategi"),
        ("highlight song.wav --clips", "--clips"),
        ("separate", "Missing parameter: target"),
        ("export one two", "unexpected extra argument"),
        ("separate a.wav --start later", "later"),
        ("sort evening.mkv", "sort"),
        ("settings stems.wait mine.onnx", "stems.wait"),
    ],
)
def test_one_that_it_does_not_take_is_found(line: str, why: str, settings: Settings) -> None:
    del settings
    with pytest.raises(Exception, match=re.escape(why)):
        check(line)
