"""The segmenter against what the unmodified inaSpeechSegmenter says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from tests.models.segmenter_media import CASES, music_like, silence, speech_like, write_wav
from utawaku.library.errors import MediaError, NoAudioError, NotMediaError, TruncatedMediaError
from utawaku.models.segmentation import SLOT_S, Segmentation, n_hops
from utawaku.models.segmenter import Segmenter
from utawaku.models.segmenter.certificate import settle
from utawaku.models.segmenter.viterbi import decode, decode_pair, energy_activity, reflected_sums

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "segmenter"
RUNNER = ROOT / "models" / "reference" / "inaspeech" / "run.py"
CORPUS = os.environ.get("UTAWAKU_CORPUS")
ORACLE = os.environ.get("UTAWAKU_INASPEECH_PYTHON")

Engine = Literal["sm", "smn"]
Mode = Literal["exact", "fast"]


def as_slots(segments: list) -> list[tuple[str, int]]:
    """Label and first slot of each segment: the end is the next one's start."""
    return [(label, round(start / SLOT_S)) for label, start, _ in segments]


def slots_of(result: Segmentation) -> list[tuple[str, int]]:
    return as_slots([[s.label, s.start_s, s.stop_s] for s in result.segments])


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("recordings")
    return {name: write_wav(folder / f"{name}.wav", make()) for name, make in CASES.items()}


@pytest.fixture(scope="module")
def segmenters(weights_dir: Path) -> dict[tuple[str, str, float], Segmenter]:
    engines: tuple[Engine, ...] = ("sm", "smn")
    modes: tuple[Mode, ...] = ("exact", "fast")
    return {
        (engine, mode, ratio): Segmenter.from_registry(
            weights_dir, engine=engine, mode=mode, energy_ratio=ratio
        )
        for engine in engines
        for mode in modes
        for ratio in (0.02, 0.03)
    }


@pytest.mark.parametrize("ratio", [0.02, 0.03])
@pytest.mark.parametrize("engine", ["sm", "smn"])
@pytest.mark.parametrize("mode", ["exact", "fast"])
def test_labels_and_boundaries_are_those_of_the_unmodified_package(
    segmenters: dict, recordings: dict[str, Path], engine: str, mode: str, ratio: float
) -> None:
    golden = json.loads((GOLDEN / f"{engine}.json").read_text(encoding="utf-8"))
    assert set(golden) == set(CASES)
    found = {
        name: slots_of(segmenters[engine, mode, ratio].analyse(path))
        for name, path in recordings.items()
    }
    expected = {name: as_slots(results[str(ratio)]) for name, results in golden.items()}
    assert found == expected


def test_segments_tile_the_recording_and_every_curve_has_its_rows(
    segmenters: dict, recordings: dict[str, Path]
) -> None:
    result = segmenters["sm", "fast", 0.02].analyse(recordings["stream"])
    assert result.duration_s == pytest.approx(46.5)
    assert result.segments[0].start_s == 0
    assert result.segments[-1].stop_s == result.duration_s
    for left, right in pairwise(result.segments):
        assert left.stop_s == right.start_s
        assert left.label != right.label
    assert result.probability.shape == (n_hops(result.duration_s), 2)
    assert result.bands_db.shape == (465, 24)
    # Silence at the start: no probability, lowest level, flat wave.
    assert np.isnan(result.probability[2]).all()
    assert result.energy_db[2] == -120
    assert result.wave_max[2] == result.wave_min[2] == 0
    sums = np.nansum(result.probability, axis=1)
    assert np.allclose(sums[sums > 0], 1, atol=1e-3)
    music = result.label_names.index("music")
    assert result.label_indices()[150] == music


def test_a_saved_segmentation_reads_back(
    segmenters: dict, recordings: dict[str, Path], tmp_path: Path
) -> None:
    result = segmenters["smn", "fast", 0.02].analyse(recordings["stream"])
    result.save(tmp_path / "analysis.npz")
    back = Segmentation.load(tmp_path / "analysis.npz")
    assert back.segments == result.segments
    assert (back.engine, back.model_version) == (result.engine, result.model_version)
    assert len(back.model_version) == 64
    assert np.allclose(back.bands_db, result.bands_db, atol=0.1)
    assert np.allclose(back.probability, result.probability, atol=1e-3, equal_nan=True)


