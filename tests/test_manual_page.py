"""The man page tells of every command and option, and roff finds nothing wrong with it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.manual_page import EXIT_CODES, escaped, manual_page
from tests.test_readme import commands
from utawaku.library.errors import ExitCode

PAGE = Path(__file__).parent.parent / "share" / "man" / "man1" / "utawaku.1"


def test_the_page_that_is_installed_is_that_of_the_commands() -> None:
    assert PAGE.read_text("utf-8") == manual_page(), "run `just docs`"


def test_it_tells_of_every_command_option_and_exit_code() -> None:
    page = PAGE.read_text("utf-8")
    for name, command in commands().items():
        assert f'.SS "{escaped(f"utawaku {name} ")}' in page, name
        for parameter in command.params:
            if not getattr(parameter, "hidden", False) and parameter.opts[0].startswith("--"):
                assert escaped(parameter.opts[0]) in page
    assert set(EXIT_CODES) == set(ExitCode)


def test_a_line_that_begins_with_a_dot_or_holds_a_backslash_is_text() -> None:
    assert escaped(".m3u8 is\n a list") == "\\&.m3u8 is a list"
    assert escaped("合集") == "\\[u5408]\\[u96C6]"
    assert escaped("C:\\Songs --json") == "C:\\eSongs \\-\\-json"


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_roff_reads_it_without_a_warning() -> None:
    command = ["groff", "-man", "-Tutf8", "-ww", str(PAGE)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "ingest" in done.stdout
