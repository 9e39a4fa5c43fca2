"""Levels of bands."""

import numpy as np
import pytest

from utawaku.tui.player.spectrum import band_edges, band_levels

RATE_HZ = 48_000


@pytest.mark.parametrize("hertz", [100.0, 440.0, 5_000.0])
def test_a_tone_is_highest_in_its_own_band(hertz: float) -> None:
    t = np.arange(4096) / RATE_HZ
    levels = band_levels(np.sin(2 * np.pi * hertz * t).astype(np.float32), RATE_HZ, 24)
    edges = band_edges(24)
    loudest = int(np.argmax(levels))
    assert edges[loudest] <= hertz * 1.12
    assert edges[loudest + 1] >= hertz / 1.12
    assert levels[loudest] == pytest.approx(1.0, abs=0.05)


def test_silence_and_nothing_have_no_level() -> None:
    assert not band_levels(np.zeros(4096, np.float32), RATE_HZ, 24).any()
    assert band_levels(np.zeros(0, np.float32), RATE_HZ, 24).tolist() == [0.0] * 24
