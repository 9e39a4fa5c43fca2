"""`utawaku highlight`: the half minute below the curve, and DeepChorus by its published file."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.models.separation import write_wav
from tests.models.test_deepchorus import random_weights, write_published
from utawaku.demo import render_song

RATE = 11_025


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up song with choruses, and beside it the spans of these."""
    made = render_song("korobeiniki", seconds=75, sample_rate_hz=RATE, seed=1)
    path = tmp_path_factory.mktemp("song") / "song.wav"
    write_wav(path, made.mix, RATE)
    path.with_suffix(".json").write_text(json.dumps([list(one) for one in made.chorus_spans]))
    return path


def of(command_line: CommandLine, song: Path) -> dict[str, object]:
    done = command_line.run("highlight", song, "--json")
    assert done.exit_code == 0, done.stderr
    (row,) = json.loads(done.stdout)["highlights"]
    found: dict[str, object] = row
    return found


def test_the_highlight_has_the_largest_area_below_the_curve_and_a_chorus_in_it(
    command_line: CommandLine, song: Path
) -> None:
    found = of(command_line, song)
    start_s, stop_s = float(str(found["start_s"])), float(str(found["stop_s"]))
    curve = np.array(found["curve"], float)
    assert stop_s - start_s == 30
    areas = np.convolve(curve, np.ones(30), "valid")
    assert areas[round(start_s)] == pytest.approx(areas.max(), rel=0.02)
    choruses = json.loads(song.with_suffix(".json").read_text())
    inside = sum(max(0.0, min(stop_s, stop) - max(start_s, start)) for start, stop in choruses)
    assert inside > 10


def test_deepchorus_listens_by_the_published_file_and_by_no_other(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, song: Path, tmp_path: Path
) -> None:
    shipped = of(command_line, song)["curve"]
    published = tmp_path / "published.h5"
    write_published(published, random_weights(1))
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__ENGINE", "deepchorus")
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__WEIGHTS", str(published))
    first = of(command_line, song)["curve"]
    assert np.ptp(np.array(first, float)) > 0
    assert first != shipped
    # The weights of the file are those that are heard.
    write_published(tmp_path / "other.h5", random_weights(2))
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__WEIGHTS", str(tmp_path / "other.h5"))
    assert of(command_line, song)["curve"] != first
    published.write_bytes(published.read_bytes()[:2_000])
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__WEIGHTS", str(published))
    refused = command_line.run("highlight", song)
    assert refused.exit_code == 6
    assert "published.h5" in refused.stderr


def test_marks_of_every_kind_are_targets_from_0_to_1_and_another_one_is_named(
    command_line: CommandLine, tmp_path: Path
) -> None:
    marks = {
        "spans.chorus.csv": "20,50\n",
        "points.curve.csv": "0,0.1\n20,0.1\n21,0.9\n49,0.9\n50,0.1\n60,0.1\n",
        "seconds.curve.json": json.dumps([0.1] * 20 + [0.9] * 30 + [0.1] * 10),
        "replayed.curve.json": json.dumps(
            [
                {"start_time": at, "end_time": at + 5, "value": 0.9 if 20 <= at < 50 else 0.1}
                for at in range(0, 60, 5)
            ]
        ),
    }
    rng = np.random.default_rng(0)
    for name, text in marks.items():
        write_wav(tmp_path / f"{name.split('.')[0]}.wav", rng.uniform(-0.1, 0.1, (1, 60 * RATE)),
                  RATE)  # fmt: skip
        (tmp_path / name).write_text(text, "utf-8")
    done = command_line.run("train", "evaluate", "highlight", tmp_path, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    # The best half minute of each is 20 to 50: the middle one, 15 to 45, has 25 s of it.
    assert told["baselines"]["middle"]["iou"] == pytest.approx(25 / 35, abs=0.06)
    (tmp_path / "seconds.curve.json").write_text(json.dumps([0.1] * 30 + [1.5] * 30), "utf-8")
    refused = command_line.run("train", "evaluate", "highlight", tmp_path)
    assert refused.exit_code == 1
    assert "seconds.curve.json: interest lies outside 0 and 1" in refused.stderr