def test_one_decode_pass_serves_the_observers_too(
    segmenters: dict, recordings: dict[str, Path]
) -> None:
    seen: list[np.ndarray] = []
    segmenters["sm", "fast", 0.02].analyse(recordings["stream"], observers=[seen.append])
    samples = np.concatenate(seen)
    assert samples.dtype == np.float32
    expected = CASES["stream"]()
    assert len(samples) == len(expected)
    assert np.abs(samples - expected).max() < 1e-4


def test_an_observers_error_reaches_the_caller(
    segmenters: dict, recordings: dict[str, Path]
) -> None:
    def fail(_samples: np.ndarray) -> None:
        raise RuntimeError("observer")

    with pytest.raises(RuntimeError, match="observer"):
        segmenters["sm", "fast", 0.02].analyse(recordings["stream"], observers=[fail])


def test_progress_rises_to_one(segmenters: dict, recordings: dict[str, Path]) -> None:
    fractions: list[float] = []
    segmenters["sm", "exact", 0.02].analyse(
        recordings["music_only"], progress=lambda fraction, _message: fractions.append(fraction)
    )
    assert fractions[-1] == 1
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("mode", ["exact", "fast"])
@pytest.mark.parametrize("n_samples", [1, 399, 400, 401, 560, 10900, 11119, 11120, 11121, 11600])
def test_recordings_too_short_to_judge_still_get_a_timeline(
    segmenters: dict, tmp_path: Path, mode: str, n_samples: int
) -> None:
    path = write_wav(tmp_path / "short.wav", music_like(1.0, 3)[:n_samples])
    result = segmenters["sm", mode, 0.02].analyse(path)
    assert result.duration_s == n_samples / 16000
    assert result.segments[-1].stop_s == result.duration_s
    assert len(result.energy_db) == n_hops(result.duration_s)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 22050, 44100, 48000, 96000])
def test_any_sample_rate_is_judged_alike(segmenters: dict, tmp_path: Path, rate_hz: int) -> None:
    t = np.arange(4 * rate_hz) / rate_hz
    chord = sum(np.sin(2 * np.pi * f * t) for f in (262, 330, 392, 523)) * 0.1
    channels = np.stack([chord, 0.8 * chord])
    path = write_wav(tmp_path / "chord.wav", channels, rate_hz)
    labels = {s.label for s in segmenters["sm", "fast", 0.02].analyse(path).segments}
    assert labels == {"music"}


def test_what_is_no_recording_gets_a_typed_error(segmenters: dict, tmp_path: Path) -> None:
    segmenter = segmenters["sm", "fast", 0.02]
    text, empty = tmp_path / "notes.txt", tmp_path / "empty.mp3"
    text.write_text("not a recording\n" * 50)
    empty.write_bytes(b"")
    with pytest.raises((NotMediaError, NoAudioError), match=r"notes\.txt"):
        segmenter.analyse(text)
    with pytest.raises(TruncatedMediaError, match="empty"):
        segmenter.analyse(empty)
    with pytest.raises(MediaError, match="no such file"):
        segmenter.analyse(tmp_path / "nothing.wav")


def test_a_recording_cut_short_is_judged_as_far_as_it_goes(
    segmenters: dict, recordings: dict[str, Path], tmp_path: Path
) -> None:
    whole = recordings["stream"].read_bytes()
    path = tmp_path / "cut.wav"
    path.write_bytes(whole[: 44 + 2 * 16000 * 30])
    result = segmenters["sm", "fast", 0.02].analyse(path)
    assert result.truncated
    assert result.duration_s == pytest.approx(30)


def random_walks() -> Iterator[tuple[np.ndarray, float]]:
    rng = np.random.default_rng(5)
    for round_ in range(60):
        n = int(rng.integers(1, 3000))
        slow = np.sin(np.arange(n) / rng.integers(40, 900)) * 6
        odds = rng.normal(size=n) * 8 + (slow if round_ % 2 else 0)
        yield odds, float(rng.choice([30.0, 345.0]))


def test_the_vectorised_search_finds_the_same_path_as_the_stepwise_one() -> None:
    for odds, price in random_walks():
        scores = np.stack([-np.logaddexp(0, odds), -np.logaddexp(0, -odds)], axis=1)
        stepwise = decode(scores, price)
        assert (decode_pair(scores[:, 1] - scores[:, 0], price) == stepwise).all()
        # A third label that is never likely changes nothing, and runs the general search.
        three = np.concatenate([scores, scores.min(axis=1, keepdims=True) - 1], axis=1)
        assert (decode(three, price) == stepwise).all()


