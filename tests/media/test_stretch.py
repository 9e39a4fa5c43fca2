"""Another key or tempo."""

import numpy as np
import pytest

from utawaku.media.stretch import Stretch

RATE_HZ = 48_000


def tone(hertz: float, seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    one = 0.5 * np.sin(2 * np.pi * hertz * t)
    return np.stack([one, one], axis=1).astype(np.float32)


def stretched(samples: np.ndarray, *, semitones: int = 0, tempo: float = 1.0) -> np.ndarray:
    stretch = Stretch(RATE_HZ, 2, semitones=semitones, tempo=tempo)
    blocks = [stretch.push(samples[at : at + 4800]) for at in range(0, len(samples), 4800)]
    return np.concatenate([*blocks, stretch.flush()])


def pitch_of(samples: np.ndarray) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4, 0]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.argmax(spectrum) * RATE_HZ / len(middle))


@pytest.mark.parametrize(
    ("semitones", "tempo"), [(-6, 0.7), (-6, 1.3), (6, 0.7), (6, 1.3), (0, 0.8), (3, 1.0)]
)
def test_key_and_tempo_change_each_for_itself_without_clicks(semitones: int, tempo: float) -> None:
    heard = stretched(tone(440, 2.0), semitones=semitones, tempo=tempo)
    assert len(heard) / RATE_HZ == pytest.approx(2.0 / tempo, abs=0.08)
    hertz = 440 * 2 ** (semitones / 12)
    assert pitch_of(heard) == pytest.approx(hertz, rel=0.012)
    # A click is a step that a tone of this pitch and level never makes.
    inner = heard[2400:-4800]
    assert np.abs(np.diff(inner[:, 0])).max() < 0.5 * 2 * np.pi * hertz / RATE_HZ * 2


def test_without_a_change_samples_pass_as_they_are() -> None:
    samples = tone(440, 0.3)
    assert np.array_equal(stretched(samples), samples)


@pytest.mark.parametrize(("semitones", "tempo"), [(7, 1.0), (-7, 1.0), (0, 0.69), (0, 1.31)])
def test_what_is_out_of_range_is_refused(semitones: int, tempo: float) -> None:
    with pytest.raises(ValueError, match="semitones"):
        Stretch(RATE_HZ, 2, semitones=semitones, tempo=tempo)
