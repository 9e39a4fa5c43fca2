"""From triples met to songs found: votes, then a close look at the best.

Votes only choose whom to look at. What decides is the share of the query's peaks that lie on the
reference's peaks under one transposition, one tempo and one offset, compared with the share under
wrong offsets of the same reference: songs in one key share many peaks, and that is the background.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.models.fingerprint.constellation import (
    BINS_PER_SEMITONE,
    FRAME_S,
    N_BINS,
    Constellation,
)

TEMPOS = np.round(np.arange(-7, 8) * 0.01, 3)
"""Relative tempo differences that are looked at."""

MIN_PEAKS = 20
"""A query with fewer peaks in the reference's range is not judged."""

_PAD = 256
_GLANCE_AROUND = 120


@dataclass(frozen=True)
class Alignment:
    """The alignment of a query to a reference."""

    n_hits: int
    """Peaks of the query that lie on peaks of the reference."""
    n_peaks: int
    """Peaks of the query that could."""
    background: float
    """Share of hits under wrong offsets."""
    spread: float
    """Standard deviation of the share under wrong offsets."""
    offset_s: float
    """Start of the query in the reference."""
    semitones: float
    """The distance by which the query lies above the reference."""
    tempo: float
    """Tempo of the query over that of the reference: 1.05 is 5 % faster."""

    @property
    def share(self) -> float:
        """Share of the query's peaks that are hits."""
        return self.n_hits / self.n_peaks if self.n_peaks else 0.0

    @property
    def excess(self) -> float:
        """Share of hits above the background, in [0, 1]."""
        return max(0.0, (self.share - self.background) / (1 - self.background))

    @property
    def sigmas(self) -> float:
        """Return how many standard deviations the share stands above wrong offsets."""
        return (self.share - self.background) / max(self.spread, 0.004)


