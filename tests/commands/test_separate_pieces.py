"""`utawaku separate` in pieces: shifts in every unit, names with a hash, lengths checked."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.models.separation import grid, write_wav
from utawaku.models.training.separator_network import build, fresh_weights

RATE = 16_000
SUBTITLES = """1
00:00:01,000 --> 00:00:02,000
first line

2
00:00:02,500 --> 00:00:03,000
second line
"""


@pytest.fixture
def asked(tmp_path: Path) -> tuple[str, ...]:
    """The command for a recording of 5 s with two lines and a network of one's own."""
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, (2, 5 * RATE))
    write_wav(tmp_path / "evening.wav", noise, RATE)
    (tmp_path / "lines.srt").write_text(SUBTITLES, "utf-8")
    own = tmp_path / "mine.onnx"
    own.write_bytes(build(fresh_weights(3)).SerializeToString(deterministic=True))
    return (
        "separate", str(tmp_path / "evening.wav"), "-o", str(tmp_path),
        "--subtitles", str(tmp_path / "lines.srt"), "--engine", str(own), "--json",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shift", "start_s"),
    [
        ("0.75", 1.75), ("0_00.75", 1.75), ("0:00.75", 1.75), ("0:00:00.75", 1.75),
        ("-0.5", 0.5), ("-0_00.5", 0.5), ("-0:00:00.5", 0.5),
    ],
)  # fmt: skip
def test_a_shift_is_read_in_every_unit_either_way(
    command_line: CommandLine, asked: tuple[str, ...], shift: str, start_s: float
) -> None:
    done = command_line.run(*asked, f"--shift={shift}", "--dry-run")
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)["pieces"]
    (first,) = [row for row in rows if row["text"] == "first line"]
    assert (first["start_s"], first["stop_s"]) == (start_s, start_s + 1)


def test_names_may_hold_a_hash_and_a_piece_of_a_wrong_length_is_made_again(
    command_line: CommandLine, asked: tuple[str, ...], tmp_path: Path
) -> None:
    form = ("--names", "{hash}", "--format", "wav")
    done = command_line.run(*asked, *form)
    assert done.exit_code == 0, done.stderr
    (told,) = json.loads(done.stdout)["separated"]
    assert (told["n_pieces"], told["n_made"]) == (5, 5)
    folder = tmp_path / "evening pieces"
    rows = json.loads((folder / "pieces.json").read_text("utf-8"))["pieces"]
    assert len({row["name"] for row in rows}) == 5
    assert all(re.fullmatch(r"[0-9a-f]{6,}", row["name"]) for row in rows)
    lengths = {}
    for row in rows:
        for stem in ("vocals", "accompaniment"):
            path = folder / f"{row['name']}.{stem}.wav"
            lengths[path] = grid(path).shape[1]
            assert lengths[path] == round((row["stop_s"] - row["start_s"]) * RATE)
    assert sum(lengths.values()) == 2 * 5 * RATE
    victim = next(iter(lengths))
    write_wav(victim, np.zeros((2, 7)), RATE)
    again = command_line.run(*asked, *form)
    (told,) = json.loads(again.stdout)["separated"]
    assert told["n_made"] == 1
    assert grid(victim).shape[1] == lengths[victim]
