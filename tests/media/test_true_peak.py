"""The true peak is that of all values between samples, though few of them are computed."""

import numpy as np
import pytest

from utawaku.media.true_peak import BOUND, TAPS, TruePeak, known_peaks, peaks_between, tops

RATE = 48_000


def signals(n: int = 9_600) -> dict[str, np.ndarray]:
    """Kinds of sound whose peaks lie differently, float32 (n,)."""
    rng = np.random.default_rng(5)
    t = np.arange(n) / RATE
    noise = rng.standard_normal(n) * 0.2
    clicks = np.zeros(n)
    clicks[rng.integers(0, n, 20)] = rng.uniform(-0.9, 0.9, 20)
    return {
        "noise": noise,
        "limited noise": np.clip(noise * 4, -0.5, 0.5),
        "low tone": 0.7 * np.sin(2 * np.pi * 110 * t),
        # A quarter of the rate, between whose samples the peak is 3 dB higher.
        "quarter": 0.5 * np.sin(2 * np.pi * RATE / 4 * t + np.pi / 4),
        "highest": 0.5 * np.sin(2 * np.pi * 0.49 * RATE * t + 0.3),
        "clicks": clicks,
        "silence": np.zeros(n),
    }


def all_between(samples: np.ndarray) -> np.ndarray:
    """Values between samples by the definition, with silence before: float64 (n, 3)."""
    n_taps = 4 * TAPS + 1
    taps = np.kaiser(n_taps, 5) * np.sinc(np.arange(-(n_taps // 2), n_taps // 2 + 1) / 4)
    phases = [taps[phase::4][:TAPS] for phase in (1, 2, 3)]
    padded = np.concatenate([np.zeros(TAPS - 1), samples])
    return np.stack([np.convolve(padded, p / p.sum(), "valid") for p in phases], axis=1)


@pytest.mark.parametrize("kind", signals())
def test_the_peak_is_the_largest_value_on_and_between_samples(kind: str) -> None:
    samples = signals()[kind].astype(np.float32)
    expected = max(np.abs(samples).max(), np.abs(all_between(samples)).max())
    for size in (9_600, 1_000, 77, 5):
        peak = TruePeak(RATE, 1)
        for start in range(0, samples.size, size):
            peak.add(samples[None, start : start + size])
        assert peak.result() == pytest.approx(expected, rel=1e-5, abs=1e-7)
        assert peak.sample_peak == pytest.approx(np.abs(samples).max())


@pytest.mark.parametrize("kind", signals())
def test_no_value_exceeds_the_ceiling_of_its_block(kind: str) -> None:
    samples = signals()[kind].astype(np.float32)
    signal = np.concatenate([np.zeros(TAPS - 1, np.float32), samples])[None]
    between = np.abs(all_between(samples)).max(axis=1).reshape(-1, 480).max(axis=1)
    highest = np.abs(samples).reshape(-1, 480).max(axis=1)
    found, ceiling = tops(signal, 480)
    assert np.allclose(found[0], highest)
    assert (between <= ceiling[0] * 1.00001).all()
    reached, ceiling = known_peaks(signal, 480, 0.0)
    assert (between <= ceiling[0] * 1.00001).all()
    assert (reached <= ceiling).all()
    assert reached.max() == pytest.approx(max(between.max(), highest.max()), rel=1e-5)
    seen = tops(signal, 480)
    again = known_peaks(signal, 480, 0.0, seen)
    assert np.array_equal(again, (reached, ceiling))
    assert np.array_equal(seen, tops(signal, 480)), "what was seen stays as it is"


def test_of_low_tones_few_blocks_are_oversampled() -> None:
    swelling = signals()["low tone"] * np.linspace(0.5, 1, 9_600)
    signal = np.concatenate([np.zeros(TAPS - 1), swelling]).astype(np.float32)[None]
    reached, ceiling = known_peaks(signal, 480, 0.0)
    assert (reached == ceiling).sum() <= 3


def test_rates_that_are_dense_enough_are_not_oversampled() -> None:
    samples = signals()["quarter"].astype(np.float32)[None]
    peak = TruePeak(96_000, 1)
    peak.add(samples)
    assert peak.result() == peak.sample_peak


def test_the_bound_is_reached_by_the_worst_of_samples() -> None:
    middle = all_between(np.eye(TAPS)[0])[:, 1]
    worst = np.sign(middle[::-1]).astype(np.float32)[None]
    assert float(peaks_between(worst)[0]) == pytest.approx(BOUND, rel=1e-4)
