"""The commands that a page of docs shows, run as they stand there."""

import re
import shlex

from tests.checks import ROOT
from tests.commands.conftest import Answer, CommandLine

_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
_UTAWAKU = re.compile(r"\$ utawaku(\s|$)")


def commands_in(text: str) -> list[list[str]]:
    """The arguments of each `$ utawaku ...` in the console blocks of a text, in order."""
    lines = [line for block in _CONSOLE.findall(text) for line in block.splitlines()]
    return [shlex.split(line, comments=True)[2:] for line in lines if _UTAWAKU.match(line)]


def commands_of(page: str) -> list[list[str]]:
    """The arguments of each `$ utawaku ...` in the page of docs, in order."""
    return commands_in((ROOT / "docs" / page).read_text("utf-8"))


def run_page(page: str, command_line: CommandLine) -> list[Answer]:
    """Run the commands of a page; each ends well."""
    answers = []
    for arguments in commands_of(page):
        answers.append(command_line.run(*arguments))
        assert answers[-1].exit_code == 0, (arguments, answers[-1].stderr)
    return answers
