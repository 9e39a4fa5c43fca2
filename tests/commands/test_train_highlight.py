"""`utawaku train highlight` and `utawaku highlight` with what it wrote."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Program
from tests.models.separation import write_wav
from utawaku.demo import render_song

RATE = 11_025


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four marked songs, and one that is broken."""
    folder = tmp_path_factory.mktemp("marked")
    for name in ("jasmine_flower", "korobeiniki", "amazing_grace", "ode_to_joy"):
        song = render_song(name, seconds=60, sample_rate_hz=RATE, seed=1)
        write_wav(folder / f"{name}.wav", song.mix, RATE)
        lines = "".join(f"{start:.2f},{stop:.2f}\n" for start, stop in song.chorus_spans)
        (folder / f"{name}.chorus.csv").write_text(lines, "utf-8")
    (folder / "broken.wav").write_bytes(b"\0" * 99)
    (folder / "broken.chorus.csv").write_text("1,2", "utf-8")
    return folder


def test_a_small_model_of_ones_own_is_trained_and_used(
    program: Program, songs: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.npz"
    done = program.run("train", "highlight", songs, "-o", mine, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["n_songs"], told["left_out"]) == (4, ["broken.wav"])
    assert -1 <= told["gain"] <= 1
    assert "broken.wav" in done.stderr
    song = songs / "korobeiniki.wav"
    by_shipped = json.loads(program.run("highlight", song, "--json").stdout)
    program.environment["UTAWAKU_HIGHLIGHT__WEIGHTS"] = str(mine)
    by_mine = json.loads(program.run("highlight", song, "--json").stdout)
    (one,), (other,) = by_shipped["highlights"], by_mine["highlights"]
    assert one["source"] == other["source"] == "model"
    assert not np.allclose(one["curve"], other["curve"])
    # A model of another engine is refused before anything is listened to.
    program.environment["UTAWAKU_HIGHLIGHT__ENGINE"] = "deepchorus"
    refused = program.run("highlight", song)
    assert refused.returncode != 0
    assert "no DeepChorus network" in refused.stderr


def test_a_folder_without_marks_is_told(program: Program, tmp_path: Path) -> None:
    done = program.run("train", "highlight", tmp_path)
    assert done.returncode != 0
    assert "no song is marked" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)
def test_deepchorus_is_trained_from_the_command_line_and_used(
    program: Program, songs: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.onnx"
    process = program.start(
        "train", "highlight", songs, "-o", mine, "--network", "deepchorus", "--json",
        "--epochs", "1", "--steps", "1", "--batch", "1", "--crop", "9", "--work", tmp_path / "w",
    )  # fmt: skip
    try:
        told, complaint = process.communicate(timeout=800)
    finally:
        process.kill()
    assert process.returncode == 0, complaint
    facts = json.loads(told)
    assert (facts["n_epochs"], facts["left_out"]) == (1, ["broken.wav"])
    program.environment["UTAWAKU_HIGHLIGHT__ENGINE"] = "deepchorus"
    program.environment["UTAWAKU_HIGHLIGHT__WEIGHTS"] = str(mine)
    used = program.run("highlight", songs / "korobeiniki.wav", "--json")
    assert used.returncode == 0, used.stderr
    (row,) = json.loads(used.stdout)["highlights"]
    assert max(row["curve"]) == 1
