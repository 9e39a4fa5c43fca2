"""One high-quality encode of samples into a song file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.format import AudioFormat
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError

from utawaku.media.loudness import LoudnessMeter
from utawaku.media.write_errors import write_error

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


@dataclass(frozen=True)
class Format:
    """Options of one codec's encoder."""

    encoder: str
    container: str
    bit_rate_per_channel: int
    """0 for lossless."""
    rates_hz: tuple[int, ...]
    """Sample rates that the encoder takes, ascending; empty for any."""
    max_channels: int
    options: dict[str, str]


FORMATS = {
    "opus": Format("libopus", "opus", 80_000, (48_000,), 8, {"vbr": "on"}),
    "mp3": Format(
        "libmp3lame",
        "mp3",
        128_000,
        (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
        2,
        {"compression_level": "5"},
    ),
    "flac": Format("flac", "flac", 0, (), 8, {}),
    "m4a": Format(
        "aac",
        "ipod",
        128_000,
        (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
        6,
        {"aac_coder": "twoloop"},
    ),
}


def output_rate(codec: str, sample_rate_hz: int) -> int:
    """The rate at which `codec` holds audio of this rate with the least loss."""
    rates = FORMATS[codec].rates_hz
    if not rates or sample_rate_hz in rates:
        return sample_rate_hz
    return next((rate for rate in rates if rate >= sample_rate_hz), rates[-1])


def output_channels(codec: str, n_channels: int) -> int | None:
    """Channels to decode to, None for the recording's own; odd layouts become stereo."""
    if n_channels in LAYOUTS and n_channels <= FORMATS[codec].max_channels:
        return None if n_channels > 2 else n_channels
    return 2


def faded(
    chunks: Iterable[np.ndarray], sample_rate_hz: int, fade_in_s: float, fade_out_s: float
) -> Iterator[np.ndarray]:
    """Yield the chunks as (n_channels, n_samples) with raised-cosine fades at both ends.

    Chunks are float32; the fades are in seconds.

    The length need not be known: the last `fade_out_s` are held back until the chunks end.
    """
    n_in, n_out = round(fade_in_s * sample_rate_hz), round(fade_out_s * sample_rate_hz)
    position = 0
    held: np.ndarray | None = None
    for chunk in chunks:
        chunk = np.atleast_2d(chunk)
        if position < n_in:
            at = np.arange(position, position + chunk.shape[1])
            chunk = chunk * _ramp(at, n_in)
        position += chunk.shape[1]
        held = chunk if held is None else np.concatenate([held, chunk], axis=1)
        if n_ready := max(0, held.shape[1] - n_out):
            yield held[:, :n_ready]
            held = held[:, n_ready:]
    if held is not None and held.shape[1]:
        left = np.arange(held.shape[1])[::-1]  # a span shorter than the fade starts inside it
        yield held * _ramp(left, n_out)


def _ramp(at: np.ndarray, n_samples: int) -> np.ndarray:
    if not n_samples:
        return np.ones(at.size, np.float32)
    inside = np.minimum((at + 0.5) / n_samples, 1.0)
    return (0.5 - 0.5 * np.cos(np.pi * inside)).astype(np.float32)


def encode(
    chunks: Iterable[np.ndarray],
    sample_rate_hz: int,
    target: Path,
    codec: str,
    *,
    bits: int = 16,
    with_loudness: bool = True,
) -> tuple[int, LoudnessMeter | None]:
    """Encode float32 chunks of shape (n_channels, n_samples) into `target`.

    `sample_rate_hz` must be `output_rate` of the codec. `bits` (16 or 24) is for FLAC. Returns how
    many samples went in and the meter that heard them. Raises EncodeError.
    """
    form = FORMATS[codec]
    meter: LoudnessMeter | None = None
    n_samples = 0
    try:
        with av.open(str(target), "w", format=form.container, options=_muxer(codec)) as container:
            stream: AudioStream | None = None
            for chunk in chunks:
                if stream is None:
                    stream = _add_stream(container, codec, sample_rate_hz, chunk.shape[0], bits)
                    if with_loudness:
                        meter = LoudnessMeter(sample_rate_hz, chunk.shape[0])
                if meter is not None:
                    meter.add(chunk)
                frame = _frame(chunk, sample_rate_hz, n_samples, codec, bits)
                n_samples += chunk.shape[1]
                container.mux(stream.encode(frame))
            if stream is not None:
                container.mux(stream.encode(None))
    except (FFmpegError, OSError, ValueError) as error:
        raise write_error(
            f"{codec} could not be written", error, target, "Choose another codec"
        ) from error
    return n_samples, meter


def _add_stream(
    container: OutputContainer, codec: str, rate: int, n_channels: int, bits: int
) -> AudioStream:
    form = FORMATS[codec]
    stream = container.add_stream(
        form.encoder, rate=rate, layout=LAYOUTS[n_channels], options=form.options
    )
    if not isinstance(stream, AudioStream):
        raise TypeError(f"{form.encoder} is not an audio encoder")
    if form.bit_rate_per_channel:
        stream.bit_rate = form.bit_rate_per_channel * min(n_channels, 5)
    if codec == "flac":
        stream.codec_context.format = AudioFormat("s16" if bits == 16 else "s32")
    return stream


def _muxer(codec: str) -> dict[str, str]:
    # Times in an m4a's header are milliseconds otherwise, and the end would be off by samples.
    return {"movie_timescale": "48000"} if codec == "m4a" else {}


def _frame(chunk: np.ndarray, rate: int, position: int, codec: str, bits: int) -> AudioFrame:
    layout = LAYOUTS[chunk.shape[0]]
    if codec == "flac":
        # Scaled by powers of two and rounded, so PCM that came from a file goes back bit by bit.
        full = 1 << (bits - 1)
        samples = np.clip(np.rint(chunk.astype(np.float64) * full), -full, full - 1)
        if bits == 16:
            packed, name = samples.astype(np.int16), "s16"
        else:
            packed, name = samples.astype(np.int32) << (32 - bits), "s32"
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(packed.T).reshape(1, -1), name, layout)
    else:
        # Encoders take up to full scale; what a fade or resampler overshoots would wrap or crackle.
        clipped = np.ascontiguousarray(np.clip(chunk, -1.0, 1.0), np.float32)
        frame = AudioFrame.from_ndarray(clipped, "fltp", layout)
    frame.sample_rate = rate
    frame.time_base = Fraction(1, rate)
    frame.pts = position
    return frame
