"""Songs made by chance: the same for a number, with the truth, and bands kept apart."""

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from utawaku.demo.arrangement import STYLES
from utawaku.models.training.composed_songs import (
    TEST_INSTRUMENTS,
    ComposedSong,
    compose,
    with_section_levels,
)

RATE = 11_025


@pytest.fixture(scope="module")
def song() -> ComposedSong:
    return compose(3, levels=True)


def test_a_number_gives_the_same_song_in_another_process(song: ComposedSong) -> None:
    code = """
import hashlib
from utawaku.models.training.composed_songs import compose
made = compose(3, levels=True)
print(hashlib.sha256(made.samples.tobytes()).hexdigest(), made.chorus_spans)
"""
    again = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONHASHSEED": "1"}, capture_output=True, text=True,
        timeout=250, check=True,
    ).stdout  # fmt: skip
    of_ours = hashlib.sha256(song.samples.tobytes()).hexdigest()
    assert again.strip() == f"{of_ours} {song.chorus_spans}"


@pytest.mark.parametrize(
    ("number", "kind"),
    [(0, {"unheard": True}), (1, {"plain": True}), (4, {"levels": True})],
)
def test_choruses_lie_inside_and_leave_room(
    number: int, kind: dict[str, bool], song: ComposedSong
) -> None:
    made = compose(number, **kind)
    assert len(made.samples) != len(song.samples), "another number, another song"
    duration_s = len(made.samples) / RATE
    assert np.isfinite(made.samples).all()
    assert 30 < duration_s < 500
    assert list(made.edges_s) == sorted(made.edges_s)
    assert all(0 <= a < b <= duration_s + 0.01 for a, b in made.chorus_spans)
    for (_, stop), (start, _) in itertools.pairwise(made.chorus_spans):
        assert stop <= start + 1e-6
    share = sum(b - a for a, b in made.chorus_spans) / duration_s
    assert 0.1 < share < 0.85


def test_bands_of_test_songs_have_instruments_of_their_own() -> None:
    played = {layer.instrument for style in STYLES.values() for layer in style.layers}
    assert played >= TEST_INSTRUMENTS


def test_levels_glide_and_are_those_asked_for() -> None:
    flat = np.ones(10 * RATE, np.float32)
    louder = with_section_levels(flat, RATE, (0.0, 4.0, 10.0), (0.0, -6.0))
    assert louder[2 * RATE] == pytest.approx(1.0)
    assert louder[7 * RATE] == pytest.approx(10 ** (-6 / 20), rel=1e-3)
    assert np.abs(np.diff(louder)).max() < 1e-3
