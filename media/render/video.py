"""Encoding the scene and the song's sound into an mp4 that every site takes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.media.decode import decode, load
from utawaku.media.probe import probe
from utawaku.media.render.card import CardText, draw_card
from utawaku.media.render.fonts import TextFont, find_font
from utawaku.media.render.scene import ANALYSIS_RATE_HZ, WAVE_PITCH, Scene, envelope, spectrum
from utawaku.media.write_errors import write_error

_BT709, _LIMITED = 1, 1
_AUDIO_RATES_HZ = (44_100, 48_000)


@dataclass(frozen=True, slots=True)
class VideoStyle:
    """Options of the video. The defaults favour speed: a card with two moving strips."""

    width: int = 1280
    height: int = 720
    fps: int = 10
    quality: int = 24
    """x264's constant rate factor: lower is better and larger."""
    preset: str = "ultrafast"
    audio_bit_rate: int = 192_000


@dataclass(frozen=True, slots=True)
class RenderResult:
    """The result of writing."""

    path: Path
    duration_s: float
    n_frames: int
    wall_s: float
    unwritable: str
    """Characters of the titles that no font at hand could write."""

    @property
    def speed(self) -> float:
        """Seconds of video a second of work."""
        return self.duration_s / self.wall_s


def render_song(
    audio: Path,
    target: Path,
    text: CardText,
    *,
    picture: Path | None = None,
    font: TextFont | None = None,
    style: VideoStyle = VideoStyle(),
    progress: Progress = silent,
) -> RenderResult:
    """Make `target` (.mp4: H.264 and AAC, ready to stream) from the song in `audio`.

    Written to a temporary name and renamed. Memory grows with the song by 6 MB a minute.

    Raises:
        EncodeError: it could not be written.
        MediaError: the song cannot be read.
    """
    started = time.monotonic()
    font = font or find_font()
    samples, rate = load(audio, sample_rate_hz=ANALYSIS_RATE_HZ, n_channels=1)
    duration_s = len(samples) / rate
    n_frames = max(1, round(duration_s * style.fps))
    card = draw_card(text, picture, font, style.width, style.height)
    scene = Scene(
        card,
        envelope(samples, style.width * 7 // 8 // WAVE_PITCH),
        spectrum(samples, rate, style.fps, n_frames),
    )
    del samples
    try:
        with atomic_path(target) as temporary:
            _encode(temporary, audio, scene, n_frames, style, progress)
    except (FFmpegError, OSError, ValueError) as error:
        raise write_error(
            "the video could not be written", error, target, "Check the settings of the video"
        ) from error
    return RenderResult(
        target,
        duration_s,
        n_frames,
        time.monotonic() - started,
        font.missing(text.everything()),
    )


def _encode(
    target: Path,
    audio: Path,
    scene: Scene,
    n_frames: int,
    style: VideoStyle,
    progress: Progress,
) -> None:
    """Interleave picture and sound, the one that is behind first."""
    options = {"movflags": "+faststart"}
    with av.open(str(target), "w", format="mp4", options=options) as container:
        video = _video_stream(container, style)
        sound = _Sound(container, audio, style)
        for index in range(n_frames):
            at_s = index / style.fps
            while sound.at_s <= at_s and sound.encode_next():
                pass
            frame = av.VideoFrame.from_ndarray(
                scene.frame(index, (index + 1) / n_frames), format="yuv420p"
            )
            frame.pts, frame.time_base = index, Fraction(1, style.fps)
            frame.colorspace, frame.color_range = _BT709, _LIMITED
            container.mux(video.encode(frame))
            if index % style.fps == 0:
                progress(index / n_frames, "rendering")
        while sound.encode_next():
            pass
        container.mux(video.encode(None))
        sound.finish()
    progress(1.0, "rendered")


def _video_stream(container: OutputContainer, style: VideoStyle) -> VideoStream:
    stream = container.add_stream(
        "libx264",
        rate=style.fps,
        options={
            "preset": style.preset,
            "tune": "stillimage",
            "crf": str(style.quality),
            "g": str(style.fps * 10),
            "profile": "high",
        },
    )
    assert isinstance(stream, VideoStream)
    stream.width, stream.height, stream.pix_fmt = style.width, style.height, "yuv420p"
    context = stream.codec_context
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED
    return stream


class _Sound:
    """The song's sound as an AAC track, fed chunk by chunk."""

    def __init__(self, container: OutputContainer, audio: Path, style: VideoStyle) -> None:
        info = probe(audio)
        rate = info.sample_rate_hz if info.sample_rate_hz in _AUDIO_RATES_HZ else 48_000
        stream = container.add_stream("aac", rate=rate, layout="stereo")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = style.audio_bit_rate
        self._stream, self._container, self._rate = stream, container, rate
        self._chunks: Iterator[np.ndarray] = decode(
            audio,
            sample_rate_hz=rate,
            # FFmpeg would spread a mono song over two channels 3 dB softer.
            n_channels=1 if info.n_channels == 1 else 2,
            chunk_s=1.0,
        )
        self._n_samples = 0

    @property
    def at_s(self) -> float:
        """Return how far the sound is."""
        return self._n_samples / self._rate

    def encode_next(self) -> bool:
        """Encode another second; False at the end."""
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        both = np.broadcast_to(np.clip(chunk, -1.0, 1.0), (2, chunk.shape[-1]))
        planar = np.ascontiguousarray(both, np.float32)
        frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout="stereo")
        frame.sample_rate = self._rate
        frame.pts, frame.time_base = self._n_samples, Fraction(1, self._rate)
        self._n_samples += planar.shape[1]
        self._container.mux(self._stream.encode(frame))
        return True

    def finish(self) -> None:
        """Write out what the encoder still holds."""
        self._container.mux(self._stream.encode(None))
