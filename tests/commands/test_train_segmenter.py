"""`utawaku train segmenter` and `train evaluate segmenter` on corpora of several layouts."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.models.separation import write_wav
from utawaku.library.extras import is_installed

RATE = 16_000


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Tones that swell in talk/, steady noise in crowd/, and a broken file."""
    folder = tmp_path / "corpus"
    time_s = np.arange(2 * RATE) / RATE
    for number in range(4):
        tone = 0.3 * np.sin(2 * np.pi * (150 + 20 * number) * time_s) * (time_s % 0.3 < 0.2)
        noise = 0.1 * np.random.default_rng(number).standard_normal(2 * RATE)
        for name, samples in (("talk", tone), ("crowd", noise)):
            path = folder / name / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, samples[None], RATE)
    (folder / "crowd" / "broken.wav").write_bytes(b"\0" * 100)
    return folder


def test_a_network_trained_by_a_rule_of_labels_is_measured_by_it(
    command_line: CommandLine, tmp_path: Path, corpus: Path
) -> None:
    network = tmp_path / "mine.onnx"
    rule = ("--labels", "folder", "--speech", "talk", "--json")
    trained = command_line.run("train", "segmenter", corpus, "-o", network, "--epochs", "60", *rule)
    assert trained.exit_code == 0, trained.stderr
    assert json.loads(trained.stdout)["left_out"] == ["crowd/broken.wav"]
    measured = command_line.run(
        "train", "evaluate", "segmenter", corpus, "--network", network, *rule
    )
    assert measured.exit_code == 1  # one file cannot be read
    told = json.loads(measured.stdout)
    assert told["left_out"] == ["crowd/broken.wav"]
    assert told["n_frames"] == 8 * 200
    assert told["accuracy"] > 0.9
    assert told["f1"] > 0.9
    assert {label: row["n_frames"] for label, row in told["labels"].items()} == {
        "crowd": 800, "talk": 800,
    }  # fmt: skip
    (corpus / "crowd" / "broken.wav").unlink()
    shown = command_line.run(
        "train", "evaluate", "segmenter", corpus, "--network", network, *rule[:-1], "--limit", "1"
    )
    assert shown.exit_code == 0, shown.stderr
    assert "400 frames" in shown.stdout
    assert "F1" in shown.stdout
    assert "talk" in shown.stdout


@pytest.mark.skipif(is_installed("train"), reason="TensorFlow is installed")
def test_a_saved_model_without_tensorflow_says_what_to_install_and_keeps_the_network(
    command_line: CommandLine, tmp_path: Path, corpus: Path
) -> None:
    network = tmp_path / "mine.onnx"
    done = command_line.run(
        "train", "segmenter", corpus, "-o", network, "--labels", "folder", "--speech", "talk",
        "--epochs", "1", "--saved-model", tmp_path / "saved",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "utawaku[train]" in done.stderr
    assert network.is_file()
