"""The taste model learns from few grades, tells how good it is, and asks well."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tests.models.taste_world import two_kinds
from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.taste import (
    N_VALUES,
    LogisticTaste,
    choose_batches,
    fit,
    out_of_fold,
    quality_of,
    reasons_for,
)
from utawaku.models.taste.evaluation import auc_of, split
from utawaku.models.taste.picture import calibration_picture


def test_more_grades_make_a_better_model() -> None:
    vectors, kind = two_kinds(1500, overlap=1.2)
    aucs = []
    for n in (10, 20, 50, 200):
        rng = np.random.default_rng(n)
        found = []
        for _ in range(12):
            seen = rng.choice(500, n, replace=False)
            model = fit(vectors[seen], kind[seen].astype(float), everything=vectors)
            found.append(auc_of(model.scores(vectors[500:]), kind[500:]))
        aucs.append(np.mean(found))
    assert aucs == sorted(aucs)
    assert aucs[0] > 0.6
    assert aucs[-1] > 0.85


def test_the_minimum_is_that_of_the_convex_loss() -> None:
    vectors, kind = two_kinds(60)
    targets = kind.astype(float)
    model = fit(vectors, targets)
    seen = model.standardised(vectors).astype(np.float64)
    slope = seen.T @ (model.scores(vectors) - targets) * 0.2 + model.weights
    assert np.abs(slope).max() < 2e-3
    assert model.scores(vectors).mean() == pytest.approx(targets.mean(), abs=1e-3)


def test_degrees_teach_degrees() -> None:
    vectors, kind = two_kinds(300)
    stars = fit(vectors, np.where(kind, 0.75, 0.25))
    marks = fit(vectors, np.where(kind, 1.0, 0.0))
    assert np.abs(stars.scores(vectors) - 0.5).mean() < np.abs(marks.scores(vectors) - 0.5).mean()
    assert auc_of(stars.scores(vectors), kind) > 0.9


def test_songs_that_contradict_each_other_end_in_the_middle() -> None:
    vectors, _ = two_kinds(20)
    twice = np.concatenate([vectors, vectors])
    targets = np.repeat([1.0, 0.0], 20)
    assert np.allclose(fit(twice, targets).scores(vectors), 0.5, atol=1e-3)


def test_a_constant_value_and_a_single_song_do_no_harm() -> None:
    vectors, _ = two_kinds(5)
    vectors[:, 3] = 7.0
    assert np.isfinite(fit(vectors, np.array([1, 0, 1, 0, 1.0])).scores(vectors)).all()
    assert np.isfinite(fit(vectors[:1], np.array([1.0])).scores(vectors)).all()
    with pytest.raises(ValueError, match="0 songs"):
        fit(vectors[:0], np.zeros(0))
    with pytest.raises(ValueError, match="takes 400"):
        fit(vectors, np.ones(5)).scores(np.zeros((2, 3), np.float32))


def test_auc_counts_ties_half_and_needs_both_kinds() -> None:
    assert auc_of(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert auc_of(np.array([0.1, 0.9]), np.array([True, False])) == 0.0
    assert auc_of(np.array([0.1, 0.9]), np.array([True, True])) is None


def test_calibration_is_measured() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(20_000)
    honest = quality_of(scores, (rng.random(20_000) < scores).astype(float))
    assert honest.ece < 0.02
    assert honest.brier == pytest.approx(1 / 6, abs=0.01)
    boastful = quality_of(np.where(scores > 0.5, 0.99, 0.01), (rng.random(20_000) < 0.5) * 1.0)
    assert boastful.ece == pytest.approx(0.49, abs=0.02)
    assert sum(n for *_, n in honest.bins) == 20_000
    assert calibration_picture(honest, "held out").startswith(b"\x89PNG")
    neutral = quality_of(np.array([0.2, 0.9, 0.5]), np.array([0.0, 1.0, 0.5]))
    assert sum(n for *_, n in neutral.bins) == 2


def test_held_out_songs_are_never_seen_and_pieces_stay_together() -> None:
    groups = [f"piece {i // 2}" for i in range(40)]
    targets = (np.arange(40) % 4 < 2).astype(float)

    def score(train: np.ndarray, held_out: np.ndarray, _targets: np.ndarray) -> np.ndarray:
        assert not {groups[i] for i in train} & {groups[i] for i in held_out}
        return np.full(len(held_out), len(train))

    scores = out_of_fold(targets, groups, score)
    assert np.isfinite(scores).all()
    folds = split(targets, groups)
    likes = [targets[folds == f].mean() for f in range(5)]
    assert max(likes) - min(likes) <= 0.5


def test_random_grades_score_at_chance() -> None:
    vectors, _ = two_kinds(400)
    targets = (np.random.default_rng(5).random(400) < 0.5).astype(float)

    def score(train: np.ndarray, held_out: np.ndarray, told: np.ndarray) -> np.ndarray:
        return fit(vectors[train], told[train], everything=vectors).scores(vectors[held_out])

    auc = quality_of(out_of_fold(targets, [str(i) for i in range(400)], score), targets).auc
    assert auc is not None
    assert 0.38 < auc < 0.62


def test_a_model_reads_back_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    vectors, kind = two_kinds(50)
    model = fit(vectors, kind.astype(float), embedding_kind="x", embedding_version="1")
    path = tmp_path / "taste" / "model.npz"
    model.save(path)
    again = LogisticTaste.load(path)
    assert again.version == model.version
    assert np.array_equal(again.scores(vectors), model.scores(vectors))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(WeightsCorruptError, match="train taste"):
        LogisticTaste.load(path)
    path.write_bytes(b"")
    with pytest.raises(WeightsCorruptError):
        LogisticTaste.load(path)
    path.unlink()
    with pytest.raises(WeightsMissingError, match="grades are kept"):
        LogisticTaste.load(path)


def test_without_a_model_the_questions_are_spread_over_the_library() -> None:
    rng = np.random.default_rng(0)
    centres = 10 * rng.standard_normal((8, 20))
    family = np.repeat(np.arange(8), [200, 100, 50, 20, 10, 5, 5, 5])
    vectors = (centres[family] + 0.3 * rng.standard_normal((395, 20))).astype(np.float32)
    found = [
        {
            int(family[c.place])
            for c in choose_batches(vectors, None, np.zeros(395, bool), 12, seed=s)
        }
        for s in range(5)
    ]
    by_chance = [set(family[rng.choice(395, 12, replace=False)].tolist()) for _ in range(50)]
    assert np.mean([len(f) for f in found]) > np.mean([len(f) for f in by_chance]) + 1


def test_a_batch_is_two_liked_one_doubtful_and_one_by_chance() -> None:
    vectors, _ = two_kinds(400)
    scores = np.random.default_rng(2).random(400)
    asked = np.zeros(400, bool)
    asked[np.argsort(-scores)[:3]] = True
    chosen = choose_batches(vectors, scores, asked, 4)
    assert [one.why for one in chosen] == ["promising", "uncertain", "promising", "varied"]
    assert min(scores[chosen[at].place] for at in (0, 2)) > 0.65
    assert abs(scores[chosen[1].place] - 0.5) < 0.01
    by_chance = {choose_batches(vectors, scores, asked, 4, seed=s)[3].place for s in range(5)}
    assert len(by_chance) == 5


def test_a_promising_song_stands_for_others_and_is_not_like_one_asked_before() -> None:
    rng = np.random.default_rng(0)
    centres = 10 * rng.standard_normal((4, 20))
    family = np.repeat(np.arange(4), [60, 60, 5, 175])
    vectors = (centres[family] + 0.3 * rng.standard_normal((300, 20))).astype(np.float32)
    # The first three families are liked; the smallest one most of all.
    scores = np.select([family == 2, family < 2], [0.99, 0.8], 0.1)
    asked = np.zeros(300, bool)
    chosen = choose_batches(vectors, scores, asked, 3)
    assert {int(family[chosen[at].place]) for at in (0, 2)} == {0, 1}
    asked[:5] = True
    chosen = choose_batches(vectors, scores, asked, 1)
    assert family[chosen[0].place] == 1


def test_nothing_is_asked_twice_and_the_questions_end() -> None:
    vectors, kind = two_kinds(30)
    asked = np.zeros(30, bool)
    seen: list[int] = []
    for scores in (None, kind.astype(float), np.full(30, 0.5)):
        for one in choose_batches(vectors, scores, asked, 11):
            asked[one.place] = True
            seen.append(one.place)
    assert len(seen) == len(set(seen)) == 30
    assert choose_batches(vectors, None, asked, 4) == []
    assert choose_batches(vectors[:0], None, asked[:0], 4) == []


def test_the_queue_finds_more_likes_than_chance_and_learns_as_well() -> None:
    liked, aucs = [], []
    for seed in range(6):
        vectors, kind = two_kinds(800, seed=seed)
        # Three songs of ten are of the kind that is liked.
        kept = ~kind | (np.arange(800) % 5 < 2)
        vectors, kind = vectors[kept], kind[kept]
        asked = np.zeros(len(kind), bool)
        scores: np.ndarray | None = None
        shown: list[bool] = []
        for _ in range(12):
            for one in choose_batches(vectors, scores, asked, 4, seed=seed):
                asked[one.place] = True
                shown.append(bool(kind[one.place]))
            if kind[asked].any() and not kind[asked].all():
                model = fit(vectors[asked], kind[asked].astype(float), everything=vectors)
                scores = model.scores(vectors)
        liked.append(np.mean(shown[8:]) - kind.mean())
        assert scores is not None
        aucs.append(auc_of(scores[~asked], kind[~asked]))
    assert np.mean(liked) > 0.08
    assert np.mean(aucs) > 0.65


def test_reasons_name_songs_alike_and_tags() -> None:
    vectors, kind = two_kinds(60, overlap=0.3)
    tags = np.full((60, 2), 0.1)
    tags[kind, 0] = tags[~kind, 1] = 0.6
    good = int(np.flatnonzero(kind)[0])
    others = [i for i in range(60) if i != good]
    reasons = reasons_for(
        vectors[good],
        tags[good],
        graded_ids=[str(i) for i in others],
        graded_vectors=vectors[others],
        graded_tags=tags[others],
        targets=kind[others].astype(float),
        names=("jazz", "metal"),
    )
    assert len(reasons.liked) == len(reasons.disliked) == 3
    assert all(kind[int(song_id)] for song_id, _ in reasons.liked)
    assert reasons.liked[0][1] > reasons.disliked[0][1]
    assert reasons.tags_for == ["jazz"]
    assert reasons.tags_against == []


def test_what_is_not_known_of_a_song_says_nothing() -> None:
    vectors, kind = two_kinds(200)
    colour = np.where(kind, 1.0, -1.0)[:, None].astype(np.float32)
    colour = colour + 0.5 * np.random.default_rng(3).standard_normal((200, 1)).astype(np.float32)
    known = np.concatenate([vectors, colour], axis=1)
    known[:100, -1] = np.nan
    model = fit(known, kind.astype(float))
    plain = dataclasses.replace(model, weights=model.weights.copy())
    plain.weights[-1] = 0
    assert model.scores(known[:100]) == pytest.approx(plain.scores(known[:100]))
    assert model.weights[-1] > 0.1
    unknown = np.concatenate([vectors, np.full((200, 1), np.nan, np.float32)], axis=1)
    assert fit(unknown, kind.astype(float)).scores(unknown) == pytest.approx(
        fit(vectors, kind.astype(float)).scores(vectors), abs=1e-4
    )


def test_a_model_of_an_earlier_version_sees_the_values_it_knows() -> None:
    vectors, kind = two_kinds(60)
    model = fit(vectors, kind.astype(float))
    more = np.concatenate([vectors, np.full((60, 40), np.nan, np.float32)], axis=1)
    assert np.array_equal(model.scores(more), model.scores(vectors))
    with pytest.raises(ValueError, match="400 values"):
        model.scores(vectors[:, :300])


def test_few_grades_find_what_the_tags_of_voices_tell() -> None:
    rng = np.random.default_rng(5)
    n = 400
    kind = rng.random(n) < 0.5
    vectors = rng.standard_normal((n, N_VALUES)).astype(np.float32)
    vectors[:, -3:] += np.where(kind, 1.0, -1.0)[:, None]
    aucs = {}
    for name, values in (("voices", vectors), ("any others", np.roll(vectors, 3, axis=1))):
        found = []
        for seed in range(12):
            graded = np.random.default_rng(seed).permutation(n)[:20]
            model = fit(values[graded], kind[graded].astype(float), everything=values)
            found.append(auc_of(model.scores(values), kind))
        aucs[name] = np.mean(found)
    assert aucs["voices"] > aucs["any others"] + 0.05
