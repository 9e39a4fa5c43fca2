"""The acoustic segmenter and the classic song rules, by their commands from training to lists."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.commands.conftest import CommandLine
from tests.models.separation import write_wav
from tests.models.song_files import write
from utawaku.commands.app import app
from utawaku.library.exports import parse_segmented_tsv
from utawaku.library.extras import is_installed
from utawaku.media.probe import probe

RATE = 16_000


def talk(seconds: float, pitch_hz: float = 170.0) -> np.ndarray:
    """Tones that swell, as the speech of these tests: (n_samples,)."""
    at = np.arange(round(seconds * RATE)) / RATE
    return 0.3 * np.sin(2 * np.pi * pitch_hz * at) * (at % 0.3 < 0.2)


def music(seconds: float, seed: int = 0) -> np.ndarray:
    """Steady noise, as all that is not speech: (n_samples,)."""
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


@pytest.fixture(scope="module")
def musan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus as MUSAN is unpacked: kind/source/file, far more music and noise than speech."""
    folder = tmp_path_factory.mktemp("musan")
    for number in range(3):
        for kind, samples in (
            ("speech", talk(2, 150 + 20 * number)),
            ("music", music(8, number)),
            ("noise", music(4, 10 + number)),
        ):
            path = folder / kind / "source" / f"{kind}-{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, samples[None], RATE)
    return folder


