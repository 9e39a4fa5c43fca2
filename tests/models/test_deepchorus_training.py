"""Training DeepChorus: folders, augmentations, parity with Keras, and a kill in the middle."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.models.separation import write_wav
from tests.models.test_deepchorus import random_weights
from utawaku.library.errors import ConfigError
from utawaku.models.highlight.deepchorus.architecture import CHUNK, N_MELS
from utawaku.models.highlight.deepchorus.graph import to_onnx
from utawaku.models.highlight.deepchorus.mel import FRAMES_PER_S, mel_of
from utawaku.models.highlight.deepchorus.model import DeepChorus
from utawaku.models.training.highlight_augmentations import (
    affine_in_frequency,
    affine_in_time,
    augmented,
    bands_lost,
    crop,
    seconds_lost,
    stretched,
    transposed,
)
from utawaku.models.training.highlight_songs import marked_songs, read_interest, read_songs

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra `train`"
)
ROOT = Path(__file__).resolve().parents[2]
RATE = 22_050


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scraps of songs; where they are bright and loud, they are of interest."""
    folder = tmp_path_factory.mktemp("songs")
    rng = np.random.default_rng(5)
    for number in range(4):
        loud = np.repeat(0.05 + 0.3 * (np.arange(20) // 5 % 2 == number % 2), RATE)
        sound = rng.normal(0, 1, len(loud)) * loud
        write_wav(folder / f"song {number}.wav", sound[None].astype(np.float32), RATE)
        spans = [(5 * i, 5 * i + 5) for i in range(4) if i % 2 == number % 2]
        lines = "".join(f"{start},{stop}\n" for start, stop in spans)
        (folder / f"song {number}.chorus.csv").write_text(lines, "utf-8")
    (folder / "song 9.chorus.csv").write_text("0,1", "utf-8")
    (folder / "song 9.mp3").write_bytes(b"broken")
    return folder


def test_marks_of_every_kind_become_a_value_a_second(tmp_path: Path) -> None:
    chorus, curve = tmp_path / "a.chorus.csv", tmp_path / "a.curve.csv"
    told, heat = tmp_path / "a.curve.json", tmp_path / "b.curve.json"
    chorus.write_text("1.5,3\n", "utf-8")
    np.testing.assert_allclose(read_interest(chorus, 4.0), [0, 0.5, 1, 0])
    curve.write_text("0.5,0\n2.5,1\n", "utf-8")
    np.testing.assert_allclose(read_interest(curve, 4.0), [0, 0.5, 1, 1])
    told.write_text("[0, 0.25, 1]", "utf-8")
    np.testing.assert_allclose(read_interest(told, 3.0), [0, 0.25, 1])
    rows = ",".join(f'{{"start_time": {i}, "end_time": {i + 1}, "value": {i / 4}}}' for i in (0, 4))
    heat.write_text(f"[{rows}]", "utf-8")
    np.testing.assert_allclose(read_interest(heat, 5.0), [0, 0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.curve.csv", "0,1.5\n3,0\n", "outside 0 and 1"),
        ("a.curve.json", "[0.5, 0.5]", "more interest than the rest"),
        ("a.curve.json", "{}", "not a list"),
        ("a.chorus.csv", "1-2\n", "not as it should be"),
    ],
)
def test_marks_that_make_no_sense_are_told(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=problem):
        read_interest(tmp_path / name, 4.0)


def test_a_folder_without_marks_or_songs_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no song is marked"):
        marked_songs(tmp_path)
    (tmp_path / "[a].chorus.csv").write_text("0,1", "utf-8")
    with pytest.raises(ConfigError, match="no song of this name"):
        marked_songs(tmp_path)
    (tmp_path / "[a].mp3").write_bytes(b"")
    (tmp_path / "[a].curve.json").write_text("[0, 1]", "utf-8")
    with pytest.raises(ConfigError, match="marked twice"):
        marked_songs(tmp_path)


def test_spectrograms_are_kept_and_a_damaged_one_is_made_anew(folder: Path, tmp_path: Path) -> None:
    first, left_out = read_songs(folder, tmp_path)
    assert [name for name, _ in left_out] == ["song 9.mp3"]
    assert [song.name for song in first] == [f"song {i}" for i in range(4)]
    assert first[0].mel.shape == (1 + 20 * RATE // 512, N_MELS)
    kept = sorted(tmp_path.glob("*.npy"))
    kept[0].write_bytes(kept[0].read_bytes()[:100])
    again, _ = read_songs(folder, tmp_path)
    assert all(np.array_equal(a.mel, b.mel) for a, b in zip(first, again, strict=True))


def test_time_and_the_curve_move_together() -> None:
    mel = np.zeros((400, N_MELS), np.float32)
    interest = np.zeros(400, np.float32)
    mel[200:300] = interest[200:300] = 1
    for change in (lambda: stretched(mel, interest, 0.75), lambda: stretched(mel, interest, 1.25),
                   lambda: affine_in_time(mel, interest, 0.8),
                   lambda: affine_in_time(mel, interest, 1.2)):  # fmt: skip
        moved, curve = change()
        np.testing.assert_allclose(moved[:, 7], curve, atol=1e-6)
    assert len(stretched(mel, interest, 0.75)[0]) == 300
    longer, _ = affine_in_time(mel, interest, 1.2)
    assert len(longer) == 400
    assert longer[:, 0].sum() == pytest.approx(120, abs=1)


def test_a_tone_is_moved_by_semitones() -> None:
    time_s = np.arange(RATE) / RATE
    mel, higher = (mel_of(np.sin(2 * np.pi * hz * time_s).astype(np.float32))
                   for hz in (440.0, 440.0 * 2 ** (7 / 12)))  # fmt: skip
    moved = transposed(mel, 7)
    assert moved.mean(axis=0).argmax() == pytest.approx(higher.mean(axis=0).argmax(), abs=1)
    assert transposed(mel, -11).shape == mel.shape
    # Nothing is heard from above the spectrogram.
    assert transposed(np.ones((3, N_MELS), np.float32), -11)[:, -5:].max() == 0


def test_bands_are_spread_about_the_middle_one() -> None:
    mel = np.zeros((2, N_MELS), np.float32)
    mel[:, 100] = 1
    assert affine_in_frequency(mel, 1.2)[0].argmax() == pytest.approx(63.5 + 36.5 * 1.2, abs=1)
    assert affine_in_frequency(mel, 0.8)[0].argmax() == pytest.approx(63.5 + 36.5 * 0.8, abs=1)


def test_seconds_and_bands_are_lost() -> None:
    rng = np.random.default_rng(0)
    mel = np.ones((1_000, N_MELS), np.float32)
    assert (seconds_lost(mel, 5.0, rng).sum(axis=1) == 0).sum() == round(5 * FRAMES_PER_S)
    assert (bands_lost(mel, 5, rng).sum(axis=0) == 0).sum() == 5
    assert mel.min() == 1


def test_a_crop_has_a_value_for_43_frames_and_silence_behind_a_short_song() -> None:
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 1, 100).astype(np.float32)
    mel, values = crop(np.ones((100, N_MELS), np.float32), ramp, 9, rng)
    assert mel.shape == (9 * CHUNK, N_MELS)
    np.testing.assert_allclose(values[:2], [ramp[:43].mean(), ramp[43:86].mean()], rtol=1e-5)
    assert values[3:].max() == 0
    for seed in range(30):
        changed, curve = augmented(
            np.ones((500, N_MELS), np.float32), np.resize(ramp, 500), np.random.default_rng(seed)
        )
        assert len(changed) == len(curve)
        assert np.isfinite(changed).all()
        assert 0 <= curve.min() <= curve.max() <= 1.0001


@needs_tensorflow
@pytest.mark.parametrize("pool", [1, 9])
def test_keras_and_onnx_agree(pool: int) -> None:
    from utawaku.models.training.deepchorus_network import get_weights, keras_network, set_weights

    weights = random_weights(2)
    network = keras_network(pool=pool)
    assert sum(int(np.prod(one.shape)) for one in network.trainable_weights) == 4_972_033
    set_weights(network, weights)
    kept = get_weights(network)
    assert all(np.array_equal(kept[name], weights[name]) for name in weights)
    run = DeepChorus(to_onnx(weights, pool=pool), "test", threads=1)
    # One, several and no whole number of the pieces in which the graph goes through a song.
    for n_frames in (387, 9 * 43 * 4, 9 * 43 * 6):
        mel = np.abs(np.random.default_rng(n_frames).normal(0, 1, (n_frames, N_MELS)))
        by_keras = np.asarray(network(mel[None].astype(np.float32)))[0]
        np.testing.assert_allclose(run.values(mel.astype(np.float32)), by_keras, atol=1e-4)


TRAIN = """
import sys
from pathlib import Path
from utawaku.models.training.deepchorus import train_deepchorus
made = train_deepchorus(Path(sys.argv[1]), Path(sys.argv[2]), n_epochs=int(sys.argv[3]), n_steps=2,
                        batch=2, n_values=9)
Path(sys.argv[2], "made.onnx").write_bytes(made.model)
print(made.n_epochs_before, made.n_epochs, made.quality.error)
"""


def _train(folder: Path, work: Path, n_epochs: int) -> list[str]:
    work.mkdir(exist_ok=True)
    return [sys.executable, "-c", TRAIN, str(folder), str(work), str(n_epochs)]


def _environment() -> dict[str, str]:
    one = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    return {**os.environ, **one, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@needs_tensorflow
def test_a_training_that_was_killed_ends_as_one_that_was_not(folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "killed" / "deepchorus.npz"
    process = subprocess.Popen(
        _train(folder, tmp_path / "killed", 1_000), cwd=ROOT, env=_environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 600
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    with np.load(state) as kept:
        n_done = int(kept["numbers"][0])
    runs = [
        subprocess.run(
            _train(folder, tmp_path / name, n_done + 1), cwd=ROOT, env=_environment(),
            capture_output=True, text=True, timeout=600, check=True,
        ).stdout.split()
        for name in ("killed", "whole")
    ]  # fmt: skip
    (before, epochs, error), (_, _, expected) = runs
    assert int(before) == n_done >= 1
    assert int(epochs) == n_done + 1
    assert float(error) == pytest.approx(float(expected), rel=1e-4)
    mel = np.abs(np.random.default_rng(0).normal(0, 1, (900, N_MELS))).astype(np.float32)
    killed, whole = (DeepChorus.load(tmp_path / name / "made.onnx").values(mel)
                     for name in ("killed", "whole"))  # fmt: skip
    np.testing.assert_allclose(killed, whole, atol=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(900)
@needs_tensorflow
def test_it_learns_and_another_training_is_not_gone_on_with(folder: Path, tmp_path: Path) -> None:
    from utawaku.models.training.deepchorus import CHECKPOINT, train_deepchorus

    told: list[str] = []
    made = train_deepchorus(
        folder, tmp_path, n_epochs=1, n_steps=12, batch=2, n_values=18,
        progress=lambda _, message: told.append(message),
    )  # fmt: skip
    assert told[-1] == "epoch 1 of 1"
    assert (made.n_epochs, made.n_epochs_before, made.quality.n_songs) == (1, 0, 1)
    assert 0 <= made.quality.iou <= 1
    with pytest.raises(ConfigError, match="other songs or settings"):
        train_deepchorus(folder, tmp_path, n_epochs=2, n_steps=3, batch=2, n_values=18)
    (tmp_path / CHECKPOINT).write_bytes(b"PK broken")
    with pytest.raises(ConfigError, match="cannot be read"):
        train_deepchorus(folder, tmp_path, n_epochs=2, n_steps=12, batch=2, n_values=18)
    (tmp_path / "made.onnx").write_bytes(made.model)
    assert DeepChorus.load(tmp_path / "made.onnx").values(np.zeros((90, N_MELS), np.float32)).size
