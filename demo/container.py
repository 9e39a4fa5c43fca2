"""Writing a demo stream a piece at a time: the codec follows from the file's suffix."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from utawaku.library.errors import EncodeError

Audio = NDArray[np.float32]

VIDEO_FPS = 5
_WIDTH, _HEIGHT = 320, 180
_N_BARS = 32
_PIECE_S = 1.0
_CARD_COLOURS = {
    "speech": (52, 92, 120),
    "music": (126, 62, 110),
    "noEnergy": (34, 34, 40),
    "noise": (110, 96, 52),
}


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """Output format for FFmpeg: container, codecs, rate."""

    container: str
    audio_codec: str
    sample_rate_hz: int
    bit_rate: int | None = None
    video_codec: str = ""


_FORMATS = {
    ".opus": StreamFormat("ogg", "libopus", 48000, 128_000),
    ".ogg": StreamFormat("ogg", "libopus", 48000, 128_000),
    ".webm": StreamFormat("webm", "libopus", 48000, 128_000, "libvpx-vp9"),
    ".mkv": StreamFormat("matroska", "libopus", 48000, 128_000, "libx264"),
    ".mp4": StreamFormat("mp4", "aac", 44100, 160_000, "libx264"),
    ".m4a": StreamFormat("ipod", "aac", 44100, 160_000),
    ".mp3": StreamFormat("mp3", "libmp3lame", 44100, 192_000),
    ".flac": StreamFormat("flac", "flac", 44100),
    ".wav": StreamFormat("wav", "pcm_s16le", 44100),
}


def format_of(target: Path, *, video: bool) -> StreamFormat:
    """Return what to write into a file of this name; raises EncodeError for a suffix that cannot be
    written."""
    known = _FORMATS.get(target.suffix.lower())
    if known is None:
        raise EncodeError(
            "no such format for a demo stream",
            subject=target.name,
            next_step=f"Use one of: {' '.join(_FORMATS)}",
        )
    if video and not known.video_codec:
        holders = " ".join(suffix for suffix, each in _FORMATS.items() if each.video_codec)
        raise EncodeError(
            "this kind of file holds no picture",
            subject=target.name,
            next_step=f"Use one of: {holders}",
        )
    return known


class StreamWriter:
    """Takes audio (2, n_samples) with the label it is shown under, and encodes as it comes."""

    def __init__(self, container: Any, chosen: StreamFormat, *, video: bool) -> None:
        self.sample_rate_hz = chosen.sample_rate_hz
        self._container = container
        self._audio = container.add_stream(chosen.audio_codec, rate=chosen.sample_rate_hz)
        self._audio.layout = "stereo"
        if chosen.audio_codec == "libopus":
            self._audio.options = {"compression_level": "5"}  # half the work, hardly a difference
        if chosen.bit_rate:
            self._audio.bit_rate = chosen.bit_rate
        self._video = self._picture_track(chosen.video_codec) if video else None
        self._n_samples = 0
        self._n_pictures = 0

    def _picture_track(self, codec: str) -> Any:
        track = self._container.add_stream(codec, rate=VIDEO_FPS)
        track.width, track.height, track.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        track.codec_context.gop_size = 2 * VIDEO_FPS
        if codec == "libx264":
            track.options = {"preset": "veryfast", "crf": "30", "tune": "animation"}
        else:
            track.options = {"deadline": "realtime", "cpu-used": "8", "crf": "45", "b": "0"}
        return track

    @property
    def position_s(self) -> float:
        """Time of the next sample."""
        return self._n_samples / self.sample_rate_hz

    def write(self, audio: Audio, label: str) -> None:
        """Append `audio`, in pieces of a second."""
        step = int(_PIECE_S * self.sample_rate_hz)
        for start in range(0, audio.shape[1], step):
            piece = np.ascontiguousarray(audio[:, start : start + step], np.float32)
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
            frame.sample_rate = self.sample_rate_hz
            frame.pts = self._n_samples
            frame.time_base = Fraction(1, self.sample_rate_hz)
            self._container.mux(self._audio.encode(frame))
            if self._video is not None:
                self._show(self._video, piece, label)
            self._n_samples += piece.shape[1]

    def _show(self, track: Any, piece: Audio, label: str) -> None:
        stop_s = self.position_s + piece.shape[1] / self.sample_rate_hz
        while self._n_pictures / VIDEO_FPS < stop_s:
            at = int((self._n_pictures / VIDEO_FPS - self.position_s) * self.sample_rate_hz)
            picture = _picture(piece[:, max(at, 0) : max(at, 0) + 4096].mean(axis=0), label)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = self._n_pictures
            frame.time_base = Fraction(1, VIDEO_FPS)
            self._container.mux(track.encode(frame))
            self._n_pictures += 1

    def finish(self) -> None:
        """Flush the encoders."""
        self._container.mux(self._audio.encode(None))
        if self._video is not None:
            self._container.mux(self._video.encode(None))


def _picture(mono: Audio, label: str) -> NDArray[np.uint8]:
    """A card in the label's colour with the spectrum as bars, (height, width, 3)."""
    picture = np.empty((_HEIGHT, _WIDTH, 3), np.uint8)
    picture[:] = _CARD_COLOURS[label]
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(mono.size), 4096))
    edges = np.unique(np.geomspace(4, spectrum.size - 1, _N_BARS + 1).astype(int))
    for bar, (low, high) in enumerate(pairwise(edges)):
        level_db = 20.0 * np.log10(float(spectrum[low:high].max()) / 100.0 + 1e-6)
        height = int(np.clip((level_db + 60.0) / 60.0, 0.0, 1.0) * (_HEIGHT - 40))
        left = 10 + bar * 300 // (edges.size - 1)
        picture[_HEIGHT - 20 - height : _HEIGHT - 20, left : left + 6] = (235, 225, 200)
    return picture


@contextmanager
def open_stream(
    path: Path, chosen: StreamFormat, tags: dict[str, str], *, video: bool
) -> Iterator[StreamWriter]:
    """A writer for the file at `path`; raises EncodeError where FFmpeg cannot write it."""
    try:
        with av.open(str(path), "w", format=chosen.container) as container:
            container.metadata.update(tags)
            writer = StreamWriter(container, chosen, video=video)
            yield writer
            writer.finish()
    except (av.error.FFmpegError, OSError) as error:
        raise EncodeError(
            f"the demo stream cannot be written ({error})",
            subject=str(path),
            next_step="Check that the folder exists, is writable and has room.",
        ) from error
