"""`utawaku segment`: the labels of inaSpeechSegmenter, and options that do not fit."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine
from tests.conftest import install_weights
from tests.models.segmenter_media import CASES, write_wav
from tests.tui.conftest import write_tone
from utawaku.library.config import Settings

GOLDEN = Path(__file__).parents[1] / "golden" / "segmenter"


@pytest.mark.parametrize("engine", ["sm", "smn"])
def test_labels_and_times_are_those_of_the_unmodified_package(
    command_line: CommandLine,
    settings: Settings,
    weights_dir: Path,
    tmp_path: Path,
    engine: str,
) -> None:
    install_weights(weights_dir, settings, engine)
    golden = json.loads((GOLDEN / f"{engine}.json").read_text("utf-8"))
    for name in ("stream", "gaps_of_silence", "steady_tone"):
        file = write_wav(tmp_path / f"{name}.wav", CASES[name]())
        done = command_line.run("segment", file, "--engine", engine, "--json")
        assert done.exit_code == 0, done.stderr
        found = json.loads(done.stdout)["segments"]
        expected = golden[name]["0.02"]
        assert [label for label, *_ in found] == [label for label, *_ in expected]
        # Each ends where the next one starts; the last one of ours lasts to the end of the file.
        starts = [start for _, start, _ in expected]
        assert [start for _, start, _ in found] == pytest.approx(starts, abs=0.001)


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
