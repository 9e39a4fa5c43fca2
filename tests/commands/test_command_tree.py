"""The tree of commands, whole and by the branch of one command."""

import pytest
import typer

from utawaku.commands.command_tree import GROUPS, MODULES, is_command, make_app


def top_level(command: str | None = None) -> set[str]:
    return set(typer.main.get_command(make_app(command)).commands)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_registers_the_commands_of_the_table(module: str) -> None:
    for name in MODULES[module]:
        assert top_level(name) == set(MODULES[module])


def test_each_command_and_group_is_found_by_its_name() -> None:
    assert top_level() == {*GROUPS, *(name for names in MODULES.values() for name in names)}
    assert all(top_level(group) == {group} for group in GROUPS)
    assert all(is_command(name) for name in top_level())
    assert not is_command("--help")
    assert not is_command("nothing")
