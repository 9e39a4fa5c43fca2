"""Processing of a composed stream's sounds: reading, levels, fades, rooms, codecs."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]
RATE_HZ = 16_000


def decode_mono(path: Path, sample_rate_hz: int = RATE_HZ) -> Audio:
    """Whole file as mono float32 at `sample_rate_hz`."""
    plain = _plain_wave(path)
    if plain is not None and len(plain) == 1 and sample_rate_hz == RATE_HZ:
        return np.ascontiguousarray(plain[0])
    resampler = av.AudioResampler(format="flt", layout="mono", rate=sample_rate_hz)
    parts: list[Audio] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            parts += [out.to_ndarray()[0].astype(np.float32) for out in resampler.resample(frame)]
        parts += [out.to_ndarray()[0].astype(np.float32) for out in resampler.resample(None)]
    return np.concatenate([np.zeros(0, np.float32), *parts]).astype(np.float32)


def _plain_wave(path: Path) -> Audio | None:
    """A wave file of 16 bits at `RATE_HZ`, float32 (n_channels, n_samples); None for another."""
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() != 2 or file.getframerate() != RATE_HZ:
                return None
            n_channels, data = file.getnchannels(), file.readframes(file.getnframes())
    except (wave.Error, EOFError):
        return None
    samples = np.frombuffer(data, "<i2").reshape(-1, n_channels).T
    return np.ascontiguousarray(samples, np.float32) / np.float32(32768)


def decode_stereo_wave(path: Path) -> Audio:
    """A 16 kHz stereo wave file as float32 of shape (2, n_samples)."""
    plain = _plain_wave(path)
    if plain is not None and len(plain) == 2:
        return plain
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE_HZ)
    parts: list[Audio] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            parts += [out.to_ndarray().astype(np.float32) for out in resampler.resample(frame)]
        parts += [out.to_ndarray().astype(np.float32) for out in resampler.resample(None)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def write_wave(path: Path, audio: Audio) -> None:
    """Write float32 (n_samples,) as 16-bit mono at `RATE_HZ`."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())


def rms_dbfs(audio: Audio) -> float:
    """Level of the louder part of `audio`: the mean power of 0.1 s frames above -50 dBFS."""
    n = len(audio) // 1600
    if n == 0:
        return -120.0
    power = (audio[: n * 1600].reshape(n, 1600) ** 2).mean(axis=1)
    loud = power[power > 1e-5]
    return float(10 * np.log10(loud.mean() if len(loud) else power.mean() + 1e-12))


def gain(audio: Audio, gain_db: float) -> Audio:
    """Return audio, float32 (n_samples,), with a gain in dB."""
    return (audio * np.float32(10 ** (gain_db / 20))).astype(np.float32)


def at_level(audio: Audio, level_dbfs: float) -> Audio:
    """Return audio, float32 (n_samples,), at an RMS level in dBFS."""
    return gain(audio, level_dbfs - rms_dbfs(audio))


def trimmed(audio: Audio, floor_db: float = -48.0) -> Audio:
    """Without leading and trailing 10 ms frames quieter than `floor_db` under the loudest."""
    n = len(audio) // 160
    power = (audio[: n * 160].reshape(n, 160) ** 2).mean(axis=1)
    if not n or power.max() <= 0:
        return audio
    loud = np.flatnonzero(power > power.max() * 10 ** (floor_db / 10))
    return audio[loud[0] * 160 : (loud[-1] + 1) * 160]


def faded(audio: Audio, fade_in_s: float = 0.005, fade_out_s: float = 0.005) -> Audio:
    """Return a copy of audio, float32 (n_samples,), with fades in seconds."""
    out = audio.copy()
    n_in = min(int(fade_in_s * RATE_HZ), len(out))
    n_out = min(int(fade_out_s * RATE_HZ), len(out))
    if n_in:
        out[:n_in] *= np.linspace(0, 1, n_in, dtype=np.float32)
    if n_out:
        out[-n_out:] *= np.linspace(1, 0, n_out, dtype=np.float32) ** 2
    return out


def resampled(audio: Audio, factor: float) -> Audio:
    """Played `factor` times faster (pitch goes with it), by linear interpolation."""
    positions = np.arange(0, len(audio) - 1, factor)
    result: Audio = np.interp(positions, np.arange(len(audio)), audio).astype(np.float32)
    return result


def tilted(audio: Audio, tilt: float) -> Audio:
    """One-pole tilt: positive is duller, negative brighter; |tilt| < 0.6."""
    from scipy.signal import lfilter

    return np.asarray(lfilter([1.0 - abs(tilt)], [1.0, -tilt], audio), dtype=np.float32)


def in_room(audio: Audio, rng: np.random.Generator, rt60_s: float, wet: float) -> Audio:
    """Return audio, float32 (n_samples,), with reverberation of `rt60_s` seconds."""
    from scipy.signal import oaconvolve

    n = int(rt60_s * RATE_HZ)
    tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
    tail *= wet / np.sqrt((tail**2).sum())
    tail[0] += 1.0
    return np.asarray(oaconvolve(audio, tail)[: len(audio)], dtype=np.float32)


def recompressed(audio: Audio, codec: str, bit_rate: int) -> Audio:
    """Through a lossy codec and back, aligned to the input by cross-correlation."""
    rate = 48_000 if codec == "libopus" else RATE_HZ
    suffix = "ogg" if codec == "libopus" else "mp3"
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=suffix) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = bit_rate
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate)
        for start in range(0, len(audio), RATE_HZ * 10):
            block = np.ascontiguousarray(audio[None, start : start + RATE_HZ * 10])
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
            frame.sample_rate = RATE_HZ
            for piece in resampler.resample(frame):
                piece.pts = None
                out.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            piece.pts = None
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    buffer.seek(0)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    parts: list[Audio] = []
    with av.open(buffer, "r") as container:
        for frame in container.decode(audio=0):
            frame.pts = None
            parts += [
                piece.to_ndarray()[0].astype(np.float32) for piece in resampler.resample(frame)
            ]
    back = np.concatenate(parts)
    if len(back) < len(audio):
        back = np.pad(back, (0, len(audio) - len(back)))
    return back[: len(audio)].astype(np.float32)
