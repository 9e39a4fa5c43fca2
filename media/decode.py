"""The samples of a recording, at any rate and channel count, in chunks.

From the start of a file the whole chain (demux, decode, resample, rechunk) runs as one libavfilter
graph, so Python sees one array per chunk instead of one object per 20 ms frame. From the middle
it demuxes by hand, so that the first sample is exactly the one asked for. Both use swresample's
defaults, so 16 kHz mono 16-bit equals ``ffmpeg -ac 1 -ar 16000 -acodec pcm_s16le``.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.error import BlockingIOError as NeedsInput
from av.error import EOFError as EndOfStream
from av.error import FFmpegError
from av.filter import Graph

from utawaku.library.errors import TruncatedMediaError
from utawaku.library.progress import Progress, silent
from utawaku.media.probe import MediaInfo, open_media, probe

_log = logging.getLogger(__name__)

_PREROLL_S = 1.0
"""Decoded and thrown away before a seek target: codecs and the resampler need a run-up."""

_EXACT_SEEK = {"matroska", "webm", "mov", "mp4", "m4a", "flac", "wav", "ogg"}
"""Formats whose time stamps stay exact after a seek. In the others packets are skipped instead."""

_UNSTEADY = {"vorbis", "libvorbis"}
"""Codecs whose frames differ in length."""

_SHORT_S = 1.0
"""A recording that ends this much before its header says is called truncated."""


class AudioReader(Iterator[np.ndarray]):
    """Iterator over float32 chunks, (n_samples,) for mono, else (n_channels, n_samples).

    After the last chunk `n_samples` is the count delivered, and `truncated` says whether the file
    ended before its own header says, or broke off with a decoding error.
    """

    def __init__(
        self,
        info: MediaInfo,
        chunks: Iterator[np.ndarray],
        *,
        sample_rate_hz: int,
        span_s: float,
        open_end: bool,
        progress: Progress,
    ) -> None:
        self.info = info
        self.sample_rate_hz = sample_rate_hz
        self.n_samples = 0
        self.truncated = False
        self._chunks = chunks
        self._span_s = span_s
        self._open_end = open_end
        self._progress = progress

    def __next__(self) -> np.ndarray:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._finish()
            raise
        except FFmpegError as error:
            self._finish(error)
            raise StopIteration from error
        self.n_samples += chunk.shape[-1]
        if self._span_s > 0:
            self._progress(min(self.duration_s / self._span_s, 1.0), "decoding")
        return chunk

    @property
    def duration_s(self) -> float:
        """Seconds delivered so far."""
        return self.n_samples / self.sample_rate_hz

    def _finish(self, error: FFmpegError | None = None) -> None:
        path = str(self.info.path)
        missing_s = self._span_s - self.duration_s
        if not self.n_samples and (error or (self._open_end and self._span_s > _SHORT_S)):
            raise TruncatedMediaError(
                "no sound could be decoded" + (f" ({error.strerror})" if error else ""),
                subject=path,
                next_step="The file is damaged or cut short: fetch or copy it again",
            )
        if error or (self._span_s > 0 and missing_s > max(_SHORT_S, 0.01 * self._span_s)):
            self.truncated = True
            _log.warning(
                "%s: only %.1f s of %.1f s could be decoded; going on with what is there",
                path,
                self.duration_s,
                self._span_s,
            )
        self._progress(1.0, "decoding")


def decode(
    path: Path,
    *,
    sample_rate_hz: int | None = None,
    n_channels: int | None = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
    chunk_s: float = 30.0,
    as_s16: bool = False,
    progress: Progress = silent,
) -> AudioReader:
    """Decode `path` in chunks of `chunk_s` seconds; the memory does not grow with the length.

    Args:
        sample_rate_hz: output rate; None keeps the recording's own.
        n_channels: 1 or 2 (FFmpeg's default downmix), or None for the recording's own.
        start_s, stop_s: the span, rounded to output samples. ``decode(start_s=a)`` gives what a
            decode of the whole file gives from sample ``round(a * rate)`` on.
        as_s16: round to 16 bits before the conversion to float, as ffmpeg does into a WAV file.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: at once, or (the last one) on the first
            chunk when nothing can be decoded. A file that breaks off later ends early with
            `AudioReader.truncated` set.
    """
    info = probe(path)
    rate = sample_rate_hz or info.sample_rate_hz
    if n_channels not in (None, 1, 2):
        raise ValueError("n_channels must be 1, 2 or None")
    first = round(start_s * rate)
    stop = None if stop_s is None else round(stop_s * rate)
    layout = {1: "mono", 2: "stereo", None: None}[n_channels]
    plane = "s16p" if as_s16 else "fltp"
    n_chunk = max(1, round(chunk_s * rate))
    frames = (
        _whole_file_frames(info, rate, layout, plane, n_chunk)
        if first <= 0
        else _frames_from(info, rate, layout, plane, n_chunk, first)
    )
    end_s = info.duration_s if stop_s is None else min(stop_s, info.duration_s or stop_s)
    return AudioReader(
        info,
        _arrays(frames, None if stop is None else max(0, stop - max(0, first))),
        sample_rate_hz=rate,
        span_s=max(0.0, end_s - max(0.0, start_s)),
        open_end=stop_s is None,
        progress=progress,
    )


def load(
    path: Path,
    *,
    sample_rate_hz: int | None = None,
    n_channels: int | None = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
) -> tuple[np.ndarray, int]:
    """Decode a span at once: float32 (n_samples,) or (n_channels, n_samples), and its rate."""
    reader = decode(
        path, sample_rate_hz=sample_rate_hz, n_channels=n_channels, start_s=start_s, stop_s=stop_s
    )
    chunks = list(reader)
    if chunks:
        return np.concatenate(chunks, axis=-1), reader.sample_rate_hz
    count = n_channels or reader.info.n_channels
    shape = (0,) if count == 1 else (count, 0)
    return np.zeros(shape, np.float32), reader.sample_rate_hz


def _arrays(frames: Iterator[AudioFrame], n_wanted: int | None) -> Iterator[np.ndarray]:
    n_left = n_wanted
    for frame in frames:
        samples = frame.to_ndarray()
        if n_left is not None:
            samples = samples[:, :n_left]
            n_left -= samples.shape[1]
        if samples.dtype == np.int16:
            samples = samples.astype(np.float32) / np.float32(32768)
        if samples.shape[1]:
            yield samples[0] if samples.shape[0] == 1 else samples
        if n_left == 0:
            return


def _sink_chain(graph: Graph, rate: int, layout: str | None, plane: str, n_chunk: int) -> list:
    # Without a ceiling of 1 swresample scales a float mix 3 dB higher than a 16-bit one.
    resample = f"{rate}:osf={plane}:rematrix_maxval=1.0"
    target = f"sample_fmts={plane}:sample_rates={rate}"
    if layout:
        resample += f":ochl={layout}"
        target += f":channel_layouts={layout}"
    return [
        graph.add("aresample", resample),
        graph.add("aformat", target),
        graph.add("asetnsamples", f"n={n_chunk}:p=0"),
        graph.add("abuffersink"),
    ]


def _link(nodes: list) -> None:
    for left, right in pairwise(nodes):
        left.link_to(right)


def _whole_file_frames(
    info: MediaInfo, rate: int, layout: str | None, plane: str, n_chunk: int
) -> Iterator[AudioFrame]:
    graph = Graph()
    source = graph.add("amovie", None, filename=f"file:{info.path}", streams=str(info.audio_index))
    _link([source, *_sink_chain(graph, rate, layout, plane, n_chunk)])
    graph.configure()
    while True:
        try:
            frame = graph.pull()
        except (EndOfStream, NeedsInput):
            return
        if isinstance(frame, AudioFrame):
            yield frame


def _frames_from(
    info: MediaInfo, rate: int, layout: str | None, plane: str, n_chunk: int, first: int
) -> Iterator[AudioFrame]:
    """Frames of the output from output sample `first` on.

    The resampler starts on a source sample that is also an output sample (every
    rate_in / gcd(rate_in, rate_out) of them), so its phase is that of a decode from the start.
    """
    rate_in = info.sample_rate_hz
    common = gcd(rate_in, rate)
    step_in, step_out = rate_in // common, rate // common
    n_steps = max(0, int((first / rate - _PREROLL_S / 2) * rate_in) // step_in)
    origin = n_steps * step_in  # source sample at which the graph starts
    n_skip = first - n_steps * step_out
    graph: Graph | None = None
    for frame in _source_frames(info, origin):
        if graph is None:
            graph = Graph()
            source = graph.add_abuffer(template=None, **_buffer_arguments(frame))
            chain = _sink_chain(graph, rate, layout, plane, n_chunk)
            trim = graph.add("atrim", f"start_sample={n_skip}")
            _link([source, *chain[:2], trim, *chain[2:]])
            graph.configure()
        graph.push(frame)
        yield from _pull_all(graph)
    if graph is not None:
        graph.push(None)
        yield from _pull_all(graph)


def _buffer_arguments(frame: AudioFrame) -> dict:
    return {
        "sample_rate": frame.sample_rate,
        "format": frame.format.name,
        "layout": frame.layout.name,
        "time_base": frame.time_base,
    }


def _pull_all(graph: Graph) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (EndOfStream, NeedsInput):
            return
        if isinstance(frame, AudioFrame):
            yield frame


def _source_frames(info: MediaInfo, origin: int) -> Iterator[AudioFrame]:
    """Decoded frames at the source's rate, the first one cut to begin at source sample `origin`."""
    rate = info.sample_rate_hz
    clock = _Clock.of(info)
    target_s = clock.first_s + origin / rate
    with open_media(info.path) as container:
        stream = container.streams.audio[_nth_audio(info, container)]
        time_base = stream.time_base or Fraction(1, rate)
        seekable = bool(_EXACT_SEEK & set(info.container.split(",")))
        # The first frame decoded after a jump may be cut by the codec's own delay: it is dropped.
        fresh = True
        if clock.trusted and target_s > 2 * _PREROLL_S:
            fresh = False
            if seekable:
                container.seek(int((target_s - 2 * _PREROLL_S) / time_base), stream=stream)
        at: int | None = 0 if fresh else None
        for packet in container.demux(stream):
            early = packet.pts is not None and packet.pts * time_base < target_s - _PREROLL_S
            if at is None and early:
                continue
            for frame in packet.decode():
                if not fresh:
                    fresh = True
                    continue
                if at is None:
                    at = clock.sample_of(frame, rate)
                begins, at = at, at + frame.samples
                if at > origin:
                    yield _cut(frame, origin - begins) if begins < origin else _restamp(frame)


def _nth_audio(info: MediaInfo, container: InputContainer) -> int:
    return [stream.index for stream in container.streams.audio].index(info.audio_index)


@dataclass(frozen=True)
class _Clock:
    """How time stamps of a file's frames map to sample numbers."""

    first_s: float
    """Time stamp of the first sample that a decode from the start delivers."""
    n_first: int
    n_frame: int
    coarse: bool
    """The time stamps are coarser than one sample (Matroska counts milliseconds)."""
    trusted: bool
    """Time stamps can place a frame; otherwise only counting from the start can."""

    @classmethod
    def of(cls, info: MediaInfo) -> "_Clock":
        with open_media(info.path) as container:
            stream = container.streams.audio[_nth_audio(info, container)]
            sizes: list[int] = []
            first_s: float | None = None
            for frame in container.decode(stream):
                if first_s is None and frame.pts is not None:
                    first_s = _seconds(frame)
                sizes.append(frame.samples)
                if len(sizes) == 4:
                    break
            base = stream.time_base or Fraction(1)
            coarse = base > Fraction(1, info.sample_rate_hz)
            steady = len(set(sizes[1:])) == 1 and info.audio_codec not in _UNSTEADY
            return cls(
                first_s=first_s or 0.0,
                n_first=sizes[0] if sizes else 0,
                n_frame=sizes[-1] if sizes else 1,
                coarse=coarse,
                trusted=first_s is not None and (steady or not coarse),
            )

    def sample_of(self, frame: AudioFrame, rate: int) -> int:
        """Number of the first sample of `frame`, snapped to the frame grid where needed."""
        at = round((_seconds(frame) - self.first_s) * rate)
        if not self.coarse or at < self.n_first // 2:
            return at if not self.coarse else 0
        return self.n_first + self.n_frame * round((at - self.n_first) / self.n_frame)


def _seconds(frame: AudioFrame) -> float:
    return float((frame.pts or 0) * (frame.time_base or Fraction(0)))


def _cut(frame: AudioFrame, n_samples: int) -> AudioFrame:
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        n_samples *= len(frame.layout.channels)
    rest = AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[:, n_samples:]),  # type: ignore[arg-type]
        frame.format.name,
        frame.layout.name,
    )
    rest.sample_rate = frame.sample_rate
    rest.time_base = frame.time_base
    return _restamp(rest)


def _restamp(frame: AudioFrame) -> AudioFrame:
    """Sample counts, not time stamps, place the samples, as in a decode to WAV."""
    frame.pts = None
    return frame
