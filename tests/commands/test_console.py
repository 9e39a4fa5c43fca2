"""Tables of the command line: the name of each row stays readable at every width."""

import io
import os
import pty
import subprocess

import pytest
from rich.console import Console

from tests.conftest import Program
from utawaku.commands.console import add_row, fit_columns, table

NAMES = ("sm", "spleeter-2stems", "a name of twenty-one.")


def printed(width: int) -> list[str]:
    """Print a table with one very long text a row at `width` cells."""
    made = table("name", ("size", "right"), "licence", "source", ("note", "whole"))
    for name in NAMES:
        add_row(made, [name, "73.1 MB", "MIT, with a long remark", "https://host/" + 60 * "x", "n"])
    fit_columns(made, width)
    written = io.StringIO()
    Console(file=written, width=width, highlight=False).print(made)
    return written.getvalue().splitlines()


@pytest.mark.parametrize("width", [50, 60, 80, 120, 200])
def test_a_long_text_narrows_its_own_column_and_no_other(width: int) -> None:
    lines = printed(width)
    assert len(lines) == 1 + len(NAMES)
    assert all(line.startswith(name) for line, name in zip(lines[1:], NAMES, strict=True))
    assert all("73.1 MB" in line for line in lines[1:])
    assert all(len(line.rstrip()) <= width for line in lines)


def test_a_table_that_fits_is_not_narrowed() -> None:
    assert all("x" * 60 in line for line in printed(200)[1:])


def test_models_list_shows_every_name_in_a_terminal_of_80_cells(program: Program) -> None:
    controller, terminal = pty.openpty()
    environment = {**program.environment, "COLUMNS": "80", "TERM": "xterm"}
    process = subprocess.Popen(
        program.command("models", "list"), stdout=terminal, stderr=terminal, env=environment
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            got = os.read(controller, 65536)
        except OSError:  # the other end is closed
            break
        if not got:
            break
        shown += got
    os.close(controller)
    assert process.wait() == 0
    lines = [line.rstrip() for line in shown.decode().splitlines()]
    assert {"sm", "smn", "bacs", "musicnn", "vocal-unet", "spleeter-2stems"} <= {
        line.split()[0] for line in lines if line
    }
    assert all(len(line) <= 80 for line in lines[1:])


def test_models_list_is_whole_in_a_pipe(program: Program) -> None:
    listed = program.run("models", "list").stdout
    assert "of the package index" in listed
    assert "…" not in listed
