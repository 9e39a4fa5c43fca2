"""Completion of commands by the shell, as its scripts ask for it: without an argument."""

import os
import subprocess
import sys

import pytest

_PROGRAM = "import sys; sys.argv = ['utawaku']; from utawaku.__main__ import main; main()"
"""The name of the program is part of what the shell asks by."""


def complete(typed: str) -> list[str]:
    """Return what bash is offered for the last word of what was typed."""
    words = typed.split(" ")
    asked = {"COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env={**os.environ, **asked, "_UTAWAKU_COMPLETE": "complete_bash"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("typed", "offered"), [("utawaku so", "songs"), ("utawaku train song-", "song-rules")]
)
def test_bash_completes_commands_and_does_not_start_the_screen(typed: str, offered: str) -> None:
    assert complete(typed) == [offered]
