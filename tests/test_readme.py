"""README and docs/settings.md are right about commands and settings."""

import re
from pathlib import Path

import click
import pytest
import typer

from utawaku.commands.app import app
from utawaku.commands.settings import settings_page
from utawaku.library.config import describe

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


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


def told_by_code(page: str) -> tuple[list[str], set[str]]:
    """The command lines of a page without their remarks, and its words in backquotes."""
    lines = re.findall(r"^\$ (.*)$", page, re.M)
    code = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.S)))
    return [re.sub(r"\s+#.*", "", line).rstrip() for line in lines], code


@pytest.mark.parametrize("name", ["README.ja.md", "README.zh-CN.md"])
def test_each_translation_of_the_readme_has_its_commands(name: str) -> None:
    page = (ROOT / name).read_text("utf-8")
    commands_there, code_there = told_by_code(page)
    wanted, code = told_by_code(README)
    assert commands_there == wanted
    # How a language is chosen is told in its own page only.
    choosing = {word for word in code_there if "LANG" in word or "language" in word}
    assert code_there - choosing == code
    assert f"]({name})" in README.split("\n##")[0]
    headings = re.findall(r"^#+ ", page, re.M)
    assert headings == re.findall(r"^#+ ", README, re.M)
    assert re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page) == re.findall(
        r"!\[[^\]]*\]\(([^)]+)\)", README
    )


def test_the_page_of_settings_is_current() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == settings_page(), "run `just docs`"


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, _, meaning in describe() if not meaning] == []


def test_ci_runs_the_test_command_of_the_readme() -> None:
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    (command,) = re.findall(r"^\$ (python3 bootstrap\.py test)\b", README, re.M)
    assert command in run.splitlines()


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_file_that_the_architecture_page_names_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"`((?:library|media|models|services|workflows|sensors|tui|commands|"
                           r"assets|orchestration|tests)/[\w./]*)`", page))  # fmt: skip
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
