"""What a user said of songs as lessons, shipped lessons beside them, and what comes of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from utawaku.library.errors import WeightsCorruptError
from utawaku.models.songs.boundary_features import STEP_S
from utawaku.models.songs.sequence import OUTPUTS, TURN, shipped_sequence_scorer
from utawaku.models.songs.sequence_inputs import N_INPUTS
from utawaku.models.training import sequences, song_corrections
from utawaku.models.training.judgements import Judgements, without_covered
from utawaku.models.training.rehearsal import (
    REHEARSAL_FILE,
    Rehearsal,
    Scale,
    agreement,
    shipped_rehearsal,
    write_rehearsal,
)
from utawaku.models.training.sequences import CROP_EDGE, CROP_STEPS, Lesson, lesson_of
from utawaku.models.training.song_corrections import (
    corrections_of,
    known_steps,
    trained_further,
)

SCALE = Scale(np.zeros(N_INPUTS, np.float32), np.full(N_INPUTS, 2.0, np.float32))
LOUD, MARK = slice(N_INPUTS - 30, N_INPUTS), slice(0, 24)


def sound(n: int, spans: list[tuple[float, float]], marked: bool = False) -> np.ndarray:
    """Inputs that are loud in some spans, and marked there by another tone."""
    inputs = np.random.default_rng(n).normal(0, 0.001, (n, N_INPUTS)).astype(np.float32)
    for start_s, stop_s in spans:
        steps = slice(int(start_s / STEP_S), int(stop_s / STEP_S))
        inputs[steps, LOUD] += 3
        if marked:
            inputs[steps, MARK] += 12
    return inputs


def lesson(n: int, marked: bool = False) -> Lesson:
    spans = [(40.0, 80.0), (110.0, 150.0)]
    return lesson_of(sound(n, spans, marked), [] if marked else spans)


def steps(known: np.ndarray) -> list[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
    return [(a * STEP_S, b * STEP_S) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_where_no_song_is_judged_nothing_is_learnt() -> None:
    one = Judgements([(100.0, 200.0)], [(400.0, 450.0)], [(230.0, 300.0)], [(800.0, 900.0)])
    assert steps(known_steps(2_000, one)) == [(80.0, 220.0), (380.0, 470.0)]
    beside = Judgements([(100.0, 200.0)], [], [(202.0, 300.0)], [])
    assert steps(known_steps(2_000, beside)) == [(80.0, 202.0)]
    made = corrections_of(sound(2_000, []), beside, SCALE).lesson
    assert not made.weights[:, TURN + 1 :].any()
    assert not made.weights[int(200 / STEP_S), TURN]
    assert made.weights[int(200 / STEP_S), OUTPUTS.index("stop")] == 255


def test_a_stream_of_which_every_song_is_judged_counts_whole_but_for_what_is_not_wanted() -> None:
    one = Judgements([(100.0, 200.0)], [], [], [(400.0, 500.0)])
    assert steps(known_steps(2_000, one)) == [(0.0, 397.0), (503.0, 1000.0)]


def test_songs_held_out_leave_nothing_to_learn_from() -> None:
    one = Judgements([(100.0, 200.0), (230.0, 300.0)], [], [], [])
    made = corrections_of(sound(2_000, []), one, SCALE)
    left = made.without([(100.0, 200.0)])
    assert left.spans == ((230.0, 300.0),)
    assert steps(left.lesson.weights[:, 0] > 0) == [(0.0, 80.0), (220.0, 1000.0)]


def test_finds_count_neither_way_where_the_user_dropped_without_a_reason() -> None:
    one = Judgements([(100.0, 200.0)], [(300.0, 350.0)], [], [(400.0, 500.0)])
    counts = one.counts([(100.0, 200.0), (300.0, 350.0), (400.0, 500.0), (600.0, 700.0)])
    assert (counts.n_finds, counts.n_clean, counts.n_surplus) == (3, 1, 2)
    assert without_covered([(100.0, 150.0), (300.0, 350.0)], [(90.0, 200.0)]) == [(300.0, 350.0)]


def test_packed_lessons_are_what_they_were_and_end_where_they_were_cut() -> None:
    whole = lesson(500)
    again = SCALE.whole(SCALE.packed(whole))
    assert np.abs(again.inputs - whole.inputs).max() <= 2.0 / 16 + 1e-6
    assert np.abs(again.wanted - whole.wanted).max() < 0.003
    part = SCALE.part(SCALE.packed(whole), 100, 300)
    assert len(part.inputs) == 200
    assert not part.weights[:CROP_EDGE].any()
    assert not part.weights[-CROP_EDGE:].any()
    assert part.weights[CROP_EDGE:-CROP_EDGE, 0].all()


def test_the_same_streams_give_the_same_bytes_and_no_stream_is_on_both_sides(
    tmp_path: Path,
) -> None:
    lessons = {
        f"{make}_a_{seed}": lesson_of(
            np.full((CROP_STEPS + 100, N_INPUTS), (10 * place + seed) / 4, np.float32),
            [(40.0, 80.0)],
        )
        for seed in range(10)
        for place, make in enumerate(("evening", "studio"))
    }
    for name in ("one.npz", "two.npz"):
        write_rehearsal(lessons, SCALE, tmp_path / name, n_learnt=20, n_checked=5)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    made = Rehearsal.load(tmp_path / "one.npz")
    learnt, checked = (
        [float(one.inputs[0, 0]) for one in part] for part in (made.learnt, made.checked)
    )
    assert (len(learnt), len(checked)) == (20, 5)
    assert (len(set(learnt)), len(set(checked))) == (16, 4)
    assert not set(learnt) & set(checked)
    with pytest.raises(ValueError, match="two streams"):
        write_rehearsal({"evening_a_0": lesson(900)}, SCALE, tmp_path / "few.npz")
    (tmp_path / "bad.npz").write_bytes((tmp_path / "one.npz").read_bytes()[:2_000])
    with pytest.raises(WeightsCorruptError, match=r"bad\.npz"):
        Rehearsal.load(tmp_path / "bad.npz")


def test_the_shipped_crops_are_small_and_the_shipped_network_tells_them() -> None:
    assert REHEARSAL_FILE.stat().st_size < 4_000_000
    shipped = shipped_rehearsal()
    assert len(shipped.learnt) > 2 * len(shipped.checked) > 10
    found = agreement(shipped_sequence_scorer(), shipped.checked)
    assert found.right > 0.95
    assert any(lesson.wanted[:, 0].any() for lesson in shipped.checked)


def test_a_network_learns_what_the_user_says_and_forgets_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (sequences, song_corrections):
        monkeypatch.setattr(module, "CROP_STEPS", 260)
    monkeypatch.setattr(song_corrections, "_RATE", 3e-3)
    monkeypatch.setattr(song_corrections, "_SHARE", 1.0)
    known = [lesson(400 + n) for n in range(4)]
    shipped = sequences.train_sequences(known, n_members=1, n_channels=8, n_updates=120, batch=2)
    other = lesson(450, marked=True)
    told = Judgements([], [(40.0, 80.0), (110.0, 150.0)], [], [])
    scale = Scale(shipped.mean, shipped.deviation)
    taught = [corrections_of(other.inputs, told, scale)]
    learnt = trained_further(shipped, taught, known[:3], n_updates=120)
    assert agreement(shipped, [other]).right < 0.75
    assert agreement(learnt, [other]).right > 0.95
    assert agreement(learnt, [known[3]]).right > 0.9
    alone = trained_further(shipped, taught, [other], n_updates=120)
    assert agreement(alone, [known[3]]).right < 0.8
    again = trained_further(shipped, taught, known[:3], n_updates=120)
    assert np.array_equal(again.members[0]["output.bias"], learnt.members[0]["output.bias"])
    with pytest.raises(ValueError, match="nothing"):
        trained_further(shipped, [], known)
