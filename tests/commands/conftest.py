"""The command line inside the test's own process, with the exit codes of the program."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.json_output import check_json
from utawaku.commands.app import app
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError


@dataclass(frozen=True)
class Answer:
    """Exit code and output of one command."""

    exit_code: int
    stdout: str
    stderr: str


class CommandLine:
    """Runs commands in this process; an error of ours ends with its exit code, as in `main`.

    What is printed with --json is held against the schema of the command.
    """

    def run(self, *arguments: str | Path, stdin: str = "") -> Answer:
        """Run one command to its end."""
        result = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin)
        error = result.exception
        if isinstance(error, UtawakuError):
            return Answer(error.exit_code, result.stdout, result.stderr + str(error))
        if error is not None and not isinstance(error, SystemExit):
            raise error
        if "--json" in arguments and result.exit_code == 0:
            check_json(arguments, result.stdout)
        return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def command_line(settings: Settings) -> CommandLine:
    """The command line with an empty home of the test's own."""
    del settings  # it sets the home
    return CommandLine()
