"""Sounds of an evening on stream: applause, chimes, humming, echo, a limiter, a sum to mono."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from utawaku.models.training.stream_sounds import RATE_HZ, Audio, faded

_BLOCK = RATE_HZ // 100
Rng = np.random.Generator


def applause(rng: Rng, duration_s: float) -> Audio:
    """Claps of a crowd that swells and dies down, float32 (n_samples,)."""
    from scipy.signal import fftconvolve

    n = int(duration_s * RATE_HZ)
    swell = np.sin(np.linspace(0.05, np.pi, n) ** rng.uniform(0.6, 1.0))
    rate = rng.uniform(15, 150) / RATE_HZ
    struck = (rng.random(n) < rate * swell) * rng.uniform(0.2, 1.0, n)
    out = np.zeros(n)
    for _hand in range(3):
        length = int(rng.uniform(0.008, 0.03) * RATE_HZ)
        clap = rng.standard_normal(length) * np.exp(-5 * np.arange(length) / length)
        clap = np.convolve(clap, np.ones(int(rng.integers(1, 5))), "same")
        chosen = rng.random(n) < 0.4
        out += fftconvolve(struck * chosen, clap)[:n]
    return faded(out.astype(np.float32), 0.2, 0.5)


def chime(rng: Rng, n_notes: int) -> Audio:
    """A jingle, or with one or two notes a notification: bells one after another."""
    length_s = float(rng.uniform(0.08, 0.35))
    ring = int(rng.uniform(0.3, 1.2) * RATE_HZ)
    step = int(length_s * RATE_HZ)
    out = np.zeros(step * n_notes + ring, np.float32)
    root, scale = rng.uniform(400, 1200), (0, 2, 4, 7, 9, 12, 14, 16)
    time = np.arange(ring) / RATE_HZ
    for note in range(n_notes):
        pitch = root * 2 ** (scale[int(rng.integers(len(scale)))] / 12)
        tone = np.zeros(ring)
        for partial in (1, 2, 3, 4.2):
            if pitch * partial < RATE_HZ / 2:
                tone += np.sin(2 * np.pi * pitch * partial * time) / partial**1.5
        tone *= np.exp(-time * rng.uniform(4, 10))
        out[note * step : note * step + ring] += tone.astype(np.float32)
    return faded(out, 0.002, 0.05)


def hummed(voice: Audio, rng: Rng) -> Audio:
    """Singing with the mouth shut: only the lowest partials are left, float32 (n_samples,)."""
    from scipy.signal import butter, sosfilt

    sos = butter(4, rng.uniform(450, 800), fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(sos, voice), np.float32)


def echoed(audio: Audio, delay_s: float, feedback: float) -> Audio:
    """Audio, float32 (n_samples,), with three repeats, each quieter by the factor `feedback`."""
    out = audio.copy()
    for repeat in (1, 2, 3):
        lag = int(repeat * delay_s * RATE_HZ)
        if lag < len(out):
            out[lag:] += np.float32(feedback**repeat) * audio[: len(audio) - lag]
    return out


def summed_to_mono(audio: Audio, rng: Rng) -> Audio:
    """A wide stereo recording after the sum of its sides: what differs partly cancels out."""
    lag = int(rng.uniform(0.0003, 0.012) * RATE_HZ)
    share = np.float32(rng.uniform(0.2, 0.8) * rng.choice([-1, 1]))
    out = audio.copy()
    out[lag:] += share * audio[: len(audio) - lag]
    return np.asarray(out / np.sqrt(1 + share**2), np.float32)


def limited(audio: Audio, ceiling_db: float, release_s: float) -> Audio:
    """Through a limiter that recovers slowly, so that what is loud pushes down the rest.

    Audio is float32 (n_samples,).
    """
    n_blocks = max(1, -(-len(audio) // _BLOCK))
    padded = np.zeros(n_blocks * _BLOCK, np.float32)
    padded[: len(audio)] = audio
    power = (padded.reshape(n_blocks, _BLOCK) ** 2).mean(axis=1)
    over = np.maximum(10 * np.log10(power + 1e-12) - ceiling_db, 0.0)
    kept = float(np.exp(-0.01 / release_s))
    held: npt.NDArray[np.float64] = np.zeros(n_blocks)
    last = 0.0
    for block, now in enumerate(over.tolist()):
        last = max(now, last * kept)
        held[block] = last
    factors = (10 ** (-held / 20)).astype(np.float32)
    before = np.concatenate([factors[:1], factors[:-1]])[:, None]
    ramp = np.linspace(0, 1, _BLOCK, dtype=np.float32)[None]
    pushed = padded.reshape(n_blocks, _BLOCK) * (before + (factors[:, None] - before) * ramp)
    return np.asarray(pushed.reshape(-1)[: len(audio)], np.float32)
