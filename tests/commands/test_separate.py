"""`utawaku separate`: pieces between subtitles and back, changed vocals, broken networks."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.audio import load
from tests.conftest import Program
from tests.models.separation import write_wav

RATE = 16_000
SUBTITLES = """1
00:00:02,000 --> 00:00:03,250
first line

2
00:00:04,500 --> 00:00:05,000
second line
"""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    time = np.arange(8 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 330 * time) * (np.sin(2 * np.pi * 3 * time) > 0)
    return write_wav(
        tmp_path / "evening.wav",
        np.stack([tone, tone]) + rng.uniform(-0.1, 0.1, (2, 8 * RATE)),
        RATE,
    )


def grid(path: Path) -> np.ndarray:
    samples, _ = load(path)
    return np.rint(np.atleast_2d(samples) * 32768).astype(int)


def test_pieces_of_a_slice_with_shifted_subtitles_join_to_the_slice_and_one_can_be_changed(
    program: Program, tmp_path: Path, recording: Path
) -> None:
    subtitles = tmp_path / "lines.srt"
    subtitles.write_text(SUBTITLES)
    span = ["--start", "1.5", "--stop", "7.25", "--shift", "0.5"]
    done = program.run(
        "separate", recording, "-o", tmp_path, "--subtitles", subtitles, *span, "--json"
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "evening pieces"
    rows = json.loads((folder / "pieces.json").read_text("utf-8"))["pieces"]
    assert [(row["start_s"], row["stop_s"], row["text"]) for row in rows] == [
        (0.0, 1.0, ""),
        (1.0, 2.25, "first line"),
        (2.25, 3.5, ""),
        (3.5, 4.0, "second line"),
        (4.0, 5.75, ""),
    ]
    expected = grid(recording)[:, round(1.5 * RATE) : round(7.25 * RATE)]
    voice = grid(folder / "0002.vocals.flac") / 32768 * 0.5
    write_wav(folder / "0002.changed.wav", voice, RATE)
    joined = program.run("separate", folder, "-o", tmp_path / "out", "--json")
    assert joined.returncode == 0, joined.stderr
    (told,) = json.loads(joined.stdout)["separated"]
    assert told["n_changed"] == 1
    mix = grid(tmp_path / "out" / "evening.mix.flac")
    assert mix.shape == expected.shape
    touched = slice(RATE, round(2.25 * RATE))
    same = np.ones(mix.shape[1], bool)
    same[touched] = False
    np.testing.assert_array_equal(mix[:, same], expected[:, same])
    band = grid(tmp_path / "out" / "evening.accompaniment.flac")
    half = grid(folder / "0002.changed.wav")
    np.testing.assert_array_equal(mix[:, touched], band[:, touched] + half)


def test_a_broken_checkpoint_is_an_error_and_never_audio(tmp_path: Path, recording: Path) -> None:
    weights = tmp_path / "own-weights"
    weights.mkdir()
    (weights / "2stems.tar.gz").write_bytes(b"\x1f\x8b" + b"\0" * 5_000)
    own = Program(tmp_path / "own", weights)
    done = own.run("separate", recording, "-o", tmp_path / "out", "--engine", "spleeter")
    assert done.returncode
    assert "sha256" in done.stderr
    assert not list(tmp_path.glob("out/*"))


def test_a_damaged_network_of_ours_is_made_again(tmp_path: Path, recording: Path) -> None:
    weights = tmp_path / "own-weights"
    weights.mkdir()
    own = Program(tmp_path / "own", weights)
    first = own.run("separate", recording, "-o", tmp_path / "one", "--stop", "0.5")
    assert first.returncode == 0, first.stderr
    (network,) = weights.glob("vocal-unet*.onnx")
    whole = network.read_bytes()
    network.write_bytes(whole[:5_000])
    second = own.run("separate", recording, "-o", tmp_path / "two", "--stop", "0.5")
    assert second.returncode == 0, second.stderr
    assert network.read_bytes() == whole
    one, two = (tmp_path / folder / "evening.vocals.flac" for folder in ("one", "two"))
    np.testing.assert_array_equal(grid(one), grid(two))


def test_an_engine_that_is_not_installed_says_how(
    program: Program, tmp_path: Path, recording: Path
) -> None:
    done = program.run(
        "separate", recording, "-o", tmp_path / "out", "--engine", "spleeter-reference"
    )
    assert done.returncode
    assert "install-reference" in done.stderr
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
