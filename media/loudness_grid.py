"""Loudness of any span of a recording, from what one pass over the whole has kept.

Where a song's file holds the recording's own packets, it sounds as the span did, so that nothing of
it has to be decoded to measure it. For each hundredth of a second stand the K-weighted energy, the
largest value that was found on or between the samples, and one that none exceeds. Where these do
not tell the true peak of a span for certain, the span has to be measured by itself.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.media.loudness import Loudness, Weighting, channel_weights, loudness_of
from utawaku.media.true_peak import BOUND, DENSE_FROM_HZ, TAPS, known_peaks

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

    def save(self, path: Path) -> None:
        """Write it to an .npz file."""
        with path.open("wb") as file:
            np.savez(
                file,
                cells=np.stack([self.energy, self.sample_peak, self.reached, self.ceiling]),
                facts=np.array([self.sample_rate_hz, self.n_cell]),
            )

    @classmethod
    def load(cls, path: Path) -> "LoudnessGrid":
        """Read what `save` wrote.

        Raises:
            OSError, EOFError, ValueError, KeyError, BadZipFile: there is no such file, or it is
                damaged.
        """
        with np.load(path, allow_pickle=False) as stored:
            rate, n_cell = stored["facts"].tolist()
            return cls(rate, n_cell, *stored["cells"])


class GridMeter:
    """Makes the `LoudnessGrid` of a recording whose samples come in pieces."""

    def __init__(self, sample_rate_hz: int, n_channels: int, layout: str = "") -> None:
        """`layout` is FFmpeg's name of the channel layout; empty is the usual one."""
        self._rate = sample_rate_hz
        self._n_cell = max(TAPS, round(sample_rate_hz / CELLS_A_SECOND))
        self._weights = channel_weights(n_channels, layout).astype(np.float32)
        self._weighting = Weighting(sample_rate_hz, n_channels)
        self._waiting = np.zeros((n_channels, TAPS - 1), np.float32)
        # One block that grows: thousands of small ones between the large ones of the work would
        # keep the memory of these from being used again.
        self._cells = np.zeros((4, 1 << 14), np.float32)
        self._n_cells = 0

    def add(self, samples: np.ndarray) -> None:
        """Take float32 (n_channels, n_samples)."""
        before = TAPS - 1
        signal = np.concatenate([self._waiting, samples], axis=1)
        n_whole = (signal.shape[1] - before) // self._n_cell * self._n_cell
        for start in range(0, n_whole, _GROUP_CELLS * self._n_cell):
            stop = min(start + _GROUP_CELLS * self._n_cell, n_whole)
            self._keep(self._measured(signal[:, start : stop + before]))
        self._waiting = signal[:, n_whole:].copy()

    def _keep(self, rows: np.ndarray) -> None:
        n = self._n_cells + rows.shape[1]
        if n > self._cells.shape[1]:
            self._cells = np.concatenate([self._cells, np.zeros_like(self._cells)], axis=1)
        self._cells[:, self._n_cells : n] = rows
        self._n_cells = n

    def _measured(self, signal: np.ndarray) -> np.ndarray:
        """Rows of a `LoudnessGrid`, float32 (4, n_cells), of samples with those before them."""
        sound = signal[:, TAPS - 1 :]
        n_channels = len(sound)
        weighted = self._weighting.of(sound).reshape(n_channels, -1, self._n_cell)
        energy = self._weights @ np.einsum("cns,cns->cn", weighted, weighted)
        sample_peak = np.abs(sound).reshape(n_channels, -1, self._n_cell).max(axis=(0, 2))
        if self._rate >= DENSE_FROM_HZ:
            return np.stack([energy, sample_peak, sample_peak, sample_peak])
        reached, ceiling = known_peaks(signal, self._n_cell, 0.0)
        return np.stack([energy, sample_peak, reached.max(axis=0), ceiling.max(axis=0)])

    def result(self) -> LoudnessGrid:
        """Return the grid of all whole cells that were added."""
        return LoudnessGrid(self._rate, self._n_cell, *self._cells[:, : self._n_cells].copy())
