"""Options that are times: every command that takes one takes every form."""

from typing import Any

import pytest
import typer

from utawaku.commands.app import app

OPTIONS = {
    "separate": ("start", "stop", "shift", "remix_shift"),
    "setlist": ("shift_s",),
    "lyrics": ("shift_s",),
}


def value(command: str, option: str, text: str) -> float:
    """The value that a command gets."""
    program: Any = typer.main.get_command(app)
    name = "--" + option.removesuffix("_s").replace("_", "-")
    context = program.commands[command].make_context(command, ["target", name, text])
    return float(context.params[option])


@pytest.mark.parametrize(
    ("command", "option"), [(one, name) for one, names in OPTIONS.items() for name in names]
)
def test_each_form_is_taken_and_others_are_refused(command: str, option: str) -> None:
    forms = ("633.5", "10:33.5", "0:10:33.5", "10_33.5")
    assert {value(command, option, text) for text in forms} == {633.5}
    assert value(command, option, "-0:05") == -5.0
    with pytest.raises(typer.BadParameter, match="10_33"):
        value(command, option, "10_3")
