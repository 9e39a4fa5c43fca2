"""`utawaku train separator`: a folder that is not there."""

from pathlib import Path

from tests.commands.conftest import CommandLine


def test_a_missing_folder_is_named_and_no_network_is_written(
    command_line: CommandLine, tmp_path: Path
) -> None:
    folder, output = tmp_path / "stems", tmp_path / "mine.onnx"
    answer = command_line.run("train", "separator", folder, "-o", output)
    assert (answer.exit_code, str(folder) in answer.stderr) == (1, True)
    assert not output.exists()
