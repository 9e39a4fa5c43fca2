"""The commands of docs/highlights.md do what the page says."""

import re
import shlex
from pathlib import Path

import pytest

from tests.checks import ROOT
from tests.commands.conftest import CommandLine, command_line  # noqa: F401
from tests.web.conftest import write_song
from utawaku.library.config import Settings

PAGE = (ROOT / "docs" / "highlights.md").read_text("utf-8")


def test_the_commands_run(
    command_line: CommandLine,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_song(Path("song.wav"), seconds=33)
    write_song(Path("music/a.wav"), seconds=6)
    commands = re.findall(r"^\$ utawaku (.+)$", PAGE.partition("\n## A model of your own")[0], re.M)
    assert len(commands) == 3
    for line in commands:
        answer = command_line.run(*shlex.split(line))
        assert answer.exit_code == 0, (line, answer.stderr)
    assert [path.name for path in Path("clips").iterdir()] == ["a (highlight).mp3"]
    assert Path("mix.m4a").stat().st_size > 10_000
    assert Path("mix.m3u8").exists()


def test_the_settings_that_it_names_are_there(settings: Settings) -> None:
    named = set(re.findall(r"`web\.(\w+)`", PAGE))
    assert named == set(type(settings.web).model_fields)
