"""The network that listens to a minute at a time: its inputs, its training, its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.models.stream_sources import tone, words
from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.models.segmentation import HOP_S, Segmentation
from utawaku.models.songs.boundary_features import STEP_S, Cues, cues_of
from utawaku.models.songs.features import N_BANDS, SongFeatures, SongListener
from utawaku.models.songs.sequence import (
    CLIP,
    OUTPUTS,
    REACH_STEPS,
    TURN,
    SequenceScorer,
    forward,
    layer_shapes,
)
from utawaku.models.songs.sequence_inputs import LEVELS, N_INPUTS, sequence_inputs
from utawaku.models.training import sequences
from utawaku.models.training.sequences import Lesson, lesson_of, train_sequences


def some_weights(n_inputs: int, n_channels: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: (rng.standard_normal(shape) * 0.2).astype(np.float32)
        for name, shape in layer_shapes(n_inputs, n_channels).items()
    }


def heard(audio: np.ndarray) -> tuple[SongFeatures, Cues]:
    listener = SongListener()
    listener.feed(audio)
    features = listener.finish()
    n = features.n_frames
    segmentation = Segmentation(
        segments=(),
        duration_s=n * HOP_S,
        labels=("speech", "music"),
        probability=np.full((n, 2), 0.5, np.float32),
        energy_db=features.level_db.mean(axis=1),
        bands_db=features.bands_db.astype(np.float32),
        wave_min=np.zeros(n, np.float32),
        wave_max=np.zeros(n, np.float32),
        listened=features.to_arrays(),
    )
    return features, cues_of(segmentation, features)


def test_training_follows_the_slope_of_the_loss() -> None:
    rng = np.random.default_rng(1)
    weights = some_weights(9, 5)
    x = rng.standard_normal((2, 80, 9)).astype(np.float32)
    wanted = (rng.random((2, 80, len(OUTPUTS))) > 0.5).astype(np.float32)
    importance = rng.random((2, 80, len(OUTPUTS))).astype(np.float32)

    def loss(changed: dict[str, np.ndarray]) -> float:
        said = forward(changed, x).astype(np.float64)
        return float(
            ((np.logaddexp(0, said) - wanted * said) * importance).sum() / importance.sum() * 3
        )

    slopes = sequences._gradients(weights, x, wanted, importance)
    for name, array in weights.items():
        direction = rng.standard_normal(array.shape).astype(np.float32)
        direction /= np.linalg.norm(direction)
        up, down = ({**weights, name: array + sign * 1e-2 * direction} for sign in (1, -1))
        measured = (loss(up) - loss(down)) / 2e-2
        assert float((slopes[name] * direction).sum()) == pytest.approx(measured, abs=4e-3)


def lesson(seed: int, n: int = 400) -> Lesson:
    """Some inputs say that music plays; a song is music of more than 40 steps."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(0, 0.001, (n, N_INPUTS)).astype(np.float32)
    songs = []
    at = 20 + int(rng.integers(20))
    while at < n - 110:
        length = int(rng.integers(60, 100)) if rng.random() < 0.6 else 12
        inputs[at : at + length, -30:] += 3
        if length > 40:
            songs.append((at * STEP_S, (at + length) * STEP_S))
        at += length + int(rng.integers(20, 50))
    return lesson_of(inputs, songs)


def test_a_network_learns_that_songs_last_and_that_short_music_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sequences, "CROP_STEPS", 260)
    lessons = [lesson(seed) for seed in range(6)]
    scorer = train_sequences(lessons, n_members=1, n_channels=8, n_updates=120, batch=2)
    unseen = lesson(99)
    said = scorer.score(unseen.inputs)[:, 0] > 0
    assert np.mean(said == (unseen.wanted[:, 0] > 0.5)) > 0.9


def test_the_same_seed_trains_the_same_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "CROP_STEPS", 260)
    one, two = (
        train_sequences([lesson(1)], n_members=1, n_channels=8, n_updates=10, batch=2, seed=4)
        for _ in range(2)
    )
    assert all(
        np.array_equal(array, two.members[0][name]) for name, array in one.members[0].items()
    )


def test_lessons_weigh_broken_off_songs_less_and_tracks_where_they_are_known() -> None:
    tracks = {"talk": [-20.0] * 50 + [-90.0] * 50, "singing": [-90.0] * 100}
    made = lesson_of(np.zeros((100, 3), np.float32), [(30.0, 45.0)], [(10.0, 15.0)], tracks)
    assert made.wanted[60:90, 0].all()
    assert made.wanted[60, 1] == 1
    assert made.weights[24, 0] < made.weights[70, 0] == 1
    talk, singing, music = (OUTPUTS.index(name) for name in ("talk", "singing", "music"))
    assert made.wanted[:50, talk].all()
    assert not made.wanted[50:, talk].any()
    assert not made.wanted[:, singing].any()
    assert not made.weights[:, music].any()


