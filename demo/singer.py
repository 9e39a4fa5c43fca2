"""A sung lead: a glottal tone and breath shaped by vowels, with vibrato, portamento and consonants.

The tone is a band-limited pulse read at the melody's pitch; vowels are formant envelopes laid over
it in overlapping short spectra, crossfaded from syllable to syllable.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
Array = NDArray[np.float64]

_WINDOW = 1024
_HOP = _WINDOW // 2
_PHRASE_GAP_S = 0.3
_TABLE_SIZE = 4096

_FORMANTS_HZ = {
    "a": (850, 1350, 2850, 3700, 4900),
    "i": (330, 2500, 3150, 3900, 5000),
    "u": (380, 1250, 2650, 3600, 4800),
    "e": (520, 2150, 2900, 3800, 4950),
    "o": (520, 920, 2750, 3600, 4800),
    "n": (260, 1100, 2400, 3500, 4700),
}
_BANDWIDTHS_HZ = (90, 110, 150, 200, 260)
_VOWELS = "".join(_FORMANTS_HZ)
_MALE_TRACT = 0.86

_HISSES: dict[str, tuple[float, float, float, float]] = {
    # consonant: lowest and highest frequency, seconds, gain
    "s": (4500.0, 10000.0, 0.09, 0.5),
    "sh": (2300.0, 7000.0, 0.09, 0.5),
    "ch": (2300.0, 7000.0, 0.06, 0.6),
    "ts": (4000.0, 9500.0, 0.06, 0.6),
    "z": (4500.0, 10000.0, 0.06, 0.25),
    "j": (2300.0, 7000.0, 0.05, 0.35),
    "f": (1200.0, 8000.0, 0.07, 0.25),
    "h": (700.0, 4000.0, 0.06, 0.3),
    "k": (1500.0, 4500.0, 0.025, 0.6),
    "t": (2800.0, 8000.0, 0.02, 0.6),
    "p": (600.0, 3000.0, 0.02, 0.5),
    "g": (1300.0, 3500.0, 0.015, 0.3),
    "d": (2500.0, 6500.0, 0.012, 0.3),
    "b": (500.0, 2500.0, 0.012, 0.3),
}
_VOICELESS = {"s", "sh", "ch", "ts", "f", "h", "k", "t", "p"}
_SYLLABLE = re.compile(r"(ch|sh|ts|[bcdfghjklmnpqrstvwxyz])?[a-z]*?([aiueo]|n$|m$)")


@dataclass(frozen=True, slots=True)
class SungNote:
    """One note of a lead, in seconds from the start of the track."""

    start_s: float
    stop_s: float
    midi: float
    syllable: str
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class Voice:
    """A singer: size of the vocal tract, depth of the vibrato, share of breath in the tone."""

    tract: float = 1.0
    vibrato_cents: float = 32.0
    vibrato_hz: float = 5.6
    breath: float = 0.028


VOICES = {
    "female": Voice(),
    "male": Voice(_MALE_TRACT, 28.0, 5.2, 0.015),
    "harmony": Voice(1.04, 22.0, 5.9, 0.05),
}


def sing(
    notes: list[SungNote], voice: Voice, n_samples: int, sample_rate_hz: int, seed: int
) -> Audio:
    """Sing `notes` (in order, not overlapping): (n_samples,) float32 near 0.1 RMS while sung,
    dry."""
    track = np.zeros(n_samples, np.float32)
    rng = np.random.default_rng(seed)
    envelopes = _vowel_envelopes(voice.tract, sample_rate_hz)
    previous_stop_s = -10.0
    for phrase in _phrases(notes):
        lead_in_s = 0.5
        start_s = phrase[0].start_s - lead_in_s
        n_frames = int((phrase[-1].stop_s + 0.3 - start_s) * sample_rate_hz / _HOP) + 1
        sound = _sing_phrase(
            phrase, start_s, n_frames, voice, envelopes, sample_rate_hz, rng,
            breathe=phrase[0].start_s - previous_stop_s > 0.45,
        )  # fmt: skip
        previous_stop_s = phrase[-1].stop_s
        first = round(start_s * sample_rate_hz)
        cut = max(-first, 0)
        sound = sound[cut : cut + max(n_samples - max(first, 0), 0)]
        track[max(first, 0) : max(first, 0) + sound.size] += sound
    return track


def _phrases(notes: list[SungNote]) -> list[list[SungNote]]:
    phrases: list[list[SungNote]] = []
    for note in notes:
        if phrases and note.start_s - phrases[-1][-1].stop_s < _PHRASE_GAP_S:
            phrases[-1].append(note)
        else:
            phrases.append([note])
    return phrases


def _sing_phrase(
    phrase: list[SungNote],
    origin_s: float,
    n_frames: int,
    voice: Voice,
    envelopes: NDArray[np.float32],
    rate: int,
    rng: np.random.Generator,
    *,
    breathe: bool,
) -> Audio:
    frames_per_s = rate / _HOP
    pitch = np.full(n_frames, float(phrase[0].midi))
    loud = np.zeros(n_frames)
    vowels = np.zeros((n_frames, len(_VOWELS)), np.float32)
    vibrato = np.zeros(n_frames)
    hisses: list[tuple[str, float, float]] = []
    for index, note in enumerate(phrase):
        start, stop = ((at - origin_s) * frames_per_s for at in (note.start_s, note.stop_s))
        first, last = int(start), min(int(stop), n_frames)
        onset, vowel = _sounds(note.syllable)
        pitch[first:] = note.midi
        if index == 0:
            pitch[:first] = note.midi
            rising = np.arange(n_frames - first) / frames_per_s
            pitch[first:] -= 1.1 * np.exp(-rising / 0.05)
        held_s = np.arange(last - first) / frames_per_s
        swell = 0.85 + 0.15 * np.minimum(held_s / 0.25, 1.0)
        loud[first:last] = note.gain * swell
        vibrato[first:last] = np.clip((held_s - 0.22) / 0.35, 0.0, 1.0)
        vowels[first:] = 0.0
        vowels[first:, _VOWELS.index(vowel)] = 1.0
        closed = int(0.05 * frames_per_s)
        if onset in ("n", "m"):
            vowels[first : first + closed] = 0.0
            vowels[first : first + closed, _VOWELS.index("n")] = 1.0
            loud[first : first + closed] *= 0.55
        elif onset in ("y", "w"):
            vowels[first : first + closed] = 0.0
            vowels[first : first + closed, _VOWELS.index("i" if onset == "y" else "u")] = 1.0
        elif onset in ("r", "l", "v"):
            loud[first : first + closed // 2] *= 0.35
        elif onset in _HISSES:
            hisses.append((onset, note.start_s, note.gain))
            silent = int((0.07 if onset in _VOICELESS else 0.03) * frames_per_s)
            loud[max(first - silent, 0) : first + 1] *= 0.05 if onset in _VOICELESS else 0.4
    vowels[: int((phrase[0].start_s - origin_s) * frames_per_s)] = vowels[
        int((phrase[0].start_s - origin_s) * frames_per_s)
    ]

    drift = _smooth(rng.standard_normal(n_frames), 30.0) * 0.25
    time = np.arange(n_frames) / frames_per_s
    shake = np.sin(2 * np.pi * (voice.vibrato_hz * time + rng.uniform()))
    pitch = _smooth(pitch, 0.020 * frames_per_s) + drift
    pitch = pitch + voice.vibrato_cents / 100.0 * vibrato * shake
    loud = _smooth(loud, 0.013 * frames_per_s) * (1.0 + 0.06 * vibrato * shake)
    for column in range(vowels.shape[1]):
        vowels[:, column] = _smooth(vowels[:, column], 0.018 * frames_per_s)

    n_samples = n_frames * _HOP
    at_sample = np.arange(n_samples) / _HOP
    pitch_hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    cycles = np.cumsum(np.interp(at_sample, np.arange(n_frames), pitch_hz)) / rate
    tone = _glottis(rate, float(pitch_hz.max()))[
        (cycles * _TABLE_SIZE).astype(np.int64) & (_TABLE_SIZE - 1)
    ]
    breath = rng.standard_normal(n_samples).astype(np.float32)
    strength = np.interp(at_sample, np.arange(n_frames), loud).astype(np.float32)
    sound = _shape((tone + np.float32(voice.breath) * breath) * strength, vowels, envelopes)
    for consonant, start_s, gain in hisses:
        _hiss(sound, consonant, start_s - origin_s, gain, rate, rng)
    if breathe:
        _inhale(sound, phrase[0].start_s - origin_s, rate, rng)
    return sound


def _sounds(syllable: str) -> tuple[str, str]:
    """First consonant and vowel of a syllable; ``n`` alone hums."""
    match = _SYLLABLE.match(syllable)
    if not match:
        return "", "a"
    onset, vowel = match[1] or "", match[2]
    return onset, "n" if vowel == "m" else vowel


def _smooth(values: Array | NDArray[np.float32], sigma_frames: float) -> Array:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(values.astype(np.float64), sigma_frames, mode="nearest"))


def _glottis(rate: int, highest_hz: float) -> Audio:
    """One cycle of the voice's tone without its vowel: harmonics falling by 6 dB an octave."""
    n_harmonics = max(int(min(10000.0, 0.45 * rate) / highest_hz), 1)
    spectrum = np.zeros(_TABLE_SIZE // 2 + 1, np.complex128)
    rank = np.arange(1, n_harmonics + 1)
    spectrum[1 : n_harmonics + 1] = -0.5j * _TABLE_SIZE / rank
    return np.fft.irfft(spectrum).astype(np.float32)


def _vowel_envelopes(tract: float, rate: int) -> NDArray[np.float32]:
    """Natural logarithm of each vowel's gain, (n_vowels, n_bins) float32, equally loud."""
    hz = np.fft.rfftfreq(_WINDOW, 1.0 / rate)
    harmonics = np.arange(1, 30) * 330.0 * tract
    rows = []
    for formants in _FORMANTS_HZ.values():
        gain = np.ones(hz.size)
        for formant, bandwidth in zip(formants, _BANDWIDTHS_HZ, strict=True):
            centre = formant * tract
            gain *= centre**2 / np.abs(centre**2 - hz**2 + 1j * hz * bandwidth)
        gain *= 1.0 + 1.2 * np.exp(-(((hz - 3000.0 * tract) / 900.0) ** 2))
        gain *= 1.0 + 1.6 * np.minimum((hz / 4500.0) ** 2, 1.0)  # a microphone's presence
        gain = np.maximum(gain, 4e-3) / (1.0 + (hz / 9000.0) ** 6)
        heard = np.interp(harmonics, hz, gain) / np.arange(1, 30)
        rows.append(np.log(gain / np.sqrt(np.sum(heard**2)) * 0.14 + 1e-7))
    return np.array(rows, np.float32)


def _shape(source: Audio, vowels: NDArray[np.float32], envelopes: NDArray[np.float32]) -> Audio:
    """Lay vowel envelopes over `source`; `vowels` (n_frames, n_vowels) are mixing weights a hop."""
    n_frames = vowels.shape[0]
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(
        np.float32
    )
    padded = np.concatenate(
        [np.zeros(_WINDOW // 2, np.float32), source, np.zeros(_WINDOW, np.float32)]
    )
    blocks = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:n_frames]
    spectra = np.fft.rfft(blocks * window, axis=1).astype(np.complex64)
    spectra *= np.exp(vowels @ envelopes)
    shaped = np.fft.irfft(spectra, _WINDOW, axis=1).astype(np.float32) * window
    # Squared windows half a window apart add up to one.
    out = np.zeros((n_frames + 1, _HOP), np.float32)
    out[:-1] += shaped[:, :_HOP]
    out[1:] += shaped[:, _HOP:]
    return out.reshape(-1)[_HOP : _HOP + source.size]


def _hiss(
    sound: Audio, consonant: str, at_s: float, gain: float, rate: int, rng: np.random.Generator
) -> None:
    low_hz, high_hz, seconds, level = _HISSES[consonant]
    start = max(int((at_s - seconds) * rate), 0)
    n = min(int(seconds * 1.3 * rate), sound.size - start)
    if n < 32:
        return
    shape = (
        np.sin(np.linspace(0.0, np.pi, n)) if seconds > 0.04 else np.exp(-np.linspace(0.0, 5.0, n))
    )
    sound[start : start + n] += (
        _band_noise(n, low_hz, high_hz, rate, rng) * shape * (0.1 * level * gain)
    )


def _inhale(sound: Audio, at_s: float, rate: int, rng: np.random.Generator) -> None:
    stop = max(int((at_s - 0.1) * rate), 0)
    n = min(int(0.3 * rate), stop)
    if n < 256:
        return
    rise = np.linspace(0.0, 1.0, n) ** 1.5 * np.minimum(1.0, np.linspace(8.0, 0.0, n))
    sound[stop - n : stop] += _band_noise(n, 900.0, 6000.0, rate, rng) * rise * 0.012


def _band_noise(
    n: int, low_hz: float, high_hz: float, rate: int, rng: np.random.Generator
) -> Audio:
    """Noise between two frequencies, 1 RMS."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hz = np.fft.rfftfreq(n, 1.0 / rate)
    spectrum *= np.exp(-(np.maximum(np.log2((low_hz + 1) / (hz + 1)), 0.0) ** 2) * 4.0)
    spectrum *= np.exp(-(np.maximum(np.log2((hz + 1) / (high_hz + 1)), 0.0) ** 2) * 4.0)
    noise = np.fft.irfft(spectrum, n)
    result: Audio = (noise / (np.sqrt(np.mean(noise**2)) + 1e-12)).astype(np.float32)
    return result
