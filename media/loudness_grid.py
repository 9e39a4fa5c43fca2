"""Loudness of any span of a recording, from what one pass over the whole has kept.

Where a song's file holds the recording's own packets, it sounds as the span did, so that nothing of
it has to be decoded to measure it. For each hundredth of a second stand the K-weighted energy, the
largest value that was found on or between the samples, and one that none exceeds. Where these do
not tell the true peak of a span for certain, the span has to be measured by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from utawaku.media.loudness import Loudness, channel_weights, loudness_of
from utawaku.media.true_peak import BOUND, DENSE_FROM_HZ, TAPS, known_peaks, tops
from utawaku.media.weighting import Weighting

CELLS_A_SECOND = 100
SHORTEST_S = 10.0
"""A shorter span is to be measured by itself: where its cells begin could count."""
_GROUP_CELLS = 100
"""Cells among which the highest peak is looked for."""
_CERTAIN = 1.001
"""A true peak may be off by this factor, 0.01 dB."""


@dataclass(frozen=True)
class LoudnessGrid:
    """A recording's loudness, cell by cell."""

    sample_rate_hz: int
    n_cell: int
    """Samples of a cell."""
    energy: np.ndarray
    """float32 (n_cells,): sum of the squares of the K-weighted samples, channels weighted."""
    sample_peak: np.ndarray
    """float32 (n_cells,): largest absolute sample."""
    reached: np.ndarray
    """float32 (n_cells,): largest absolute value known to be on or between samples."""
    ceiling: np.ndarray
    """float32 (n_cells,): what no value on or between samples exceeds."""

    def between(self, start_s: float, stop_s: float) -> Loudness | None:
        """Return the loudness of a file that holds the sound of the span [start_s, stop_s).

        None where the span is shorter than `SHORTEST_S` or not wholly inside, or its true peak is
        not certain.
        """
        rate = self.sample_rate_hz
        start, stop = round(start_s * rate), round(stop_s * rate)
        if stop - start < SHORTEST_S * rate or start < 0:
            return None
        # Nothing is known of what lies behind the last whole cell.
        if stop > len(self.energy) * self.n_cell:
            return None
        peaks = self._peaks(start, stop)
        return None if peaks is None else loudness_of(self._energies(start, stop), *peaks)

    def _energies(self, start: int, stop: int) -> np.ndarray:
        """Mean energy each 100 ms from sample `start` on, float64 (n,); the rest is left out."""
        step = round(self.sample_rate_hz / 10)
        at = start + step * np.arange((stop - start) // step + 1)
        first = start // self.n_cell
        cells = self.energy[first : -(-stop // self.n_cell)].astype(np.float64)
        running = np.concatenate(([0.0], np.cumsum(cells)))
        edges = (first + np.arange(len(running))) * self.n_cell
        energies: np.ndarray = np.diff(np.interp(at, edges, running)) / step
        return energies

    def _peaks(self, start: int, stop: int) -> tuple[float, float] | None:
        """True peak and sample peak of samples [start, stop); None where they are not certain."""
        # In the first whole cell a value may be made of samples before the span; from there on
        # `reached` and `ceiling` tell of what the file holds.
        first, last = -(-start // self.n_cell) + 1, stop // self.n_cell
        true_peak = float(self.reached[first:last].max())
        # The file begins with silence before it, and beside silence a value between samples may
        # be higher than beside sound. The last cell may reach beyond the span.
        most_at_start = BOUND * float(self.sample_peak[start // self.n_cell : first].max())
        most = max(most_at_start, float(self.ceiling[first : -(-stop // self.n_cell)].max()))
        if most > true_peak * _CERTAIN:
            return None
        return true_peak, float(self.sample_peak[first:last].max())

    @classmethod
    def open(cls, path: Path) -> "LoudnessGrid":
        """Read a file of `GridWriter` in place.

        Raises:
            OSError, ValueError: there is no such file, or it is damaged.
        """
        numbers = np.memmap(path, "<f4", mode="r")
        rows = numbers.reshape(-1, 4)
        rate, n_cell = (int(number) for number in rows[0, :2])
        if rate <= 0 or n_cell <= 0:
            raise ValueError("not a loudness grid")
        return cls(rate, n_cell, *(rows[1:, column] for column in range(4)))


class GridMeter:
    """Measures the cells of a `LoudnessGrid` of a recording whose samples come in pieces."""

    def __init__(self, sample_rate_hz: int, n_channels: int, layout: str = "") -> None:
        """`layout` is FFmpeg's name of the channel layout; empty is the usual one."""
        self._rate = sample_rate_hz
        self.n_cell = max(TAPS, round(sample_rate_hz / CELLS_A_SECOND))
        self._weights = channel_weights(n_channels, layout).astype(np.float32)
        self._weighting = Weighting(sample_rate_hz, n_channels)
        self._waiting = np.zeros((n_channels, TAPS - 1), np.float32)

    def add(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Take float32 (n_channels, n_samples); yield rows of the grid, float32 (n_cells, 4)."""
        before = TAPS - 1
        signal = np.concatenate([self._waiting, samples], axis=1)
        n_whole = (signal.shape[1] - before) // self.n_cell * self.n_cell
        for start in range(0, n_whole, _GROUP_CELLS * self.n_cell):
            stop = min(start + _GROUP_CELLS * self.n_cell, n_whole)
            yield self._measured(signal[:, start : stop + before])
        self._waiting = signal[:, n_whole:].copy()

    def _measured(self, signal: np.ndarray) -> np.ndarray:
        """Rows of a `LoudnessGrid`, float32 (n_cells, 4), of samples with those before them."""
        sound = signal[:, TAPS - 1 :]
        n_channels = len(sound)
        weighted = self._weighting.of(sound).reshape(n_channels, -1, self.n_cell)
        energy = self._weights @ np.einsum("cns,cns->cn", weighted, weighted)
        seen = tops(signal, self.n_cell)
        sample_peak = seen[0].max(axis=0)
        if self._rate >= DENSE_FROM_HZ:
            return np.stack([energy, sample_peak, sample_peak, sample_peak], axis=1)
        reached, ceiling = known_peaks(signal, self.n_cell, 0.0, seen)
        peaks = [sample_peak, reached.max(axis=0), ceiling.max(axis=0)]
        return np.stack([energy, *peaks], axis=1)


class GridWriter:
    """Writes the grid of a recording whose samples come in pieces into an open binary file."""

    def __init__(
        self, file: BinaryIO, sample_rate_hz: int, n_channels: int, layout: str = ""
    ) -> None:
        """Write the head of the file; see `GridMeter`."""
        self._file = file
        self._meter = GridMeter(sample_rate_hz, n_channels, layout)
        head = np.array([sample_rate_hz, self._meter.n_cell, 0, 0], "<f4")
        file.write(head.tobytes())

    def add(self, samples: np.ndarray) -> None:
        """Take float32 (n_channels, n_samples)."""
        for rows in self._meter.add(samples):
            self._file.write(rows.astype("<f4").tobytes())