class Aligner:
    """Lays one query on references: the query's side is prepared once."""

    def __init__(self, query: Constellation) -> None:
        self._middle = query.n_frames // 2
        self._frame = query.frame.astype(np.int64) - self._middle
        self._column = query.bin.astype(np.int64)
        self._known: dict[tuple[int, float], _Placed] = {}

    def glance(
        self,
        reference: Constellation,
        offset_frame: int,
        shift: int,
        tempo: float,
        *,
        whole: NDArray[np.bool_] | None = None,
    ) -> float:
        """Return how far the share of hits at one spot stands above that around it, in its
        deviations.

        A fiftieth of the work of `align`: only says which spots deserve that. `whole` is
        `raster_of` the reference, bool (n_rows, N_BINS), for who looks at several of its spots.
        """
        if whole is None:
            reach = int(self._middle * 1.1) + _GLANCE_AROUND + 8
            raster, first = _raster_between(reference, offset_frame - reach, offset_frame + reach)
        else:
            raster, first = whole, 0
        here = np.arange(offset_frame - 3, offset_frame + 4, 2)
        around = np.linspace(16, _GLANCE_AROUND, 12).astype(np.int64)
        offsets = np.concatenate([here, offset_frame - around, offset_frame + around])
        best = 0.0
        for moved in (shift, shift + 1):
            placed = self._placed(moved, tempo)
            if len(placed) < MIN_PEAKS:
                continue
            hits = _count(raster, placed, offsets - first)
            away = hits[len(here) :]
            standing = hits[: len(here)].max() - away.mean()
            best = max(best, float(standing / max(away.std(), 0.004 * len(placed))))
        return best

    def align(self, reference: Constellation, *, offset_frame: int, shift: int) -> Alignment:
        """The best alignment near a guess: within 1.3 s, 1 bin and 7 % of tempo.

        `offset_frame` is where in the reference the query's middle lies, `shift` how many bins the
        query lies above it.
        """
        raster = raster_of(reference)
        coarse = np.arange(offset_frame - 40, offset_frame + 41, 2)
        guess = self._best(raster, coarse, (shift - 1, shift, shift + 1), TEMPOS[1::2])
        fine = np.arange(guess.offset - 4, guess.offset + 5)
        nearby = TEMPOS[np.abs(TEMPOS - guess.tempo) < 0.016]
        best = self._best(raster, fine, (guess.shift - 1, guess.shift, guess.shift + 1), nearby)
        background, spread = self._background(raster, best)
        return Alignment(
            best.n_hits,
            best.n_peaks,
            background,
            spread,
            (best.offset - self._middle * (1 + best.tempo)) * FRAME_S,
            best.shift / BINS_PER_SEMITONE,
            1 + best.tempo,
        )

    def _best(
        self,
        raster: NDArray[np.bool_],
        offsets: NDArray[np.int64],
        shifts: tuple[int, ...],
        tempos: NDArray[np.float64],
    ) -> _Placement:
        best = _Placement(0, 0, int(offsets[len(offsets) // 2]), shifts[len(shifts) // 2], 0.0)
        for shift in shifts:
            for tempo in tempos.tolist():
                placed = self._placed(shift, tempo)
                if len(placed) < MIN_PEAKS:
                    continue
                hits = _count(raster, placed, offsets)
                top = int(np.argmax(hits))
                if hits[top] * max(best.n_peaks, 1) > best.n_hits * len(placed):
                    found = int(offsets[top])
                    best = _Placement(int(hits[top]), len(placed), found, shift, tempo)
        return best

    def _placed(self, shift: int, tempo: float) -> _Placed:
        known = self._known.get((shift, tempo))
        if known is None:
            known = self._known[shift, tempo] = self._newly_placed(shift, tempo)
        return known

    def _newly_placed(self, shift: int, tempo: float) -> _Placed:
        moved = self._column - shift
        inside = (moved >= 0) & (moved < N_BINS)
        rows = np.rint(self._frame[inside] * (1 + tempo)).astype(np.int64) + _PAD
        first, last = int(rows.min(initial=_PAD)), int(rows.max(initial=_PAD))
        return _Placed(rows, rows * N_BINS + moved[inside], first, last)

    def _background(self, raster: NDArray[np.bool_], at: _Placement) -> tuple[float, float]:
        """Mean and standard deviation of the share of hits at offsets away from the right one."""
        length = len(raster) - 2 * _PAD
        low, high = min(self._middle, length // 2), max(length - self._middle, length // 2 + 1)
        offsets = np.unique(np.linspace(low, high, 160).astype(np.int64))
        away = offsets[np.abs(offsets - at.offset) > 12]
        placed = self._placed(at.shift, at.tempo)
        if len(away) < 8 or len(placed) < MIN_PEAKS:
            return float(raster.mean()), 0.05
        shares = _count(raster, placed, away) / len(placed)
        return float(shares.mean()), float(shares.std())


@dataclass(frozen=True, slots=True)
class _Placed:
    """Peaks of the query in one key and tempo, on a raster whose first frame is the middle."""

    rows: NDArray[np.int64]
    """(n_peaks,)"""
    places: NDArray[np.int64]
    """(n_peaks,), in the raster as one row."""
    first: int
    last: int
    """The least and the largest of `rows`."""

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class _Placement:
    n_hits: int
    n_peaks: int
    offset: int
    shift: int
    tempo: float


def raster_of(reference: Constellation) -> NDArray[np.bool_]:
    """Return where a peak counts as hit: one frame and one bin around each of the reference's.

    It is bool (n_frames + 512, N_BINS).
    """
    return _raster_between(reference, 0, reference.n_frames)[0]


def _raster_between(
    reference: Constellation, start: int, stop: int
) -> tuple[NDArray[np.bool_], int]:
    """The raster of the frames `[start, stop)` that the reference has, and which comes first."""
    start, stop = max(start, 0), max(min(stop, reference.n_frames), 0)
    raster = np.zeros((max(stop - start, 0) + 2 * _PAD, N_BINS), dtype=bool)
    span = slice(*np.searchsorted(reference.frame, [start, stop]).tolist())
    frame = reference.frame[span].astype(np.int64) - start + _PAD
    column = reference.bin[span].astype(np.int64)
    for df in (-1, 0, 1):
        for dc in (-1, 0, 1):
            place = column + dc
            inside = (place >= 0) & (place < N_BINS)
            raster[frame[inside] + df, place[inside]] = True
    return raster, start


def _count(
    raster: NDArray[np.bool_], placed: _Placed, offsets: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Hits at each offset, (n_offsets,); times outside the reference hit nothing."""
    places = placed.places[None, :] + (offsets * N_BINS)[:, None]
    if placed.first + offsets.min() < 0 or placed.last + offsets.max() >= len(raster):
        rows = placed.rows[None, :] + offsets[:, None]
        places[(rows < 0) | (rows >= len(raster))] = 0  # The padding's first row is empty.
    # One index into one row of bytes takes half the time of two into a table of truths, and
    # `take` two thirds of that of brackets.
    hits = raster.reshape(-1).view(np.int8).take(places)
    result: NDArray[np.int64] = hits.sum(axis=1, dtype=np.int64)
    return result
