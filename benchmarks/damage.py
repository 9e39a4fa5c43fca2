"""Recordings for benchmarks of recognition, and what may befall an excerpt before it is asked."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utawaku.services.recognizer.signature import pcm_from_audio
from utawaku.services.recognizer.transpose import pitch_shift, time_stretch

RATE = 16_000
Audio = NDArray[np.float32]


def load(path: Path) -> Audio:
    """A recording as mono float32 at 16 kHz."""
    import av

    pieces = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            pieces += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        pieces += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(pieces).astype(np.float32)


def folder(corpus: Path, name: str) -> dict[str, Audio]:
    """All recordings of a corpus folder by file name."""
    paths = [p for p in sorted((corpus / name).iterdir()) if p.suffix != ".json"]
    return {path.name: load(path) for path in paths}


def voiced(audio: Audio) -> Audio:
    """Without its pauses, so that 0 dB means 0 dB."""
    energy = np.convolve(audio**2, np.ones(1600) / 1600, "same")
    return audio[energy > 0.05 * energy.mean()][: 30 * RATE]


def spectral_shift(audio: Audio, semitones: float) -> Audio:
    """Transposition of the other kind: a plain vocoder that moves bins, without phase locking."""
    n_fft, hop = 2048, 256
    window = np.hanning(n_fft + 1)[:-1]
    padded = np.pad(audio, (n_fft, n_fft))
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    spectrum = np.fft.rfft(frames * window, axis=1)
    magnitude, phase = np.abs(spectrum), np.angle(spectrum)
    bins = np.arange(n_fft // 2 + 1)
    advance = 2 * np.pi * bins * hop / n_fft
    drift = np.diff(phase, axis=0, prepend=phase[:1]) - advance
    drift -= 2 * np.pi * np.round(drift / 2 / np.pi)
    ratio = 2 ** (semitones / 12)
    target = np.round(bins * ratio).astype(int)
    moved, frequency = np.zeros_like(magnitude), np.zeros_like(magnitude)
    for source in bins[target <= n_fft // 2]:
        place = target[source]
        louder = magnitude[:, source] > moved[:, place]
        moved[:, place] = np.where(louder, magnitude[:, source], moved[:, place])
        frequency[:, place] = np.where(
            louder, (advance + drift)[:, source] * ratio, frequency[:, place]
        )
    turned = moved * np.exp(1j * np.cumsum(frequency, axis=0))
    out = np.zeros(len(padded) + n_fft)
    for index, frame in enumerate(np.fft.irfft(turned, n=n_fft, axis=1) * window):
        out[index * hop : index * hop + n_fft] += frame
    return (out[n_fft : n_fft + len(audio)] / 3).astype(np.float32)


def mp3(audio: Audio, kbps: int = 64) -> Audio:
    """Through a lossy encoder and back."""
    import av

    path = Path(tempfile.mkdtemp()) / "x.mp3"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libmp3lame", rate=RATE)
        stream.bit_rate = kbps * 1000
        stream.layout = "mono"
        samples = np.ascontiguousarray(pcm_from_audio(audio)[None])
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(
            format=stream.format, layout="mono", rate=RATE, frame_size=stream.frame_size or 1152
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return load(path)


def over(audio: Audio, other: Audio, level_db: float) -> Audio:
    """`other` on top of `audio`, `level_db` above it."""
    laid = np.resize(other, len(audio))
    ratio = math.sqrt(float(np.mean(audio**2)) / max(float(np.mean(laid**2)), 1e-12))
    mixed = audio + laid * np.float32(ratio * 10 ** (level_db / 20))
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def variants(audio: Audio, voice: Audio, rng: np.random.Generator) -> Iterator[tuple[str, Audio]]:
    """What an excerpt may have gone through, by name."""
    noise = rng.normal(0, 1, len(audio)).astype(np.float32)
    yield "as it is", audio
    yield "mp3 64k", mp3(audio)
    yield "voice 0 dB", over(audio, voice, 0)
    yield "noise 0 dB", over(audio, noise, 0)
    for semitones in (-6, -3, 3, 6):
        yield f"{semitones:+d}, voice 0 dB", over(pitch_shift(audio, semitones, RATE), voice, 0)
    for semitones in (-3, 3):
        plain = spectral_shift(audio, semitones)
        yield f"{semitones:+d} plain vocoder, voice 0 dB, mp3", mp3(over(plain, voice, 0))
    yield "+0.5, voice 0 dB", over(pitch_shift(audio, 0.5, RATE), voice, 0)
    for tempo in (0.94, 1.06):
        yield f"tempo {tempo - 1:+.0%}, voice 0 dB", over(time_stretch(audio, 1 / tempo), voice, 0)
    slow = pitch_shift(time_stretch(audio, 1 / 0.95), -3, RATE)
    yield "-3, tempo -5%, voice 0 dB", over(slow, voice, 0)
