"""Small generated recordings in the folders that the composers of streams read."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from utawaku.models.training.stream_sounds import RATE_HZ, write_wave


def tone(pitch_hz: float, duration_s: float, seed: int = 0) -> np.ndarray:
    """A steady tone with two partials and a little noise: float32 (n_samples,)."""
    time = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).standard_normal(len(time)) * 0.01
    return (
        0.2 * np.sin(2 * np.pi * pitch_hz * time)
        + 0.1 * np.sin(4 * np.pi * pitch_hz * time)
        + noise
    ).astype(np.float32)


def words(duration_s: float, seed: int) -> np.ndarray:
    """Bursts of noise with gaps, as talk has: float32 (n_samples,)."""
    rng = np.random.default_rng(seed)
    n = int(duration_s * RATE_HZ)
    syllables = np.repeat(rng.random(n // 2000 + 1) < 0.7, 2000)[:n]
    return (rng.standard_normal(n) * 0.1 * syllables).astype(np.float32)


def write_clip(path: Path, backing: np.ndarray, voice: np.ndarray) -> None:
    """A clip as MIR-1K has them: both float32 (n_samples,), left the backing, right the voice."""
    both = np.stack([backing, voice], axis=1)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(both, -1, 1) * 32767).astype("<i2").tobytes())


def write_parts(folder: Path, singers: tuple[str, ...] = ("ann", "ben")) -> Path:
    """Songs, talk, music, noise and karaoke clips of a few seconds each."""
    for kind in ("songs", "speech", "instrumental", "noise", "karaoke"):
        (folder / kind).mkdir(parents=True)
    for number in range(2):
        write_wave(folder / "songs" / f"studio-{number:03}.wav", tone(300 + 50 * number, 55))
        write_wave(folder / "speech" / f"talker-{number:03}.wav", words(20, number))
        write_wave(folder / "instrumental" / f"band-{number:03}.wav", tone(150 + 20 * number, 15))
        write_wave(folder / "noise" / f"rain-{number:03}.wav", words(5, 9))
    for singer in singers:
        for song in (1, 2):
            for clip in range(1, 4):
                write_clip(
                    folder / "karaoke" / f"{singer}_{song}_{clip:02}.wav",
                    tone(110 * song, 7),
                    tone(440, 7, clip) * (np.arange(7 * RATE_HZ) % 24_000 < 16_000),
                )
    return folder
