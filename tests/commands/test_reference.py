"""`utawaku models install-reference`: what it needs before it can begin."""

from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine


def test_without_uv_the_next_step_is_shown(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = command_line.run("models", "install-reference")
    assert (answer.exit_code, "Install it" in answer.stderr) == (6, True)


def test_the_reason_why_uv_failed_is_shown(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho resolving >&2\necho no such index >&2\nexit 2\n", "utf-8")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = command_line.run("models", "install-reference", "--no-weights")
    assert (answer.exit_code, "no such index" in answer.stderr) == (6, True)