def test_lessons_tell_where_one_song_turns_into_the_next() -> None:
    songs = [(10.0, 30.0), (31.0, 60.0), (70.0, 90.0)]
    turns = lesson_of(np.zeros((200, 3), np.float32), songs).wanted[:, TURN]
    assert turns[60:63].all()
    assert not turns[:57].any()
    assert not turns[66:].any()


def test_parts_of_two_recordings_are_joined_where_no_song_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sequences, "CROP_STEPS", 300)
    mean, deviation = np.zeros(N_INPUTS, np.float32), np.ones(N_INPUTS, np.float32)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        _x, wanted, importance = sequences._joined(lesson(1), lesson(2), mean, deviation, rng)
        assert wanted.shape == importance.shape == (300, len(OUTPUTS))
        inside = np.concatenate([[0.0], wanted[:, 0]])
        judged = importance[:, 0] > 0
        for step in np.flatnonzero(np.diff(inside) == 1):
            assert wanted[step, 1] == 1 or not judged[step]
        for step in np.flatnonzero(np.diff(inside) == -1):
            assert wanted[step, 2] == 1 or not judged[step]
        for step in np.flatnonzero(wanted[:, TURN] == 1):
            near = slice(max(0, step - 3), step + 4)
            assert wanted[near, 1].max() == wanted[near, 2].max() == 1
        edges = wanted[judged][:, 1:3]
        assert edges.max() <= 1
        assert edges.min() >= 0


def test_a_long_recording_is_scored_in_blocks_as_if_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = SequenceScorer(np.zeros(4, np.float32), np.ones(4, np.float32), (some_weights(4, 6),))
    inputs = np.random.default_rng(0).standard_normal((700, 4)).astype(np.float32)
    whole = scorer.score(inputs)
    monkeypatch.setattr("utawaku.models.songs.sequence._BLOCK", 128)
    assert np.allclose(scorer.score(inputs), whole, atol=1e-4)
    assert scorer.score(inputs[:0]).shape == (0, len(OUTPUTS))


def test_the_network_hears_a_minute_on_both_sides_and_no_more() -> None:
    weights = some_weights(2, 12)
    x = np.zeros((1, 400, 2), np.float32)
    touched = x.copy()
    touched[0, 200] = CLIP
    changed = np.flatnonzero(np.abs(forward(weights, touched) - forward(weights, x)).sum(axis=2)[0])
    assert changed.min() == 200 - REACH_STEPS - 1
    assert changed.max() == 200 + REACH_STEPS + 1


def test_a_network_survives_its_file_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    scorer = SequenceScorer(
        np.zeros(4, np.float32), np.ones(4, np.float32), (some_weights(4, 6), some_weights(4, 6, 1))
    )
    scorer.save(tmp_path / "one.npz")
    scorer.save(tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    copy = SequenceScorer.load(tmp_path / "one.npz")
    inputs = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32)
    assert np.allclose(copy.score(inputs), scorer.score(inputs), atol=0.02)
    (tmp_path / "one.npz").write_bytes(b"not an archive")
    with pytest.raises(WeightsCorruptError, match=r"one\.npz"):
        SequenceScorer.load(tmp_path / "one.npz")
    with pytest.raises(WeightsMissingError):
        SequenceScorer.load(tmp_path / "none.npz")


def test_inputs_do_not_change_with_the_gain_of_a_recording() -> None:
    audio = np.concatenate([words(8, 1), tone(220, 8), words(4, 2)])
    loud, quiet = (sequence_inputs(*heard(audio * gain)) for gain in (1.0, 0.25))
    assert loud.shape == (40, N_INPUTS)
    assert np.abs(loud - quiet).max() < 0.5


def test_inputs_tell_the_step_of_the_backing() -> None:
    audio = np.concatenate([tone(220, 20) * 0.05, tone(220, 20)])
    inputs = sequence_inputs(*heard(audio))
    step_over_4_s = inputs[:, LEVELS[N_BANDS + 1] + 2]
    assert int(np.argmax(step_over_4_s)) == pytest.approx(40, abs=2)
    assert step_over_4_s.max() == pytest.approx(26, abs=2)
