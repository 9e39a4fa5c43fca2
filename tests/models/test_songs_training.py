"""The song scorer's training, decoding and judging."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.song_scores import Score, causes, score
from tests.models.song_timelines import Timeline
from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.segmentation import HOP_S
from utawaku.models.songs import decoding
from utawaku.models.songs.boundary_features import cues_of
from utawaku.models.songs.decoding import best_songs
from utawaku.models.songs.scorer import Scorer, shipped_scorer
from utawaku.models.training.song_splices import features_of, spans_of, splice
from utawaku.models.training.songs import Example, targets, train_scorer
from utawaku.models.training.stream_sounds import RATE_HZ, at_level, rms_dbfs, trimmed

Spans = list[tuple[int, int]]


def all_spans(n: int, least: int, first: int = 0) -> Iterator[Spans]:
    """Every sequence of spans of at least `least` steps within `n`."""
    yield []
    for start in range(first, n):
        for stop in range(start + least, n + 1):
            for rest in all_spans(n, least, stop):
                yield [(start, stop), *rest]


def value_of(spans: Spans, evidence: np.ndarray, bias: float, turn: float) -> float:
    inside = 0.15 * np.clip(evidence[:, 0], -5, 5)
    edges = np.clip(evidence[:, 1:], -6, 4) + bias
    total = 0.0
    for number, (start, stop) in enumerate(spans):
        total += inside[start:stop].sum() + edges[start, 0]
        total += edges[stop, 1] if stop < len(evidence) else 0.0
        total += turn if number and spans[number - 1][1] == start else 0.0
    return float(total)


@pytest.mark.parametrize("turn", [-1.0, 0.0, 1.0])
def test_the_decoder_finds_what_trying_everything_finds(
    turn: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "LEAST_STEPS", 3)
    everything = list(all_spans(10, 3))
    rng = np.random.default_rng(0)
    for _ in range(60):
        evidence = rng.normal(0, 4, (10, 3)).astype(np.float32)
        best = max(value_of(spans, evidence, 0.2, turn) for spans in everything)
        found = best_songs(evidence, 0.2, turn)
        assert value_of(found, evidence, 0.2, turn) == pytest.approx(best, abs=1e-4)


def toy_examples(n: int) -> list[Example]:
    examples = []
    for seed in range(n):
        stream = Timeline(seed).talk(20 + seed).song(60, seed).talk(25).song(40, seed + 9).talk(9)
        examples.append(Example(cues_of(stream.segmentation(), None), stream.marks))
    return examples


def test_training_learns_to_tell_songs_from_talk_and_is_reproducible() -> None:
    examples = toy_examples(6)
    scorer = train_scorer(examples, n_members=1, n_hidden=8, epochs=300, seed=5)
    unseen = Timeline(77).talk(30).song(50, 30).talk(30)
    evidence = scorer.score(cues_of(unseen.segmentation(), None).matrix)
    inside = evidence[:, 0] > 0
    assert inside[64:156].mean() > 0.95
    assert inside[:56].mean() < 0.05
    again = train_scorer(examples, n_members=1, n_hidden=8, epochs=300, seed=5)
    assert all(
        np.array_equal(one, other)
        for one, other in zip(scorer.layers[0], again.layers[0], strict=True)
    )


def test_targets_mark_edges_and_leave_out_what_is_unjudged() -> None:
    stream = Timeline().talk(30).song(60).talk(30)
    example = Example(cues_of(stream.segmentation(), None), stream.marks, [(10.0, 12.0)])
    wanted, weights = targets(example)
    assert wanted[60, 1] == 1
    assert wanted[180, 2] == 1
    assert wanted[:59, 0].sum() == 0
    assert wanted[61:179, 0].all()
    assert weights[21] == 0
    assert weights[40] == 1


def test_a_scorer_survives_its_file_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    scorer = shipped_scorer(False)
    scorer.save(tmp_path / "copy.npz")
    copy = Scorer.load(tmp_path / "copy.npz")
    matrix = np.random.default_rng(0).normal(size=(5, len(scorer.names))).astype(np.float32)
    assert np.array_equal(scorer.score(matrix), copy.score(matrix))
    (tmp_path / "copy.npz").write_bytes(b"not an archive")
    with pytest.raises(WeightsCorruptError, match=r"copy\.npz"):
        Scorer.load(tmp_path / "copy.npz")
    with pytest.raises(WeightsMissingError):
        Scorer.load(tmp_path / "none.npz")


def test_the_shipped_scorers_know_the_cues_of_today() -> None:
    stream = Timeline().talk(10).segmentation()
    assert shipped_scorer(False).names == cues_of(stream, None).names


def test_spliced_streams_hold_their_songs_where_they_say() -> None:
    stream = Timeline().talk(30).song(60, 1).silence(2).talk(30).song(70, 2).talk(20)
    (a_start, a_stop), (b_start, b_stop) = stream.marks
    regions = [
        {"start": 0.0, "end": a_start, "label": "speech", "detail": "talk"},
        {"start": a_start, "end": a_stop, "label": "music", "detail": "song: one"},
        {"start": a_stop, "end": a_stop + 2, "label": "noEnergy", "detail": "silence"},
        {"start": a_stop + 2, "end": b_start, "label": "speech", "detail": "talk"},
        {"start": b_start, "end": b_stop, "label": "music", "detail": "song: two"},
        {"start": b_stop, "end": b_stop + 20, "label": "speech", "detail": "talk"},
    ]
    truth = {"songs": [{"start": a, "end": b} for a, b in stream.marks], "regions": regions}
    made = splice(spans_of(stream.segmentation(), truth), seed=3, n_songs=6)
    assert len(made.songs) == 6
    music = np.nan_to_num(made.segmentation.probability_of("music"), nan=0.0)
    for start, stop in made.songs:
        assert music[round(start / HOP_S) + 2 : round(stop / HOP_S) - 2].mean() > 0.9
    outside = np.ones(len(music), bool)
    for start, stop in made.songs:
        outside[round(start / HOP_S) : round(stop / HOP_S)] = False
    assert music[outside].mean() < 0.1
    assert features_of(made.segmentation) is None


def test_levels_and_trimming_of_parts() -> None:
    tone = 0.5 * np.sin(np.arange(RATE_HZ * 3) * 0.1).astype(np.float32)
    padded = np.concatenate([np.zeros(8000, np.float32), tone, np.zeros(16000, np.float32)])
    assert rms_dbfs(at_level(padded, -20.0)) == pytest.approx(-20.0, abs=0.1)
    assert abs(len(trimmed(padded)) - len(tone)) <= 320
    assert len(trimmed(np.zeros(1000, np.float32))) == 1000


def test_scores_count_overlap_and_clean_cuts() -> None:
    true = [(10.0, 100.0), (200.0, 300.0), (400.0, 500.0)]
    found = [(12.9, 104.9), (200.0, 310.0), (600.0, 700.0)]
    total = score(found, true)
    assert total == Score(n_true=3, n_found=3, n_overlapping=2, n_clean=1)
    assert total.found_f1 == pytest.approx(2 / 3)
    assert (total + score([], [])).clean_f1 == pytest.approx(1 / 3)
    assert score([], []).clean_f1 == 1.0
    merged = score([(10.0, 300.0)], [(10.0, 150.0), (155.0, 300.0)])
    assert merged.n_overlapping == 0


def test_each_miss_has_one_cause() -> None:
    true = [(100.0 * i, 100.0 * i + 80) for i in range(1, 10)]
    found = [
        (101.0, 182.0),
        (200.0, 380.0),
        (400.0, 430.0),
        (445.0, 480.0),
        (480.5, 584.0),
        (610.0, 680.0),
        (700.0, 790.0),
        (880.0, 898.0),
        (1000.0, 1060.0),
    ]
    assert causes(found, true) == {
        "merged with another": 2,
        "split": 1,
        "start early": 1,
        "start late": 1,
        "end late": 1,
        "lost": 2,
        "surplus": 2,
    }
