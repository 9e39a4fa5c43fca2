"""Small recordings of every container, damaged at random, and a plain decode to compare with."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

RATE_HZ = 48_000

FRAGMENTED = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "1000000"}

# What a format is called, by file name: encoder, muxer, its options.
FORMATS: dict[str, tuple[str, str, dict[str, str]]] = {
    "a.mp3": ("libmp3lame", "mp3", {}),
    "a.aac": ("aac", "adts", {}),
    "a.m4a": ("aac", "ipod", {}),
    "fragmented.m4a": (
        "aac",
        "mp4",
        {"movflags": "frag_keyframe+empty_moov", "frag_duration": "1000000"},
    ),
    "a.webm": ("libopus", "webm", {}),
    "a.mka": ("aac", "matroska", {}),
    "a.ts": ("aac", "mpegts", {}),
    "a.flv": ("aac", "flv", {}),
    "a.ogg": ("vorbis", "ogg", {}),
    "a.opus": ("libopus", "opus", {}),
    "a.flac": ("flac", "flac", {}),
    "a.wav": ("pcm_s16le", "wav", {}),
}


def write_recording(path: Path, seconds: float, *, seed: int = 1) -> Path:
    """Write tones and noise in the format of the file's name."""
    encoder, muxer, options = FORMATS[path.name]
    rng = np.random.default_rng(seed)
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * (200 + 30 * at) * at)
    sound = np.stack([tone, tone]) + rng.normal(0, 0.02, (2, at.size))
    with av.open(str(path), "w", format=muxer, options=options) as container:
        stream: Any = container.add_stream(
            encoder, rate=RATE_HZ, layout="stereo", options={"strict": "experimental"}
        )
        frame = av.AudioFrame.from_ndarray(sound.astype(np.float32), "fltp", "stereo")
        frame.sample_rate = RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return path


def _flipped(data: bytearray, rng: np.random.Generator, start: int) -> bytearray:
    for at in rng.integers(start, len(data), rng.integers(1, 60)):
        data[at] ^= 1 << int(rng.integers(8))
    return data


def _lost(data: bytearray, rng: np.random.Generator, start: int) -> bytearray:
    at, n = int(rng.integers(start, len(data))), int(rng.integers(1, 4000))
    return data[:at] + data[at + n :]


def _repeated(data: bytearray, rng: np.random.Generator, start: int) -> bytearray:
    at, n = int(rng.integers(start, len(data))), int(rng.integers(1, 4000))
    return data[:at] + data[max(start, at - n) : at] + data[at:]


def _cut_off(data: bytearray, rng: np.random.Generator, start: int) -> bytearray:
    return data[: int(rng.integers(start, len(data)))]


DAMAGES: Sequence[Callable[[bytearray, np.random.Generator, int], bytearray]] = (
    _flipped,
    _lost,
    _repeated,
    _cut_off,
)


def damaged(whole: bytes, seed: int, *, start: int = 0) -> bytes:
    """Return `whole` with one random damage at or behind byte `start`."""
    rng = np.random.default_rng(seed)
    return bytes(DAMAGES[seed % len(DAMAGES)](bytearray(whole), rng, start))


def measure(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Decode the files in a child process, ours and plainly."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.media.decode_child"],
        input=json.dumps([str(path) for path in paths]),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]
