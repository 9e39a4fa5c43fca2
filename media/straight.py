"""The quick way through a recording without trouble: one libavfilter graph from file to samples.

Python sees one array a chunk instead of one object per 20 ms. The graph knows nothing of gaps,
jumps or damage, so every chunk is held back until the time stamp of the next one shows that nothing
was between; at the first doubt the careful way (`utawaku.media.frames`) goes on from there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, pairwise
from typing import Protocol

import numpy as np
from av.audio.frame import AudioFrame
from av.error import FFmpegError
from av.filter import Graph
from av.filter.context import FilterContext

from utawaku.media.frames import TrackStart
from utawaku.media.graph import Output, n_channels, sink_nodes
from utawaku.media.probe import MediaInfo

_STRAY_S = 0.008
"""Time stamps further from the count of samples than this are a doubt."""
_SAME_END_S = 0.03
"""A recording that ends this near to where its header says ended without trouble."""


_OWN_S = 1.0
"""Sound that is handed to `OwnSound` at once."""
_BESIDE_S = 5.0
"""Sound that may wait to be handed over."""


class OwnSound(Protocol):
    """Takes a recording's samples as they are, beside those that are read at another rate."""

    def add(self, samples: np.ndarray) -> None:
        """Take the next ones, float32 (n_channels, n_samples), at the recording's own rate."""

    def complete(self) -> None:
        """Learn that all samples were given; not called where they were not."""


class StraightReader:
    """Iterator over (n_channels, n_samples) of a recording from its start, as far as all is well.

    Afterwards `is_whole` says whether it came to the end, and `n_samples` where it stopped.
    """

    def __init__(
        self, info: MediaInfo, output: Output, start: TrackStart, own: OwnSound | None = None
    ) -> None:
        self._info = info
        self._output = output
        self._own = own
        self._may = output.first == 0 and start.lead_s == 0.0 and not start.begins_damaged
        # Stamps that are coarser than the threshold prove nothing less than themselves.
        self._stray_s = max(_STRAY_S, 2 * float(start.time_base))
        self.n_samples = 0
        self.is_whole = False

    def __iter__(self) -> Iterator[np.ndarray]:
        if not self._may:
            return
        held: np.ndarray | None = None
        try:
            for stray_s, samples in self._chunks():
                if stray_s > self._stray_s:
                    return
                if held is not None:
                    self.n_samples += held.shape[1]
                    yield held
                held = samples
        except (FFmpegError, ValueError):
            return  # the careful way meets the same trouble, and says what it is
        if held is None:
            return
        end_s = (self.n_samples + held.shape[1]) / self._output.sample_rate_hz
        if abs(end_s - self._info.duration_s) <= _SAME_END_S:
            self.is_whole = True
            self.n_samples += held.shape[1]
            if self._own is not None:
                self._own.complete()
            yield held

    def _chunks(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yield how far each chunk's time stamp is from the count of samples, and the chunk."""
        rate, count = self._output.sample_rate_hz, n_channels(self._output.layout)
        first_s: float | None = None
        n_before = 0
        for frame in self._frames():
            at_s = float((frame.pts or 0) * (frame.time_base or 0))
            first_s = at_s if first_s is None else first_s
            samples = frame.to_ndarray().reshape(-1, count).T
            yield abs(at_s - first_s - n_before / rate), samples
            n_before += samples.shape[1]

    def _frames(self) -> Iterator[AudioFrame]:
        graph = Graph()
        track = str(self._info.audio_index)
        source = graph.add("amovie", None, filename=f"file:{self._info.path}", streams=track)
        beside: FilterContext | None = None
        if self._own is not None:
            both = graph.add("asplit", "2")
            source.link_to(both)
            beside = self._add_own(graph, both)
            source = both
        nodes = sink_nodes(graph, self._asked())
        for left, right in pairwise([source, *nodes]):
            left.link_to(right)
        graph.configure()
        n_samples = n_given = 0
        for frame in _pulled(nodes[-1]):
            n_samples += frame.samples
            if beside is not None:
                # A pull beyond what has been read would read on, to the end of the recording.
                n_due = int(n_samples / self._output.sample_rate_hz / _OWN_S) - n_given
                n_given += self._hand_over(islice(_pulled(beside), max(0, n_due)))
            yield frame
        if beside is not None:
            self._hand_over(_pulled(beside))

    def _asked(self) -> Output:
        """The request to the graph: short pieces where the own samples wait beside them."""
        if self._own is None:
            return self._output
        n_most = max(1, round(_BESIDE_S * self._output.sample_rate_hz))
        return replace(self._output, n_chunk=min(self._output.n_chunk, n_most))

    def _add_own(self, graph: Graph, both: FilterContext) -> FilterContext:
        """Add what leads the recording's own samples out of the graph; return its end."""
        n_own = max(1, round(_OWN_S * self._info.sample_rate_hz))
        plain = graph.add("aformat", "sample_fmts=fltp")
        nodes = [plain, graph.add("asetnsamples", f"n={n_own}:p=0"), graph.add("abuffersink")]
        both.link_to(plain, 1, 0)
        for left, right in pairwise(nodes):
            left.link_to(right)
        return nodes[-1]

    def _hand_over(self, frames: Iterable[AudioFrame]) -> int:
        """Give frames to `own`; return how many there were."""
        assert self._own is not None
        n_frames = 0
        for frame in frames:
            self._own.add(frame.to_ndarray())
            n_frames += 1
        return n_frames


def _pulled(sink: FilterContext) -> Iterator[AudioFrame]:
    """Yield the frames that come out of a graph until it needs more than it has."""
    while True:
        try:
            frame = sink.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield frame
