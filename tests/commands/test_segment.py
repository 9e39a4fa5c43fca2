"""`utawaku segment`: options that do not fit."""

from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine
from tests.tui.conftest import write_tone


@pytest.mark.parametrize(
    ("option", "value"),
    [("--mode", "sideways"), ("--engine", "nothing"), ("--strategy", "clever")],
)
def test_a_value_that_does_not_exist_is_named(
    command_line: CommandLine, tmp_path: Path, option: str, value: str
) -> None:
    file = write_tone(tmp_path / "tone.wav", 440.0, 1.0)
    answer = command_line.run("segment", file, option, value)
    assert answer.exit_code == 1
    assert option.removeprefix("--") in answer.stderr
