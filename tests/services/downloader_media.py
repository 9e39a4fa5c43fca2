"""Small real media for the tests of the downloader, made on the spot."""

import functools
import io
from pathlib import Path
from typing import Any

import av
import numpy as np

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8"
    "cfc0f01f0005000180ffe0d3c10000000049454e44ae426082"
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200)


@functools.cache
def audio_bytes(
    container: str = "wav",
    codec: str = "pcm_s16le",
    *,
    duration_s: float = 4.0,
    rate_hz: int = 44_100,
    seed: int = 0,
) -> bytes:
    """Noise that differs with the seed, in any container that FFmpeg writes."""
    file = io.BytesIO()
    write_media(file, container, codec, duration_s=duration_s, rate_hz=rate_hz, seed=seed)
    return file.getvalue()


def write_media(
    target: Path | io.BytesIO,
    container: str,
    codec: str | None,
    *,
    video_codec: str | None = None,
    duration_s: float = 4.0,
    rate_hz: int = 44_100,
    seed: int = 0,
    tags: dict[str, str] | None = None,
) -> None:
    """Write a media file with noise as sound and grey noise as picture, where asked for."""
    noise = np.random.default_rng(seed)
    with av.open(
        target if isinstance(target, io.BytesIO) else str(target), "w", format=container
    ) as out:
        out.metadata.update(tags or {})
        # Any: the stubs name every kind of stream that `add_stream` may return.
        audio: Any = out.add_stream(codec, rate=rate_hz, layout="stereo") if codec else None
        if video_codec:
            video: Any = out.add_stream(video_codec, rate=10)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for number in range(int(duration_s * 10)):
                picture = noise.integers(0, 255, (48, 64, 3), dtype=np.uint8)
                shown = av.VideoFrame.from_ndarray(picture, format="rgb24")
                shown.pts = number
                out.mux(video.encode(shown))
            out.mux(video.encode())
        if audio is not None:
            samples = noise.integers(
                -3000, 3000, (1, int(duration_s * rate_hz) * 2), dtype=np.int16
            )
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
            frame.sample_rate = rate_hz
            frame.pts = 0
            resampler = av.AudioResampler(
                format=audio.codec_context.format,
                layout="stereo",
                rate=rate_hz,
                frame_size=audio.codec_context.frame_size or 4096,
            )
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                out.mux(audio.encode(piece))
            out.mux(audio.encode())


def media_file(path: Path, container: str, codec: str | None, **more: object) -> Path:
    write_media(path, container, codec, **more)  # type: ignore[arg-type]
    return path
