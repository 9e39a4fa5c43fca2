"""Instruments made of numpy: one mono note at a time, kept, and laid into a track as often as it is
played."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

_LONGEST_NOTE_S = 6.0
_TABLE_SIZE = 4096


def frequency_hz(midi: float) -> float:
    """Frequency of a MIDI note number, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


@dataclass
class Orchestra:
    """Plays notes at one sample rate; notes are made on first use and reused."""

    sample_rate_hz: int
    seed: int
    _notes: dict[tuple[str, int, int], Audio] = field(default_factory=dict, repr=False)

    def note(self, instrument: str, midi: int, seconds: float) -> Audio:
        """A note as it sounds with the key held for `seconds`, mono, loudness near 0.1 RMS.

        Lengths are made in steps of a power of two and cut to size, so that few different notes are
        made.
        """
        octave_s = 0.5
        while octave_s < min(seconds, _LONGEST_NOTE_S):
            octave_s *= 2.0
        place = (instrument, midi, int(octave_s * 2))
        if place not in self._notes:
            n_samples = int(octave_s * self.sample_rate_hz)
            rng = np.random.default_rng([self.seed, midi, sum(instrument.encode())])
            raw = _INSTRUMENTS[instrument](frequency_hz(midi), n_samples, self.sample_rate_hz, rng)
            early = raw[: self.sample_rate_hz // 2]
            level = float(np.sqrt(np.mean(early.astype(np.float64) ** 2))) + 1e-9
            self._notes[place] = (raw * (0.1 / level)).astype(np.float32)
        return self._notes[place][: max(int(seconds * self.sample_rate_hz), 64)]

    def play(
        self,
        track: Audio,
        instrument: str,
        midi: int,
        start_s: float,
        seconds: float,
        gain: float,
        pan: float = 0.0,
        release_s: float = 0.12,
    ) -> None:
        """Add one note to `track` (2, n_samples); `pan` runs from -1 (left) to 1 (right), equal
        power."""
        start = max(int(start_s * self.sample_rate_hz), 0)
        room = max(track.shape[1] - start, 0)
        note = self.note(instrument, midi, seconds + release_s)[:room]
        if not note.size:
            return
        shaped = note * gain
        n_release = min(int(release_s * self.sample_rate_hz), shaped.size)
        shaped[-n_release:] *= np.cos(np.linspace(0.0, np.pi / 2, n_release, dtype=np.float32))
        angle = (pan + 1.0) * np.pi / 4
        track[0, start : start + shaped.size] += shaped * np.float32(np.cos(angle))
        track[1, start : start + shaped.size] += shaped * np.float32(np.sin(angle))


def _time(n_samples: int, sample_rate_hz: int) -> Audio:
    return (np.arange(n_samples) / sample_rate_hz).astype(np.float32)


def _attack(n_samples: int, sample_rate_hz: int, seconds: float) -> Audio:
    rise = np.ones(n_samples, np.float32)
    n_rise = min(max(int(seconds * sample_rate_hz), 1), n_samples)
    rise[:n_rise] = np.sin(np.linspace(0.0, np.pi / 2, n_rise)) ** 2
    return rise


def _partials(
    pitch_hz: float,
    n_samples: int,
    sample_rate_hz: int,
    amplitudes: list[float],
    decays_s: list[float],
    stiffness: float = 0.0,
) -> Audio:
    """Sum of decaying sines; each is computed only until it is 60 dB down."""
    out = np.zeros(n_samples, np.float32)
    for index, (amplitude, decay_s) in enumerate(zip(amplitudes, decays_s, strict=True), start=1):
        partial_hz = pitch_hz * index * np.sqrt(1.0 + stiffness * index * index)
        if partial_hz > 0.45 * sample_rate_hz:
            break
        n_heard = min(n_samples, int(7.0 * decay_s * sample_rate_hz))
        time = _time(n_heard, sample_rate_hz)
        phase = np.float32(2 * np.pi * partial_hz) * time
        out[:n_heard] += np.float32(amplitude) * np.exp(time / np.float32(-decay_s)) * np.sin(phase)
    return out


def _piano(pitch_hz: float, n: int, rate: int, _rng: np.random.Generator) -> Audio:
    long_s = 2.6 * (261.6 / pitch_hz) ** 0.5
    ranks = range(1, 15)
    soft = _partials(
        pitch_hz,
        n,
        rate,
        [abs(np.sin(np.pi * k / 7.6)) / k**1.15 for k in ranks],
        [long_s / (1.0 + 0.35 * (k - 1)) for k in ranks],
        stiffness=0.0004,
    )
    return soft * _attack(n, rate, 0.004)


def _electric_piano(pitch_hz: float, n: int, rate: int, _rng: np.random.Generator) -> Audio:
    time = _time(n, rate)
    phase = np.float32(2 * np.pi * pitch_hz) * time
    bark = np.exp(-time / 0.45) * 0.9
    tine = np.exp(-time / 0.09) * 0.25 * np.sin(phase * 14.0)
    body = np.sin(phase + bark * np.sin(phase) + tine)
    tremolo = 1.0 + 0.12 * np.sin(2 * np.pi * 4.6 * time)
    result: Audio = (body * np.exp(-time / 1.4) * tremolo * _attack(n, rate, 0.005)).astype(
        np.float32
    )
    return result


def _string_of(brightness: float, decay_s: float, pluck: float) -> Callable[..., Audio]:
    """A plucked string: Karplus and Strong's loop, a whole period at a time."""

    def make(pitch_hz: float, n: int, rate: int, rng: np.random.Generator) -> Audio:
        # The averaging filter delays by half a sample; the rest of the period is split between the
        # loop's length and a two-point interpolation, so that the string is in tune.
        period = rate / pitch_hz - 0.5
        whole = int(period)
        frac = np.float32(period - whole)
        noise = rng.uniform(-1.0, 1.0, whole + 2)
        spectrum = np.fft.rfft(noise)
        harmonic = np.arange(spectrum.size)
        spectrum *= np.exp(-harmonic / (brightness * 30.0)) * np.abs(
            np.sin(np.pi * np.maximum(harmonic, 1) * pluck)
        )
        spectrum[0] = 0.0
        burst = np.fft.irfft(spectrum, whole + 2).astype(np.float32)
        loss = np.float32(10.0 ** (-3.0 / (decay_s * pitch_hz)))
        a, b, c = (loss * (1 - frac) / 2, loss / 2, loss * frac / 2)
        out = np.zeros(n + 2 * whole + 4, np.float32)
        out[: whole + 2] = burst
        for start in range(whole + 2, n, whole):
            stop = min(start + whole, n + whole)
            old = out[start - whole - 2 : stop - whole]
            out[start:stop] = a * old[2:] + b * old[1:-1] + c * old[:-2]
        return out[:n] * _attack(n, rate, 0.002)

    return make


def _driven(make: Callable[..., Audio], drive: float) -> Callable[..., Audio]:
    """The same string through an overdriven amplifier and a cabinet that takes the fizz away."""

    def make_driven(pitch_hz: float, n: int, rate: int, rng: np.random.Generator) -> Audio:
        clean = make(pitch_hz, n, rate, rng)
        fifth = make(pitch_hz * 2.0 ** (7 / 12), n, rate, rng)
        both = clean + 0.8 * fifth
        both /= np.max(np.abs(both)) + 1e-9
        return _low_pass(np.tanh(drive * both), 3600.0, rate)

    return make_driven


def _low_pass(signal: Audio, cutoff_hz: float, rate: int) -> Audio:
    from scipy.signal import butter, sosfilt

    sections = butter(2, min(cutoff_hz, 0.45 * rate), fs=rate, output="sos")
    return np.asarray(sosfilt(sections, signal), np.float32)


def _table(amplitudes: NDArray[np.floating]) -> Audio:
    spectrum = np.zeros(_TABLE_SIZE // 2 + 1, np.complex128)
    spectrum[1 : amplitudes.size + 1] = -1j * amplitudes * _TABLE_SIZE / 2
    return np.fft.irfft(spectrum).astype(np.float32)


def _read(table: Audio, cycles: NDArray[np.float64]) -> Audio:
    result: Audio = table[(cycles * _TABLE_SIZE).astype(np.int64) & (_TABLE_SIZE - 1)]
    return result


def _ensemble(
    slope: float, dark_hz: float, attack_s: float, cents: float, vibrato_cents: float
) -> Callable[..., Audio]:
    """Sustained players: three detuned voices whose harmonics fall off by `slope` above
    `dark_hz`."""

    def make(pitch_hz: float, n: int, rate: int, rng: np.random.Generator) -> Audio:
        n_harmonics = max(min(40, int(0.45 * rate / pitch_hz)), 1)
        rank = np.arange(1, n_harmonics + 1)
        heights = 1.0 / rank**slope / (1.0 + (rank * pitch_hz / dark_hz) ** 2)
        table = _table(heights)
        time = np.arange(n) / rate
        out = np.zeros(n, np.float32)
        for detune in (-cents, 0.0, cents):
            wobble = vibrato_cents * 0.0005778 * np.sin(2 * np.pi * (5.2 * time + rng.uniform()))
            cycles = pitch_hz * 2.0 ** (detune / 1200.0) * (time + wobble / (2 * np.pi * 5.2))
            out += _read(table, cycles + rng.uniform())
        return out * _attack(n, rate, attack_s)

    return make


def _organ(pitch_hz: float, n: int, rate: int, _rng: np.random.Generator) -> Audio:
    heights = np.zeros(12)
    for harmonic, height in ((1, 1.0), (2, 0.8), (3, 0.6), (4, 0.35), (6, 0.18), (8, 0.14)):
        if harmonic * pitch_hz < 0.45 * rate:
            heights[harmonic - 1] = height
    time = np.arange(n) / rate
    rotor = 0.0006 * np.sin(2 * np.pi * 5.8 * time) / (2 * np.pi * 5.8)
    swell = (1.0 + 0.1 * np.sin(2 * np.pi * 5.8 * time + 1.0)).astype(np.float32)
    return _read(_table(heights), pitch_hz * (time + rotor * 6)) * swell * _attack(n, rate, 0.02)


def _flute(pitch_hz: float, n: int, rate: int, rng: np.random.Generator) -> Audio:
    time = np.arange(n) / rate
    depth = 0.004 * np.clip((time - 0.25) / 0.4, 0.0, 1.0)
    cycles = pitch_hz * (time - depth * np.cos(2 * np.pi * 5.0 * time) / (2 * np.pi * 5.0))
    tone = _read(_table(np.array([1.0, 0.35, 0.12, 0.05])), cycles)
    air = _low_pass(rng.standard_normal(n).astype(np.float32), 2.0 * pitch_hz, rate)
    return (tone + 0.06 * air) * _attack(n, rate, 0.05)


def _music_box(pitch_hz: float, n: int, rate: int, _rng: np.random.Generator) -> Audio:
    ratios = (1.0, 2.76, 5.4)
    time = _time(n, rate)
    out = np.zeros(n, np.float32)
    for index, ratio in enumerate(ratios):
        if pitch_hz * ratio < 0.45 * rate:
            fade = np.exp(time / np.float32(-1.1 / (index * 2.2 + 1)))
            out += 0.6**index * fade * np.sin(np.float32(2 * np.pi * pitch_hz * ratio) * time)
    return out * _attack(n, rate, 0.002)


def _bass(pitch_hz: float, n: int, rate: int, _rng: np.random.Generator) -> Audio:
    plucked = _partials(
        pitch_hz, n, rate, [1.0, 0.6, 0.35, 0.2, 0.1, 0.05], [1.6, 1.0, 0.6, 0.4, 0.25, 0.2]
    )
    return plucked * _attack(n, rate, 0.006)


def _synth_bass(pitch_hz: float, n: int, rate: int, _rng: np.random.Generator) -> Audio:
    time = _time(n, rate)
    ranks = np.arange(1, 11)
    bright = _read(_table(1.0 / ranks), pitch_hz * np.arange(n) / rate)
    round_tone = _read(_table(1.0 / ranks**2.2), pitch_hz * np.arange(n) / rate)
    pluck = np.exp(-time / 0.12)
    result: Audio = (pluck * bright * 0.6 + round_tone) * _attack(n, rate, 0.004)
    return result


_INSTRUMENTS: dict[str, Callable[..., Audio]] = {
    "piano": _piano,
    "electric piano": _electric_piano,
    "nylon guitar": _string_of(0.35, 2.6, 0.18),
    "steel guitar": _string_of(0.8, 3.5, 0.13),
    "koto": _string_of(1.3, 3.0, 0.08),
    "rock guitar": _driven(_string_of(0.7, 4.0, 0.15), 6.0),
    "strings": _ensemble(1.0, 2400.0, 0.18, 7.0, 12.0),
    "saws": _ensemble(1.0, 4200.0, 0.02, 11.0, 0.0),
    "brass": _ensemble(0.7, 1700.0, 0.05, 4.0, 8.0),
    "choir": _ensemble(1.4, 900.0, 0.25, 9.0, 20.0),
    "organ": _organ,
    "flute": _flute,
    "music box": _music_box,
    "bass": _bass,
    "synth bass": _synth_bass,
}
"""Each takes (pitch_hz, n_samples, sample_rate_hz, rng) and returns (n_samples,) float32."""
