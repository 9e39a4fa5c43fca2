"""Which recording of the index a piece of audio is, in whatever key and tempo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.fingerprint.constellation import BINS_PER_SEMITONE, Constellation, find_constellation
from models.fingerprint.index import FingerprintIndex, Reference
from models.fingerprint.match import Aligner, Alignment
from models.fingerprint.pairs import (
    QUERY_PEAKS_PER_S,
    Met,
    Pairs,
    Postings,
    affordable,
    look_up,
    pairs_of,
)

MAX_SEMITONES = 6
MAX_TEMPO = 0.06
N_CANDIDATES = 32
"""References that are looked at closely."""

BUDGET = 4_000_000
"""Postings that a query may meet at each distance."""

SETTLED = 0.97
"""Probability from which other keys and tempos are not asked."""

CURVE_MIDDLE, CURVE_STEEPNESS = 8.46, 1.93

_FOLD_FRAMES, _N_FOLDS = 64, 16
N_CELLS = 2500
_SHARP_FRAMES = 16
_OFFSETS = 1 << 18
"""Votes are counted in offsets of two seconds, folded after 32 s to keep the count small."""


@dataclass(frozen=True, slots=True)
class ReferenceMatch:
    """A recording of the index that a query may be."""

    reference: Reference
    alignment: Alignment
    probability: float
    """Calibrated chance that query and reference are one backing or recording."""


def find_matches(
    index: FingerprintIndex,
    audio: NDArray[np.float32],
    *,
    max_semitones: int = MAX_SEMITONES,
    max_tempo: float = MAX_TEMPO,
    n_best: int = 5,
) -> list[ReferenceMatch]:
    """The recordings most like `audio`, float32 (n_samples,) at 16 kHz, best first.

    Ten to thirty seconds are a good query. As performed is asked first; other keys and tempos only
    when that does not settle it.
    """
    return match_peaks(
        index,
        find_constellation(audio),
        max_semitones=max_semitones,
        max_tempo=max_tempo,
        n_best=n_best,
    )


def match_peaks(
    index: FingerprintIndex,
    peaks: Constellation,
    *,
    max_semitones: int = MAX_SEMITONES,
    max_tempo: float = MAX_TEMPO,
    n_best: int = 5,
) -> list[ReferenceMatch]:
    """As `find_matches`, for a query whose peaks are known."""
    parts = index.postings()
    query = pairs_of(peaks, QUERY_PEAKS_PER_S)
    if not parts or len(query.frame) == 0:
        return []
    found = _search(index, parts, peaks, query, shift_bins=1, tempo=0.0)
    if (not found or found[0].probability < SETTLED) and (max_semitones or max_tempo):
        wide = max_semitones * BINS_PER_SEMITONE
        found += _search(index, parts, peaks, query, shift_bins=wide, tempo=max_tempo)
    best: dict[int, ReferenceMatch] = {}
    for match in sorted(found, key=lambda match: -match.probability):
        best.setdefault(match.reference.number, match)
    return list(best.values())[:n_best]


def _search(
    index: FingerprintIndex,
    parts: list[Postings],
    peaks: Constellation,
    query: Pairs,
    *,
    shift_bins: int,
    tempo: float,
) -> list[ReferenceMatch]:
    query = affordable(parts, query, shift_bins=shift_bins, budget=BUDGET)
    alive = index.alive()
    n_recordings = int(alive.sum())
    middle = peaks.n_frames // 2
    n_shifts = 2 * shift_bins + 1
    cells_per_song = n_shifts * _N_FOLDS

    def cells(met: Met) -> NDArray[np.int64]:
        fold = ((met.offset + middle) // _FOLD_FRAMES) % _N_FOLDS
        return (met.song * n_shifts + met.shift + shift_bins) * _N_FOLDS + fold

    votes = np.zeros(len(alive) * cells_per_song)
    for part in parts:
        for met in look_up(part, query, shift_bins=shift_bins, tempo=tempo):
            votes += np.bincount(cells(met), met.weight, minlength=len(votes))
    votes.reshape(len(alive), -1)[~alive] = 0
    chosen = _best_cells(_pooled(votes, n_shifts), max(N_CELLS, len(alive)))
    if not len(chosen):
        return []
    # A transposition between two bins leaves its votes in both: neighbours speak for a cell too.
    speaks_for = np.full(len(votes), -1, dtype=np.int64)
    for step in (-_N_FOLDS, _N_FOLDS, 0):
        beside = chosen + step
        inside = (beside >= 0) & (beside < len(votes))
        speaks_for[beside[inside]] = chosen[inside]
    places: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    for part in parts:
        for met in look_up(part, query, shift_bins=shift_bins, tempo=tempo):
            cell = speaks_for[cells(met)]
            kept = cell >= 0
            places.append(cell[kept] * _OFFSETS + met.offset[kept] + middle + _OFFSETS // 4)
            weights.append(met.weight[kept])
    sharpest = _sharpest(np.concatenate(places), np.concatenate(weights), cells_per_song)
    aligner = Aligner(peaks)
    matches = []
    for cell_number, offset_frame in sharpest:
        number, rest = divmod(cell_number, cells_per_song)
        reference = index.reference(number)
        if reference is None:
            continue
        alignment = aligner.align(
            index.peaks(number),
            offset_frame=offset_frame,
            shift=rest // _N_FOLDS - shift_bins,
        )
        matches.append(ReferenceMatch(reference, alignment, probability(alignment, n_recordings)))
    return matches


def _pooled(votes: NDArray[np.float64], n_shifts: int) -> NDArray[np.float64]:
    """Votes summed over each transposition and its two neighbours."""
    cube = votes.reshape(-1, n_shifts, _N_FOLDS)
    pooled = cube.copy()
    pooled[:, 1:] += cube[:, :-1]
    pooled[:, :-1] += cube[:, 1:]
    return pooled.ravel()


def _best_cells(votes: NDArray[np.float64], n_cells: int) -> NDArray[np.int64]:
    """The cells with most votes."""
    n_top = min(len(votes), n_cells)
    top = np.argpartition(votes, len(votes) - n_top)[-n_top:]
    return top[votes[top] > 0]


def _sharpest(
    places: NDArray[np.int64], weights: NDArray[np.float64], cells_per_song: int
) -> list[tuple[int, int]]:
    """`(cell, offset)` of the densest moments of votes, best first, at most four of one song.

    Votes of the right alignment fall within a fraction of a second, chance spreads over the cell.
    """
    order = np.argsort(places)
    ordered = places[order]
    total = np.concatenate(([0.0], np.cumsum(weights[order])))
    last = np.searchsorted(ordered, ordered + _SHARP_FRAMES, side="right")
    within = total[last] - total[:-1]
    chosen: list[tuple[int, int]] = []
    taken: dict[int, int] = {}
    for place in np.argsort(-within, kind="stable")[:20_000].tolist():
        cell, offset = divmod(int(ordered[(place + last[place]) // 2]), _OFFSETS)
        offset -= _OFFSETS // 4
        song = cell // cells_per_song
        near = any(c == cell and abs(o - offset) <= 2 * _SHARP_FRAMES for c, o in chosen)
        if near or taken.get(song, 0) >= 4:
            continue
        taken[song] = taken.get(song, 0) + 1
        chosen.append((cell, offset))
        if len(chosen) == N_CANDIDATES:
            break
    return chosen


def probability(alignment: Alignment, n_recordings: int) -> float:
    """Chance that an alignment is right.

    A logistic curve over the sigmas, fitted to right and wrong answers in
    benchmarks/recognition.py. The best of many wrong alignments stands the higher the more
    recordings were asked: about 0.38 sigmas for ten times as many, as in a Gaussian tail.
    """
    crowd = 0.38 * np.log10(max(n_recordings, 10) / 10)
    steepness = CURVE_STEEPNESS * (alignment.sigmas - CURVE_MIDDLE - crowd)
    return float(1 / (1 + np.exp(-np.clip(steepness, -50, 50))))
