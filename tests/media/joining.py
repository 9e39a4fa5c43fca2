"""MP4 files whose parts were joined byte by byte, as stream recorders leave them."""

from pathlib import Path

import av
import numpy as np

PART_S = 4

Format = tuple[float, int, str, str]
"""Tone in Hz, sample rate in Hz, layout, codec."""
EVENING: Format = (440, 48_000, "mono", "aac")
SAME_FORMAT: Format = (880, 48_000, "mono", "aac")
OTHER_FORMAT: Format = (880, 44_100, "stereo", "aac")
NOT_FOR_TS: Format = (440, 48_000, "mono", "flac")


FRAGMENTED = {"movflags": "empty_moov+default_base_moof", "frag_duration": "1000000"}


def fragments(
    path: Path,
    tone_hz: float,
    rate_hz: int,
    layout: str,
    codec: str = "aac",
    options: dict[str, str] = FRAGMENTED,
) -> bytes:
    """A fragmented MP4 of `PART_S` seconds, as a stream recorder writes it."""
    times = np.arange(PART_S * rate_hz) / rate_hz
    tone = (0.2 * np.sin(2 * np.pi * tone_hz * times)).astype(np.float32)
    with av.open(str(path), "w", format="mp4", options=options) as made:
        stream = made.add_stream(codec, rate=rate_hz, layout=layout)
        samples = np.tile(tone, (stream.codec_context.layout.nb_channels, 1))
        for at in range(0, samples.shape[1], 960):
            block = np.ascontiguousarray(samples[:, at : at + 960])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate_hz, at
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path.read_bytes()


def joined_mp4(path: Path, *formats: Format) -> Path:
    """Write one part of each format into `path`, header behind header."""
    part = path.with_name("part.mp4")
    path.write_bytes(b"".join(fragments(part, *one) for one in formats))
    part.unlink()
    return path
