"""The branch of a command is the same as its part of the whole tree."""

import pytest
import typer

from utawaku.commands.command_tree import GROUPS, MODULES, is_command, make_app

NAMES = [name for names in MODULES.values() for name in names] + list(GROUPS)


def _commands(only: str | None = None) -> list[str]:
    command = typer.main.get_command(make_app(only))
    return list(getattr(command, "commands", {}))


def test_the_whole_tree_has_each_command_that_is_listed() -> None:
    assert sorted(_commands()) == sorted(NAMES)
    assert not is_command("nothing")
    assert not is_command("--help")


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_has_what_its_module_registers(name: str) -> None:
    assert is_command(name)
    of_module = next((list(names) for names in MODULES.values() if name in names), [name])
    assert sorted(_commands(name)) == sorted(of_module)
