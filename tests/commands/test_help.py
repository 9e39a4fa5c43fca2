"""Help and usage errors in each language."""

from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.main import get_command
from typer.testing import CliRunner

from tests.conftest import Program
from utawaku.commands.app import app
from utawaku.commands.help import ERRORS, wrapped
from utawaku.library.language import LANGUAGES, translated, use


@pytest.fixture(autouse=True)
def _english_afterwards() -> object:
    yield
    use("en")


@pytest.mark.parametrize("width", [20, 33, 80])
def test_lines_are_broken_by_cells_and_lose_nothing(width: int) -> None:
    text = "歌枠を取り込み、曲ごとに切り出します（再エンコードなし）。`utawaku songs` で探せます。"
    lines = wrapped(text, width)
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert not any(line.startswith(("。", "、", "）")) for line in lines)


def every_command() -> list[list[str]]:
    found, waiting = [], [(get_command(app), [])]
    while waiting:
        command, path = waiting.pop()
        found.append(path)
        for name, inner in getattr(command, "commands", {}).items():
            waiting.append((inner, [*path, name]))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_of_each_command_fits_80_cells(language: str) -> None:
    use(language)
    runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    wide = {}
    for path in every_command():
        shown = runner.invoke(app, [*path, "--help"])
        assert shown.exit_code == 0, shown.output
        long = [line for line in shown.output.splitlines() if cell_len(line) > 80]
        # An example is copied as it stands.
        long = [line for line in long if "utawaku " not in line]
        if long:
            wide[" ".join(path)] = long
    assert wide == {}


@pytest.mark.parametrize("arguments", [["songs", "--unknown"], ["nothing"], ["identify"]])
def test_a_wrong_command_line_is_told_in_the_users_language(arguments: list[str]) -> None:
    english = CliRunner().invoke(app, arguments)
    use("ja")
    japanese = CliRunner().invoke(app, arguments)
    assert japanese.exit_code == english.exit_code == 2
    problem = english.stderr.strip().splitlines()[-1].removeprefix("Error: ")
    assert translated(problem) != problem
    assert translated(problem) in japanese.stderr
    assert "Usage" not in japanese.stderr


def test_each_error_of_typer_has_a_place_for_its_values() -> None:
    assert all("{" in error for error in ERRORS if error != "Missing command.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", ""],
        ["candidates", "teach", ""],
        ["segment", ""],
        ["separate", ""],
        ["highlight", "song.opus", "--clips="],
    ],
)
def test_an_empty_word_is_not_the_present_folder(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, "it is empty" in done.stderr) == (2, True), done.output


def test_a_folder_is_no_file_to_write(tmp_path: Path) -> None:
    for arguments in (["playlist", "-o"], ["upload", "--page"]):
        done = CliRunner().invoke(app, [*arguments, str(tmp_path), "singer:mio"])
        assert (done.exit_code, "is a directory" in done.stderr) == (2, True), done.output


def test_a_file_that_cannot_be_written_is_told_in_a_line(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = program.run("judgements", "export", "-o", str(tmp_path / "file" / "below.json"))
    assert done.returncode == 1
    assert "the file cannot be read or written" in done.stderr
    assert "Traceback" not in done.stderr
