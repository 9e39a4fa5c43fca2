"""Placed frames as one sound at a fixed rate and layout: resampled, mixed, silence filled in.

libswresample does the work with its own defaults, so that 16 kHz mono 16-bit equals
``ffmpeg -ac 1 -ar 16000 -acodec pcm_s16le``. A recording whose rate or layout changes passes
through one filter graph after the other; what comes out goes on without a seam.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np
from av.audio.format import AudioFormat
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.error import BlockingIOError as NeedsInput
from av.error import EOFError as EndOfStream
from av.error import FFmpegError
from av.filter import Graph
from av.filter.context import FilterContext

from utawaku.media.frames import PREROLL_S, Placed

_log = logging.getLogger(__name__)

_SILENCE_S = 1.0
MOST_PLANES = 8
"""More planes than these cannot be reached from Python: such frames are packed first."""


@dataclass(frozen=True)
class Output:
    """The request."""

    sample_rate_hz: int
    layout: str
    """FFmpeg's name of a channel layout."""
    sample_format: str
    """A packed one: `flt` or `s16`."""
    n_chunk: int
    first: int
    """The output sample at which it begins."""


class LayoutError(Exception):
    """Internal: swresample cannot mix the recording's channel layout; the message names it."""


class SoundAssembler:
    """Turns placed frames into arrays (n_channels, n_samples) of the output's sample format."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._run: _Run | None = None
        self._emitted = output.first

    def arrays(self, frames: Iterable[Placed]) -> Iterator[np.ndarray]:
        """Yield pieces of at most `n_chunk` samples; all but those at a seam are full.

        Pieces are float32 (n_channels, n_samples).
        """
        for frame, at in frames:
            run = self._run
            if run is None or not run.takes(frame):
                yield from self._finish()
                run = self._run = self._begin(frame)
                if run is None:
                    continue
            run.push(frame, at)
            if run.n_ready >= self._output.n_chunk:
                yield from self._counted(run.pull())
        yield from self._finish()

    def _begin(self, frame: AudioFrame) -> "_Run | None":
        try:
            if self._emitted == self._output.first:
                return _Run(self._output, frame, _aligned(self._output, frame.sample_rate))
            rate = self._output.sample_rate_hz
            origin = round(self._emitted * frame.sample_rate / rate)
            return _Run(self._output, frame, (origin, 0))
        except (FFmpegError, ValueError) as error:
            name = frame.layout.name
            if self._emitted == self._output.first:
                raise LayoutError(name) from error
            _log.warning("a stretch in the channel layout %s cannot be mixed (%s)", name, error)
            return None

    def _finish(self) -> Iterator[np.ndarray]:
        run, self._run = self._run, None
        if run is not None:
            yield from self._counted(run.finish())

    def _counted(self, arrays: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for array in arrays:
            self._emitted += array.shape[1]
            yield array


def _aligned(output: Output, rate_in: int) -> tuple[int, int]:
    """Source sample at which a graph starts, and how many output samples it drops.

    It is a source sample that is also an output sample (every rate_in / gcd(rate_in, rate_out) of
    them), so that the resampler's phase is that of a decode from the start.
    """
    rate = output.sample_rate_hz
    common = gcd(rate_in, rate)
    step_in, step_out = rate_in // common, rate // common
    n_steps = max(0, int((output.first / rate - PREROLL_S / 2) * rate_in) // step_in)
    return n_steps * step_in, output.first - n_steps * step_out


class _Run:
    """Frames of one format through one filter graph."""

    def __init__(self, output: Output, frame: AudioFrame, start: tuple[int, int]) -> None:
        self._packer: AudioResampler | None = None
        self._format = _format_of(frame)
        self._n_channels = n_channels(output.layout)
        self._at, n_dropped = start
        self._ratio = output.sample_rate_hz / frame.sample_rate
        self._drops = n_dropped
        too_many = frame.format.is_planar and frame.layout.nb_channels > MOST_PLANES
        if too_many or frame.format.planar.name not in _DTYPES:
            name = "dbl" if "64" in frame.format.name else frame.format.packed.name
            self._packer = AudioResampler(name, frame.layout.name, frame.sample_rate)
            frame = next(iter(self._packer.resample(frame)))
            self._packer = AudioResampler(name, frame.layout.name, frame.sample_rate)
        self._like = (frame.format.name, frame.layout.name, frame.sample_rate)
        self._graph = _graph(output, frame, n_dropped)
        self._n_pushed = 0
        self._n_pulled = 0

    def takes(self, frame: AudioFrame) -> bool:
        """Return whether the frame has the format that the graph was made for."""
        return _format_of(frame) == self._format

    @property
    def n_ready(self) -> float:
        """About how many output samples can be pulled."""
        return self._n_pushed * self._ratio - self._drops - self._n_pulled

    def push(self, frame: AudioFrame, at: int) -> None:
        """Take a frame; silence fills what is missing before it, an overlap is cut off."""
        behind = at - self._at
        if behind + frame.samples <= 0:
            return
        if self._packer is not None:
            frame.pts = None
            for packed in self._packer.resample(frame):
                self._push_at(packed, behind)
                behind += packed.samples
            return
        self._push_at(frame, behind)

    def _push_at(self, frame: AudioFrame, behind: int) -> None:
        while behind > 0:
            n_now = min(behind, round(_SILENCE_S * frame.sample_rate))
            self._push(_silence(self._like, n_now))
            behind -= n_now
        if behind + frame.samples > 0:
            self._push(_cut(frame, -behind) if behind < 0 else frame)

    def _push(self, frame: AudioFrame) -> None:
        frame.pts = None  # counts, not time stamps, place the samples, as in a decode to WAV
        n_samples = frame.samples
        self._graph.push(frame)
        self._n_pushed += n_samples
        self._at += n_samples

    def pull(self) -> Iterator[np.ndarray]:
        """Yield what is ready, float32 or int16 (n_channels, n_samples)."""
        while True:
            try:
                frame = self._graph.pull()
            except (EndOfStream, NeedsInput):
                return
            if isinstance(frame, AudioFrame):
                samples = frame.to_ndarray().reshape(-1, self._n_channels)
                self._n_pulled += len(samples)
                yield samples.T

    def finish(self) -> Iterator[np.ndarray]:
        """Yield the rest."""
        self._graph.push(None)
        yield from self.pull()


def n_channels(layout: str) -> int:
    """Return how many channels a layout has, by FFmpeg's name."""
    return AudioLayout(layout).nb_channels