def test_reflected_sums_follow_their_recurrence() -> None:
    for odds, price in random_walks():
        value, expected = odds[0], [odds[0]]
        for step in odds[1:]:
            value = step + min(max(value, -price), price)
            expected.append(value)
        assert np.allclose(reflected_sums(odds, odds[0], -price, price), expected)


def test_short_dips_do_not_end_energy_and_long_ones_do() -> None:
    energy = np.zeros(1000, np.float32)
    energy[300:330] = -20
    energy[600:680] = -20
    active = energy_activity(energy, 0.02)
    assert active[:600].all()
    assert not active[600:680].any()
    assert active[680:].all()
    assert not energy_activity(np.full(50, -np.inf, np.float32), 0.02).any()


def test_settling_finds_the_exact_decision_from_scores_within_their_error() -> None:
    rng = np.random.default_rng(9)
    n_asked = n_total = 0
    for odds, price in random_walks():
        exact = np.stack([np.zeros_like(odds), odds], axis=1).astype(np.float32)
        error = rng.uniform(0, 4, len(odds)).astype(np.float32)
        rough = exact.copy()
        rough[:, 1] += rng.uniform(-1, 1, len(odds)).astype(np.float32) * error
        asked: list[int] = []

        def evaluate(
            slots: np.ndarray, exact: np.ndarray = exact, asked: list = asked
        ) -> np.ndarray:
            asked.extend(slots.tolist())
            return exact[slots]

        labels, _ = settle(rough, error, price, evaluate)
        assert (labels == decode(exact, price)).all()
        assert len(asked) == len(set(asked))
        n_asked, n_total = n_asked + len(asked), n_total + len(odds)
    assert 0 < n_asked < 0.8 * n_total


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's process table")
def test_memory_does_not_grow_with_the_length(weights_dir: Path, tmp_path: Path) -> None:
    """A recording ten times as long may take 60 MB more, which is 500 MB in twelve hours."""
    block = np.concatenate([speech_like(20, 1), music_like(35, 2), silence(5)])
    program = (
        "import sys; from pathlib import Path; from utawaku.models.segmenter import Segmenter\n"
        "Segmenter.from_registry(Path(sys.argv[1]), mode='fast').analyse(Path(sys.argv[2]))\n"
        # Not getrusage: its peak is inherited from the process that started this one.
        "status = Path('/proc/self/status').read_text().split()\n"
        "print(int(status[status.index('VmHWM:') + 1]) // 1024)"
    )
    peaks = []
    for minutes in (6, 60):
        path = write_wav(tmp_path / f"{minutes}.wav", np.tile(block, minutes))
        done = subprocess.run(
            [sys.executable, "-c", program, str(weights_dir), str(path)],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 60, peaks
    assert peaks[1] < 400


@pytest.mark.corpus
@pytest.mark.reference
@pytest.mark.timeout(3600)  # the package alone takes five minutes on a quiet machine
@pytest.mark.skipif(not (CORPUS and ORACLE), reason="needs the corpus and inaSpeechSegmenter")
@pytest.mark.parametrize("engine", ["sm", "smn"])
def test_on_the_corpus_streams_both_modes_agree_with_the_package(
    weights_dir: Path, engine: Engine
) -> None:
    streams = sorted((Path(str(CORPUS)) / "streams").glob("dev_stream_?.[mw]*"))
    assert streams
    command = [str(ORACLE), str(RUNNER), "--engine", engine, "--energy-ratio", "0.02"]
    done = subprocess.run(
        [*command, "--batch-size", "1024", *map(str, streams)],
        check=True,
        capture_output=True,
        text=True,
    )
    for line in done.stdout.splitlines():
        said = json.loads(line)
        expected = as_slots(said["segments"])
        exact = Segmenter.from_registry(weights_dir, engine=engine, mode="exact")
        fast = Segmenter.from_registry(weights_dir, engine=engine, mode="fast")
        assert slots_of(exact.analyse(Path(said["file"]))) == expected
        found = slots_of(fast.analyse(Path(said["file"])))
        assert [label for label, _ in found] == [label for label, _ in expected]
        moved = [abs(a - b) for (_, a), (_, b) in zip(found, expected, strict=True)]
        assert max(moved) <= round(0.1 / SLOT_S)
