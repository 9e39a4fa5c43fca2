"""The README tells the truth about commands and settings."""

import re
from pathlib import Path

import click
import typer

from utawaku.commands.app import app
from utawaku.library.config import describe

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def commands() -> dict[str, click.Command]:
    """Every command by its whole name, those of groups included."""
    found: dict[str, click.Command] = {}

    def walk(command: click.Command, name: str) -> None:
        if hasattr(command, "commands"):
            for child, below in command.commands.items():
                walk(below, f"{name} {child}".strip())
        else:
            found[name] = command

    walk(typer.main.get_command(app), "")
    return found


def test_every_command_is_in_the_readme() -> None:
    told = set(re.findall(r"`([a-z]+)`", README))
    missing = {name.split()[0] for name in commands()} - told
    assert not missing


def test_every_setting_is_in_the_readme() -> None:
    missing = [name for name, _, _ in describe() if f"`{name}`" not in README and name != "songs"]
    assert missing == []


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, _, meaning in describe() if not meaning] == []


def test_the_two_commands_are_what_ci_runs() -> None:
    run = (Path(__file__).parent.parent / ".ci" / "run").read_text("utf-8")
    for line in re.findall(r"^\$ (python3 -m venv.*|\.venv/bin/p(?:ip|ytest).*)$", README, re.M):
        assert line.replace("install -e", "install --quiet -e") in run
