"""Sound for the segmenter's tests, made by arithmetic alone, the same on every machine."""

import wave
from pathlib import Path

import numpy as np

RATE_HZ = 16000


def speech_like(duration_s: float, seed: int) -> np.ndarray:
    """Syllables of buzzing and hissing through moving formants, with pauses; float64 (n,)."""
    rng = np.random.default_rng(seed)
    n = round(duration_s * RATE_HZ)
    out = np.zeros(n)
    at = 0
    while at < n:
        length = int(RATE_HZ * rng.uniform(0.08, 0.25))
        t = np.arange(length) / RATE_HZ
        pitch = rng.uniform(95, 180) * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(1, 4) * t))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
        sound = np.zeros(length)
        formants = (rng.uniform(300, 800), rng.uniform(900, 2200), rng.uniform(2300, 3200))
        for harmonic in range(1, 36):
            frequency = harmonic * pitch.mean()
            weight = sum(np.exp(-(((frequency - f) / 160) ** 2)) for f in formants)
            sound += weight * np.sin(harmonic * phase)
        if rng.random() < 0.35:
            sound = np.diff(rng.normal(size=length + 1)) * 0.7
        envelope = np.sin(np.pi * np.arange(length) / length) ** 0.6
        piece = (sound * envelope)[: n - at]
        out[at : at + len(piece)] += piece * rng.uniform(0.5, 1.0)
        at += length + int(RATE_HZ * rng.choice([0.0, 0.02, 0.06, 0.3], p=[0.4, 0.3, 0.2, 0.1]))
    return 0.25 * out / max(1e-9, np.abs(out).max())


def music_like(duration_s: float, seed: int) -> np.ndarray:
    """Chords with decaying partials over a beat of noise; float64 (n,)."""
    rng = np.random.default_rng(seed)
    n = round(duration_s * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    out = np.zeros(n)
    for bar, root in enumerate(rng.choice([0, 5, 7, 9, -3], size=int(duration_s) + 1)):
        inside = (t >= bar) & (t < bar + 1)
        local = t[inside] - bar
        for step in (0, 4, 7, 12):
            frequency = 220 * 2 ** ((root + step) / 12)
            for partial in range(1, 7):
                if frequency * partial < 7800:
                    wave_form = np.sin(2 * np.pi * frequency * partial * local)
                    out[inside] += wave_form * np.exp(-local * 0.7 * partial) / partial
    beat = rng.normal(size=n) * np.exp(-((t * 2) % 1) * 18)
    out += 0.6 * beat
    return 0.4 * out / np.abs(out).max()


def noise(duration_s: float, seed: int) -> np.ndarray:
    """White noise; float64 (n,)."""
    return 0.1 * np.random.default_rng(seed).normal(size=round(duration_s * RATE_HZ))


def silence(duration_s: float) -> np.ndarray:
    """Digital silence; float64 (n,)."""
    return np.zeros(round(duration_s * RATE_HZ))


def _stream() -> np.ndarray:
    return np.concatenate(
        [
            silence(1.0),
            speech_like(7.0, 1),
            0.01 * noise(1.5, 2),
            music_like(12.0, 3),
            speech_like(6.0, 4) + 0.1 * music_like(6.0, 5),
            silence(2.0),
            music_like(8.0, 6),
            noise(4.0, 7),
            speech_like(5.0, 8),
        ]
    )


CASES = {
    "stream": _stream,
    "music_only": lambda: music_like(6.0, 11),
    "speech_only": lambda: speech_like(6.0, 12),
    "noise_only": lambda: noise(3.0, 13),
    "gaps_of_silence": lambda: np.concatenate(
        [piece for k in range(6) for piece in (speech_like(1.5, 20 + k), silence(0.1 + 0.1 * k))]
    ),
    "digital_silence": lambda: silence(2.0),
    "one_second": lambda: music_like(1.0, 14),
    "half_a_second": lambda: speech_like(0.5, 15),
    "steady_tone": lambda: 0.3 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE_HZ) / RATE_HZ),
}
"""Names and makers of the recordings with golden results."""


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    """Write samples in [-1, 1], (n,) or (n_channels, n), as 16-bit WAV."""
    frames = np.atleast_2d(samples)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(frames.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.round(np.clip(frames.T, -1, 1) * 32767).astype("<i2").tobytes())
    return path
