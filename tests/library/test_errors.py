"""The tree of errors: its drawing, its exit codes and its retry policies are complete."""

import re
from pathlib import Path

import pytest

from utawaku.library import errors
from utawaku.library.errors import ExitCode, UtawakuError, all_errors, by_name
from utawaku.library.retry_policies import POLICIES, UNKNOWN, next_try, policy_of

README = Path(__file__).parents[2] / "README.md"


def drawn() -> list[tuple[str, str]]:
    """(class, class above it) as the docstring of `library.errors` draws them."""
    above: list[str] = []
    found = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ((?:\|  |   )*)(?:\+- )?(\w+)\b", line)
        if match is None or not line.startswith("    "):
            continue
        depth = len(match[1]) // 3 + ("+-" in line)
        above[depth:] = [match[2]]
        found.append((match[2], above[depth - 1] if depth else "Exception"))
    return found


def test_the_drawing_shows_every_class_below_its_parent() -> None:
    assert sorted(drawn()) == sorted(
        (found.__name__, found.__base__.__name__) for found in all_errors()
    )


def test_every_error_has_a_retry_policy_of_its_own_kind() -> None:
    without = [
        found.__name__
        for found in all_errors()
        if found is not UtawakuError and not set(found.__mro__) & set(POLICIES)
    ]
    assert without == []


def test_policies_follow_the_tree() -> None:
    assert policy_of("StalledError") == policy_of("NetworkError") == policy_of("DownloadError")
    assert policy_of("NoAudioError") is None
    assert policy_of("ZeroDivisionError") == UNKNOWN
    assert next_try("ConfigError", attempts=0) is None


def test_every_name_of_an_old_version_means_a_class_of_this_one() -> None:
    from utawaku.library.retry_policies import OLD_NAMES

    assert [new for new in OLD_NAMES.values() if by_name(new) is None] == []


@pytest.mark.parametrize("code", list(ExitCode))
def test_the_readme_names_every_exit_code(code: ExitCode) -> None:
    (listed,) = re.findall(r"Exit codes: (.*?)\.\n", README.read_text("utf-8"), re.S)
    assert re.search(rf"\b{code.value} [a-z]", listed)


def test_every_error_ends_the_program_with_a_documented_code() -> None:
    assert {found.exit_code for found in all_errors()} <= set(ExitCode)
