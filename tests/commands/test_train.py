"""`utawaku train`: from a folder to a network, through a kill, past files that are broken."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Program
from tests.models.separation import write_wav
from utawaku.models.mfcc_segmenter import BacsSegmenter

RATE = 16_000


def folder_of_sounds(folder: Path) -> Path:
    """Tones that swell for speech, steady noise for the rest; two files that are broken."""
    folder.mkdir()
    time_s = np.arange(3 * RATE) / RATE
    for number in range(4):
        rng = np.random.default_rng(number)
        tone = 0.3 * np.sin(2 * np.pi * (150 + 20 * number) * time_s)
        write_wav(folder / f"speech-{number}.wav", (tone * (time_s % 0.3 < 0.2))[None], RATE)
        noise = 0.1 * rng.standard_normal((1, 3 * RATE))
        write_wav(folder / f"{'music' if number % 2 else 'noise'}-{number}.wav", noise, RATE)
    (folder / "music-broken.wav").write_bytes(b"\0" * 100)
    (folder / "speech-empty.wav").touch()
    return folder


@pytest.mark.slow
def test_a_segmenter_trained_through_a_kill_is_the_one_trained_at_a_stretch(
    program: Program, tmp_path: Path
) -> None:
    folder = folder_of_sounds(tmp_path / "sounds")
    epochs = ("--epochs", "200")
    process = program.start("train", "segmenter", folder, "-o", tmp_path / "killed.onnx", *epochs)
    try:
        deadline = time.monotonic() + 240
        while not (folder / "training.npz").exists() and process.poll() is None:
            assert time.monotonic() < deadline, "the training never began"
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
    other = tmp_path / "again"
    shutil.copytree(folder, other, ignore=shutil.ignore_patterns("training.npz", "features"))
    done = program.run(
        "train", "segmenter", folder, "-o", tmp_path / "resumed.onnx", *epochs, "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["left_out"] == ["music-broken.wav", "speech-empty.wav"]
    assert told["accuracy"] > 0.9
    assert "music-broken.wav" in done.stderr
    whole = program.run("train", "segmenter", other, "-o", tmp_path / "whole.onnx", *epochs)
    assert whole.returncode == 0, whole.stderr
    assert (tmp_path / "resumed.onnx").read_bytes() == (tmp_path / "whole.onnx").read_bytes()
    heard = BacsSegmenter(tmp_path / "whole.onnx").listen(folder / "noise-0.wav")
    assert [segment.label for segment in heard.segments] == ["music"]


def test_a_folder_that_will_not_do_says_what_is_wanted(program: Program, tmp_path: Path) -> None:
    for kind, wanted in (("segmenter", "music-"), ("separator", "accompaniment")):
        done = program.run("train", kind, tmp_path)
        assert done.returncode
        # Without TensorFlow the separator cannot be trained, and says that first.
        assert wanted in done.stderr or "utawaku[train]" in done.stderr
        done = program.run("train", kind, tmp_path / "missing")
        assert done.returncode
        assert "no such folder" in done.stderr
