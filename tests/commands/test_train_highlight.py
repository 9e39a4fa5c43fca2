"""`utawaku train highlight` and `utawaku highlight` with what it wrote."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.conftest import Program
from tests.models.separation import write_wav
from utawaku.demo import render_song
from utawaku.models.training import highlight_augmentations

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_song_with_only_a_curve_trains_the_small_network_and_measures_it(
    command_line: CommandLine, songs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "curves"
    folder.mkdir()
    for name in ("korobeiniki", "ode_to_joy", "amazing_grace"):
        (folder / f"{name}.wav").symlink_to(songs / f"{name}.wav")
        curve = [0.1] * 20 + [0.9] * 30 + [0.1] * 10
        (folder / f"{name}.curve.json").write_text(json.dumps(curve), "utf-8")
    mine = tmp_path / "mine.npz"
    trained = command_line.run("train", "highlight", folder, "-o", mine, "--json")
    assert trained.exit_code == 0, trained.stderr
    assert json.loads(trained.stdout)["n_songs"] == 3
    measured = command_line.run(
        "train", "evaluate", "highlight", folder, "--network", mine, "--json"
    )
    assert measured.exit_code == 0, measured.stderr
    told = json.loads(measured.stdout)
    # It has learned from these songs.
    assert told["model"]["gain"] > told["baselines"]["middle"]["gain"]


def test_picks_that_need_no_model_are_measured_against_a_curve(
    command_line: CommandLine, tmp_path: Path
) -> None:
    swell = np.linspace(0.01, 0.5, 60 * RATE) * np.sin(np.arange(60 * RATE) * 0.3)
    write_wav(tmp_path / "song.wav", swell[None].astype(np.float32), RATE)
    curve = [0.1] * 20 + [0.9] * 30 + [0.1] * 10
    (tmp_path / "song.curve.json").write_text(json.dumps(curve), "utf-8")
    measured = command_line.run("train", "evaluate", "highlight", tmp_path, "--json")
    assert measured.exit_code == 0, measured.stderr
    told = json.loads(measured.stdout)["baselines"]
    # The best half minute is 20 to 50, the middle one 15 to 45, the loudest 30 to 60.
    assert told["middle"]["iou"] == pytest.approx(25 / 35, abs=0.01)
    assert told["middle"]["coverage"] == pytest.approx((25 * 0.9 + 5 * 0.1) / 30, abs=0.01)
    assert told["start_at_30"]["iou"] == pytest.approx(20 / 40, abs=0.01)
    assert told["loudest"]["iou"] == pytest.approx(20 / 40, abs=0.01)


def test_a_model_is_measured_beside_picks_that_need_none_and_a_bad_song_is_named(
    command_line: CommandLine, songs: Path
) -> None:
    done = command_line.run("train", "evaluate", "highlight", songs)
    assert done.exit_code == 1
    assert "broken.wav" in done.stderr
    for word in ("gain", "IoU", "model", "the middle", "from 0:30 on", "the loudest", "4 songs"):
        assert word in done.stdout


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


RANGES = {
    "stretched": (0.75, 1.25),
    "affine_in_time": (0.8, 1.2),
    "affine_in_frequency": (0.8, 1.2),
    "transposed": (-11, 11),
    "seconds_lost": (1, 5),
    "bands_lost": (1, 5),
}
"""The published changes, and how much of each."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)
def test_deepchorus_learns_from_songs_changed_in_each_of_six_ways(
    command_line: CommandLine, songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranges: dict[str, list[float]] = {name: [] for name in RANGES}

    def noted(name: str) -> Callable[..., object]:
        change = getattr(highlight_augmentations, name)

        def changed(*arguments: object) -> object:
            (amount,) = [one for one in arguments if isinstance(one, int | float)]
            ranges[name].append(float(amount))
            return change(*arguments)

        return changed

    for name in RANGES:
        monkeypatch.setattr(highlight_augmentations, name, noted(name))
    done = command_line.run(
        "train", "highlight", songs, "-o", tmp_path / "mine.onnx", "--network", "deepchorus",
        "--epochs", "1", "--steps", "8", "--batch", "3", "--crop", "9", "--work", tmp_path / "w",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    for name, (least, most) in RANGES.items():
        assert len(ranges[name]) > 3, f"{name} was made by chance"
        assert len(ranges[name]) < 8 * 3, f"{name} was made always"
        assert least <= min(ranges[name]) < max(ranges[name]) <= most