def _format_of(frame: AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.format.name, frame.layout.name


def sink_nodes(graph: Graph, output: Output, n_dropped: int = 0) -> list[FilterContext]:
    """Add what turns any sound into the output's chunks; the nodes are yet to be linked."""
    rate, plane, layout = output.sample_rate_hz, output.sample_format, output.layout
    # Without a ceiling of 1 swresample scales a float mix 3 dB higher than a 16-bit one.
    resample = f"{rate}:osf={plane}:rematrix_maxval=1.0:ochl={layout}"
    target = f"sample_fmts={plane}:sample_rates={rate}:channel_layouts={layout}"
    nodes = [graph.add("aresample", resample), graph.add("aformat", target)]
    if n_dropped:
        nodes.append(graph.add("atrim", f"start_sample={n_dropped}"))
    return [
        *nodes,
        graph.add("asetnsamples", f"n={output.n_chunk}:p=0"),
        graph.add("abuffersink"),
    ]


def _graph(output: Output, frame: AudioFrame, n_dropped: int) -> Graph:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        time_base=Fraction(1, frame.sample_rate),
    )
    for left, right in pairwise([source, *sink_nodes(graph, output, n_dropped)]):
        left.link_to(right)
    graph.configure()
    return graph


def _silence(like: tuple[str, str, int], n_samples: int) -> AudioFrame:
    name, layout, rate = like
    form = AudioFormat(name)
    n_planes = n_channels(layout)
    shape = (n_planes, n_samples) if form.is_planar else (1, n_samples * n_planes)
    zero = 128 if name in ("u8", "u8p") else 0
    samples: np.ndarray[Any, Any] = np.full(shape, zero, _DTYPES[form.planar.name])
    frame = AudioFrame.from_ndarray(samples, name, layout)
    frame.sample_rate = rate
    frame.time_base = Fraction(1, rate)
    return frame


_DTYPES: dict[str, Any] = {
    "u8p": np.uint8,
    "s16p": np.int16,
    "s32p": np.int32,
    "fltp": np.float32,
    "dblp": np.float64,
}


def _cut(frame: AudioFrame, n_samples: int) -> AudioFrame:
    """Return the frame without its first samples."""
    samples: Any = frame.to_ndarray()
    if not frame.format.is_planar:
        n_samples *= frame.layout.nb_channels
    rest = AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[:, n_samples:]), frame.format.name, frame.layout.name
    )
    rest.sample_rate = frame.sample_rate
    rest.time_base = frame.time_base
    return rest
