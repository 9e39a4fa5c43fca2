"""`utawaku segment` of folders and several files, and by networks of one's own."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.models.separation import write_wav
from tests.models.test_own_mfcc_segmenter import onnx_file, saved_model
from utawaku.library.exports import parse_segmented_tsv


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """Two recordings in a folder and one below it, and a broken one."""
    folder = tmp_path / "talks"
    (folder / "more").mkdir(parents=True)
    for number, name in enumerate(("a", "b", "more/c")):
        noise = 0.1 * np.random.default_rng(number).standard_normal((1, 16_000 + 160 * number))
        write_wav(folder / f"{name}.wav", noise, 16_000)
    (folder / "broken.wav").write_bytes(b"\0" * 100)
    return folder


def test_a_folder_gets_its_list_and_the_broken_file_is_named(
    command_line: CommandLine, tmp_path: Path, talks: Path
) -> None:
    own = onnx_file(tmp_path / "own.onnx")
    done = command_line.run("segment", talks, "--engine", own, "--tsv", "--at-once", "1", "--json")
    assert done.exit_code == 3
    assert "broken.wav" in done.stderr
    told = json.loads(done.stdout)
    assert told["tsv"] == str(talks / "segmented.tsv")
    assert [Path(row["file"]).name for row in told["files"]] == [
        "a.wav", "b.wav", "broken.wav", "c.wav"
    ]  # fmt: skip
    lines = (talks / "segmented.tsv").read_text("utf-8").splitlines()
    rows = parse_segmented_tsv("\n".join(lines))
    assert [Path(path).name for path, _spans, _share in rows] == ["a.wav", "b.wav", "c.wav"]
    # Of n samples at 16 kHz there are 1 + n // 160 frames.
    assert [line.split(" / ")[1] for line in lines] == ["101)", "102)", "103)"]


def test_files_are_limited_and_their_list_has_the_name_that_was_given(
    command_line: CommandLine, tmp_path: Path, talks: Path
) -> None:
    own = saved_model(tmp_path / "saved", "layer-{}")
    asked = ("segment", talks / "b.wav", talks / "a.wav", "--engine", own, "--at-once", "1")
    done = command_line.run(*asked, "--limit", "1", "--tsv-file", tmp_path / "mine.tsv")
    assert done.exit_code == 0, done.stderr
    (row,) = parse_segmented_tsv((tmp_path / "mine.tsv").read_text("utf-8"))
    assert row[0] == str(talks / "b.wav")
    assert not (talks / "segmented.tsv").exists()


def test_one_file_is_heard_by_the_network_of_the_settings(
    command_line: CommandLine, tmp_path: Path, talks: Path
) -> None:
    own = onnx_file(tmp_path / "own.onnx")
    assert command_line.run("settings", "segments.weights", own).exit_code == 0
    by_setting = command_line.run("segment", talks / "a.wav", "--tsv")
    by_engine = command_line.run("segment", talks / "a.wav", "--tsv", "--engine", own)
    assert by_setting.exit_code == by_engine.exit_code == 0, by_setting.stderr
    assert by_setting.stdout == by_engine.stdout != ""


def test_a_folder_without_media_and_songs_of_many_files_are_refused(
    command_line: CommandLine, tmp_path: Path, talks: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert command_line.run("segment", tmp_path / "empty").exit_code == 4
    refused = command_line.run("segment", talks, "--strategy", "classic")
    assert refused.exit_code == 2
    assert "one file at a time" in refused.stderr
