"""Recordings made on the spot for tests of cutting, loudness and tags."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FAST = {
    "libmp3lame": {"compression_level": "9"},
    "aac": {"aac_coder": "fast"},
    "libopus": {"compression_level": "3"},
}
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def sound(
    duration_s: float, rate: int = 48_000, n_channels: int = 2, *, seed: int = 0
) -> np.ndarray:
    """A signal without any repetition: a wandering tone with a little noise, (n_channels, n)."""
    rng = np.random.default_rng(seed)
    n_samples = round(duration_s * rate)
    steps = np.interp(
        np.arange(n_samples), np.arange(0, n_samples + rate, rate // 4)[: 4 * n_samples],
        rng.uniform(150, 900, -(-(n_samples + rate) // (rate // 4))),
    )  # fmt: skip
    phase = 2 * np.pi * np.cumsum(steps) / rate
    channels = [0.4 * np.sin(phase * (1 + 0.01 * c)) for c in range(n_channels)]
    noise = 0.02 * rng.standard_normal((n_channels, n_samples))
    return (np.stack(channels) + noise).astype(np.float32)


def write(
    path: Path,
    samples: np.ndarray,
    rate: int,
    encoder: str,
    *,
    bit_rate: int = 0,
    options: dict | None = None,
) -> Path:
    """Encode samples with PyAV; the container follows from the suffix."""
    layout = LAYOUTS[samples.shape[0]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            encoder, rate=rate, layout=layout, options=FAST.get(encoder, {}) | (options or {})
        )
        if bit_rate:
            stream.bit_rate = bit_rate
        for start in range(0, samples.shape[1], rate):
            chunk = np.ascontiguousarray(samples[:, start : start + rate])
            name = "fltp"
            if encoder in ("flac", "pcm_s16le"):
                chunk = np.rint(chunk * 32767).astype(np.int16).T.reshape(1, -1)
                name = "s16"
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(chunk), name, layout)
            frame.sample_rate, frame.pts = rate, start
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