@pytest.fixture(scope="module")
def network(musan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that the command trained."""
    path = tmp_path_factory.mktemp("network") / "mine.onnx"
    asked = ["train", "segmenter", str(musan), "-o", str(path), "--epochs", "80"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    return path


def test_musan_as_it_is_unpacked_trains_a_network_that_knows_the_rarer_class_as_well(
    command_line: CommandLine, musan: Path, network: Path
) -> None:
    done = command_line.run("train", "evaluate", "segmenter", musan, "--network", network, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    frames = {label: row["n_frames"] for label, row in told["labels"].items()}
    assert frames == {"speech": 3 * 200, "music": 3 * 800, "noise": 3 * 400}
    assert told["recall"] > 0.9
    assert told["accuracy"] > 0.9


def test_short_runs_are_smoothed_and_a_row_has_path_spans_and_share(
    command_line: CommandLine, network: Path, tmp_path: Path
) -> None:
    # Noise of 0.4 s in speech becomes speech, and speech of 1 s in music does not stay.
    parts = [music(5), talk(4), music(0.4), talk(4), music(5), talk(1), music(5)]
    file = write_wav(tmp_path / "evening.wav", np.concatenate(parts)[None], RATE)
    done = command_line.run("segment", file, "--tsv", "--engine", network)
    assert done.exit_code == 0, done.stderr
    (line,) = done.stdout.splitlines()
    form = r"(\t\d+\.\d+)+\tspeech_ratio: \d+\.\d\d% \(\d+ / 2441\)"
    assert re.fullmatch(re.escape(str(file)) + form, line), line
    ((path, spans, _share),) = parse_segmented_tsv(done.stdout)
    assert path == str(file)
    ((first, last),) = spans
    assert first == pytest.approx(5.0, abs=0.3)
    assert last == pytest.approx(13.4, abs=0.3)


def test_any_kind_of_file_and_rate_is_heard_alike_and_speech_is_sliced(
    command_line: CommandLine, network: Path, tmp_path: Path
) -> None:
    sound = np.concatenate([music(4), talk(5), music(4)])
    write_wav(tmp_path / "a.wav", sound[None], RATE)
    for name, codec in (("b.mp3", "libmp3lame"), ("c.m4a", "aac"), ("d.flac", "flac")):
        write(tmp_path / name, np.stack([sound, sound]).astype(np.float32), RATE, codec)
    slices = tmp_path / "slices"
    done = command_line.run(
        "segment", tmp_path, "--engine", network, "--tsv", "--slices", slices, "--at-once", "1"
    )
    assert done.exit_code == 0, done.stderr
    rows = parse_segmented_tsv((tmp_path / "segmented.tsv").read_text("utf-8"))
    assert [Path(path).name for path, *_ in rows] == ["a.wav", "b.mp3", "c.m4a", "d.flac"]
    for _path, ((first, last),), _share in rows:
        assert first == pytest.approx(4.0, abs=0.4)
        assert last == pytest.approx(9.0, abs=0.4)
    files = sorted(slices.rglob("*.flac"))
    assert len(files) == 4
    for file in files:
        assert probe(file).duration_s == pytest.approx(5, abs=0.8)


def test_features_are_kept_and_more_epochs_go_on_to_the_network_of_one_training(
    command_line: CommandLine, musan: Path, tmp_path: Path
) -> None:
    folder, other = tmp_path / "corpus", tmp_path / "other"
    for copy in (folder, other):
        shutil.copytree(musan, copy, ignore=shutil.ignore_patterns("features", "training.npz"))

    def train(corpus: Path, name: str, epochs: int) -> bytes:
        path = tmp_path / name
        done = command_line.run(
            "train", "segmenter", corpus, "-o", path, "--epochs", str(epochs), "--json"
        )
        assert done.exit_code == 0, done.stderr
        return path.read_bytes()

    fewer = train(folder, "fewer.onnx", 3)
    kept = {file: file.stat().st_mtime_ns for file in (folder / "features").rglob("*.npz")}
    assert len(kept) == 9
    victim = next(iter(kept))
    victim.write_bytes(b"damaged")
    more = train(folder, "more.onnx", 6)
    changed = [file for file, at in kept.items() if file.stat().st_mtime_ns != at]
    assert changed == [victim]
    assert more != fewer
    assert more == train(other, "whole.onnx", 6)


@pytest.mark.skipif(not is_installed("train"), reason="needs the extra `train`")
def test_a_saved_model_that_training_wrote_says_what_the_network_says(
    command_line: CommandLine, musan: Path, tmp_path: Path
) -> None:
    saved, own = tmp_path / "saved", tmp_path / "own.onnx"
    trained = command_line.run(
        "train", "segmenter", musan, "-o", own, "--saved-model", saved, "--epochs", "5"
    )
    assert trained.exit_code == 0, trained.stderr
    file = write_wav(tmp_path / "x.wav", np.concatenate([music(3), talk(3)])[None], RATE)
    said = [command_line.run("segment", file, "--tsv", "--engine", one) for one in (own, saved)]
    assert said[0].stdout == said[1].stdout != ""


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A timeline that has each case of the classic rules; the spans are in the tests."""
    parts = [
        music(70), talk(20),  # 0: touches the start
        music(70), np.zeros(RATE), music(39), talk(30),  # 90 to 200, with a silence of 1 s
        music(65), talk(25),  # 230 to 295: 68 s when padded
        music(70), talk(7), music(68), talk(25),  # 320 to 390 and 397 to 465: 4 s apart when padded
        music(90),  # 490: touches the end
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("evening") / "evening.wav"
    return write_wav(path, np.concatenate(parts)[None], RATE)


@pytest.mark.parametrize(
    ("settings", "songs"),
    [
        ({}, [(89, 202), (319, 467)]),
        ({"MIN_SONG_S": "60"}, [(89, 202), (229, 297), (319, 467)]),
        ({"MIN_SONG_S": "60", "KEEP_MUSIC_S": "66"}, [(89, 202), (319, 467)]),
        ({"MERGE_GAP_S": "2", "MIN_SONG_S": "72"}, [(89, 202), (319, 392)]),
        ({"BRIDGE_SILENCE_S": "0.3"}, [(319, 467)]),
        ({"PAD_BEFORE_S": "3", "PAD_AFTER_S": "0"}, [(87, 200), (317, 465)]),
        ({"EDGE_S": "100"}, [(319, 467)]),
    ],
)
def test_the_classic_strategy_finds_what_its_published_rules_say(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, network: Path, evening: Path,
    settings: dict[str, str], songs: list[tuple[float, float]],
) -> None:  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"UTAWAKU_SONGS__CLASSIC_{name}", value)
    done = command_line.run(
        "segment", evening, "--strategy", "classic", "--engine", network, "--json"
    )
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)["songs"]
    assert len(found) == len(songs), found
    for (start_s, stop_s), (wanted_start_s, wanted_stop_s) in zip(found, songs, strict=True):
        assert start_s == pytest.approx(wanted_start_s, abs=0.7)
        assert stop_s == pytest.approx(wanted_stop_s, abs=0.7)
