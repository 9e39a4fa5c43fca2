"""`utawaku highlight`: files that can be read, and one that cannot."""

import json
from pathlib import Path

from tests.commands.conftest import CommandLine
from tests.tui.conftest import write_tone

LYRICS = """1
00:00:40,000 --> 00:00:55,000
la la la

2
00:00:56,000 --> 00:01:08,000
la la la
"""


def test_a_bad_file_is_named_and_the_good_one_has_its_highlight(
    command_line: CommandLine, tmp_path: Path
) -> None:
    good = write_tone(tmp_path / "good.wav", 440.0, 40.0)
    missing = tmp_path / "missing.wav"
    answer = command_line.run("highlight", missing, good, "--json")
    assert answer.exit_code == 3
    failed, found = json.loads(answer.stdout)["highlights"]
    assert str(missing) in failed["error"]
    assert "missing.wav" in answer.stderr
    assert found["stop_s"] - found["start_s"] == 30.0
    assert 0.0 <= found["start_s"] <= 10.0
    assert len(found["curve"]) == 40
    assert "good.wav" in command_line.run("highlight", good).stdout
