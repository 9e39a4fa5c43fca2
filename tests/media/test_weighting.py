"""The weighting is the standard's recursive filters, however the sound comes."""

import numpy as np
import pytest
from scipy.signal import sosfilt

from utawaku.media.weighting import Weighting, k_weighting


@pytest.mark.parametrize("rate", [8000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_it_is_the_recursion(rate: int) -> None:
    rng = np.random.default_rng(4)
    audio = rng.normal(0, 0.2, (2, 5 * rate + 7)).astype(np.float32)
    audio[:, rate : 2 * rate] += 0.5
    audio[:, 2 * rate : 3 * rate] = 0
    audio[1] += 0.3 * np.sin(2 * np.pi * 30 * np.arange(audio.shape[1]) / rate)
    weighting = Weighting(rate, 2)
    cuts = np.sort(rng.integers(0, audio.shape[1], 12))
    weighted = np.concatenate([weighting.of(part) for part in np.split(audio, cuts, 1)], axis=1)
    assert weighted.shape == audio.shape
    assert np.abs(weighted - sosfilt(k_weighting(rate), audio, axis=1)).max() < 1e-6


def test_pieces_of_any_length_are_one_sound() -> None:
    audio = np.random.default_rng(5).normal(0, 0.2, (1, 9000)).astype(np.float32)
    whole = Weighting(48_000, 1).of(audio)
    weighting = Weighting(48_000, 1)
    parts = [weighting.of(audio[:, at : at + 7]) for at in range(0, audio.shape[1], 7)]
    assert np.abs(np.concatenate(parts, axis=1) - whole).max() < 1e-6


def test_what_was_loud_is_forgotten() -> None:
    weighting = Weighting(48_000, 1)
    weighting.of(np.ones((1, 48_000), np.float32))
    weighting.of(np.zeros((1, 48_000), np.float32))
    assert not weighting.of(np.zeros((1, 48_000), np.float32)).any()


def test_a_piece_of_nothing_is_nothing() -> None:
    assert Weighting(48_000, 2).of(np.zeros((2, 0), np.float32)).shape == (2, 0)
