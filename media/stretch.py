"""Another key or tempo for a stream of samples, by FFmpeg's filters."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av.filter import Graph

MAX_SEMITONES = 6
MIN_TEMPO, MAX_TEMPO = 0.7, 1.3
_ATEMPO = (0.5, 2.0)
"""Factors that one `atempo` takes without skipping samples; others need two of them."""


class Stretch:
    """Changes key and tempo of float32 blocks (n_frames, n_channels) in [-1, 1].

    The key is changed by resampling; the tempo that this costs is put back, with the wanted one, by
    overlapping waves (WSOLA). Without a change the samples pass as they are.

    Args:
        sample_rate_hz: of the samples.
        n_channels: 1 or 2.
        semitones: -6 to 6; positive is higher.
        tempo: 0.7 to 1.3; more than 1 is faster.

    Raises:
        ValueError: out of range.
    """

    def __init__(
        self, sample_rate_hz: int, n_channels: int, *, semitones: int = 0, tempo: float = 1.0
    ) -> None:
        if abs(semitones) > MAX_SEMITONES or not MIN_TEMPO <= tempo <= MAX_TEMPO:
            raise ValueError(f"{semitones} semitones at a tempo of {tempo}")
        self._rate_hz = sample_rate_hz
        self._layout = "mono" if n_channels == 1 else "stereo"
        self._n_channels = n_channels
        self._at = 0
        changed = semitones != 0 or tempo != 1.0
        self._graph = self._graph_of(2 ** (semitones / 12), tempo) if changed else None

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take float32 (n_frames, n_channels); return what is ready, of the same form."""
        if self._graph is None:
            return samples
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.reshape(1, -1)), format="flt", layout=self._layout
        )
        frame.sample_rate = self._rate_hz
        frame.pts, frame.time_base = self._at, Fraction(1, self._rate_hz)
        self._at += len(samples)
        self._graph.push(frame)
        return self._pulled()

    def flush(self) -> np.ndarray:
        """Return the rest, float32 (n_channels, n_samples); nothing can be pushed after it."""
        if self._graph is None:
            return np.zeros((0, self._n_channels), np.float32)
        self._graph.push(None)
        return self._pulled()

    def _graph_of(self, pitch: float, tempo: float) -> Graph:
        graph = Graph()
        nodes = [
            graph.add_abuffer(
                sample_rate=self._rate_hz,
                format="flt",
                layout=self._layout,
                time_base=Fraction(1, self._rate_hz),
            ),
            graph.add("asetrate", str(round(self._rate_hz * pitch))),
            graph.add("aresample", str(self._rate_hz)),
        ]
        for factor in _factors(tempo / pitch):
            nodes.append(graph.add("atempo", f"{factor:.6f}"))
        nodes.append(graph.add("aformat", f"sample_fmts=flt:channel_layouts={self._layout}"))
        nodes.append(graph.add("abuffersink"))
        for before, after in pairwise(nodes):
            before.link_to(after)
        graph.configure()
        return graph

    def _pulled(self) -> np.ndarray:
        assert self._graph is not None
        found = []
        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            assert isinstance(frame, av.AudioFrame)
            found.append(frame.to_ndarray().reshape(-1, self._n_channels))
        if not found:
            return np.zeros((0, self._n_channels), np.float32)
        return np.ascontiguousarray(np.concatenate(found), np.float32)


def _factors(tempo: float) -> list[float]:
    """Factors that one filter takes, whose product is `tempo`."""
    low, high = _ATEMPO
    if low <= tempo <= high:
        return [tempo]
    root = tempo**0.5
    return [root, root]
