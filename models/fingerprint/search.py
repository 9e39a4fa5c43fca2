"""Search for the recording of a piece of audio, in any key and tempo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.models.fingerprint.constellation import (
    BINS_PER_SEMITONE,
    FRAME_S,
    Constellation,
    find_constellation,
)
from utawaku.models.fingerprint.index import FingerprintIndex, Reference
from utawaku.models.fingerprint.match import Aligner, Alignment, raster_of
from utawaku.models.fingerprint.triples import (
    QUERY_PEAKS_PER_S,
    Met,
    Postings,
    Triples,
    look_up,
    triples_of,
)

MAX_SEMITONES = 6
MAX_TEMPO = 0.06
BUDGET = 1_500_000
"""Postings that a query may meet in all. At 30,000 songs eight millions find no more than this."""

SETTLED = 0.97
"""Probability from which other keys and tempos are not asked."""

CURVE_MIDDLE, CURVE_STEEPNESS = 7.6, 2.67
"""The fit says 6.6; one is added because a song is asked about by three longer excerpts, of which
the best one counts."""

CROWD = 0.38
"""Sigmas for ten times as many recordings, as in a Gaussian tail."""

_FOLD_FRAMES, _N_FOLDS = 64, 16
"""Votes are counted in offsets of two seconds, folded after 32 s to keep the count small."""

N_CELLS = 2500
"""Cells whose votes are looked at closely, or twice as many as there are recordings."""

DENSE_CELLS = 1 << 23
"""Cells up to which each has its place in an array. A million songs in 13 keys have 208 million,
of which a query meets one in a hundred."""

N_GLANCES, N_GLANCES_WIDE = 50, 200
"""Spots on which the query is laid as it is, as performed and in all keys."""

N_DENSEST, N_LOOKS = 2, 8
"""Spots of these around which the best key, tempo and offset is sought."""

TEMPO_STEP = 0.015
_AS_PERFORMED = np.array([0.0])
_SAMPLE = 200_000
_SPOT_FRAMES = 3
_NEIGHBOURS = (0, 1, 1 << 20, (1 << 20) + 1)
"""Steps from a spot to those beside it: of itself, of the next offset, of the next bin, of both."""
_MANY_SPOTS = 4
"""Spots of a recording from which the raster of the whole is cheaper than one around each."""
_AREA_FRAMES = 24
_TABLE_BITS = 21
_TABLE = 1 << _TABLE_BITS
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


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
    exclude: str = "",
) -> list[ReferenceMatch]:
    """As `find_matches`, for a query whose peaks are known; `exclude` is a key not to be found."""
    parts = index.postings()
    query = triples_of(peaks, QUERY_PEAKS_PER_S)
    if not parts or len(query) == 0:
        return []
    alive = index.alive()
    itself = index.number(exclude) if exclude else None
    if itself is not None and itself < len(alive):
        alive[itself] = False
    found = _search(index, parts, peaks, query, alive, semitones=0, tempos=_AS_PERFORMED)
    if not is_settled(found) and (max_semitones or max_tempo):
        n_steps = round(max_tempo / TEMPO_STEP)
        tempos = np.arange(-n_steps, n_steps + 1, dtype=np.float64) * TEMPO_STEP
        found += _search(index, parts, peaks, query, alive, semitones=max_semitones, tempos=tempos)
    best: dict[int, ReferenceMatch] = {}
    for match in sorted(found, key=lambda match: -match.probability):
        best.setdefault(match.reference.number, match)
    return list(best.values())[:n_best]


def is_settled(found: Sequence[ReferenceMatch]) -> bool:
    """Return whether it is known what is sung: a sure match without a name leaves that open."""
    return any(match.probability >= SETTLED and match.reference.title for match in found)


def lay_on(
    index: FingerprintIndex, peaks: Constellation, known: ReferenceMatch, later_s: float
) -> ReferenceMatch | None:
    """A query that begins `later_s` after one that was found: how well it lies where it should.

    A hundredth of the work of a search. None when the recording is gone.
    """
    reference = index.find_peaks(known.reference.number)
    if reference is None:
        return None
    at = known.alignment
    middle_s = at.offset_s + (later_s + peaks.duration_s / 2) * at.tempo
    alignment = Aligner(peaks).align(
        reference,
        offset_frame=round(middle_s / FRAME_S),
        shift=round(at.semitones * BINS_PER_SEMITONE),
    )
    return ReferenceMatch(known.reference, alignment, probability(alignment, len(index)))


def _search(
    index: FingerprintIndex,
    parts: list[Postings],
    peaks: Constellation,
    query: Triples,
    alive: NDArray[np.bool_],
    *,
    semitones: int,
    tempos: NDArray[np.float64],
) -> list[ReferenceMatch]:
    """Matches in keys up to `semitones` away and at these tempos, the most probable first.

    Only recordings whose number is `alive` are looked at.
    """
    n_recordings = int(alive.sum())
    middle = peaks.n_frames // 2
    reach = semitones * BINS_PER_SEMITONE + 1
    # A cell is a recording, a semitone (with a third of one either side) and a fold of offsets.
    n_keys = 2 * semitones + 1
    n_cells = len(alive) * n_keys * _N_FOLDS
    all_met, cells = [], []
    slack = float(np.abs(tempos).max())
    for met in look_up(parts, query, shift_bins=reach, tempo=slack, budget=BUDGET):
        lives = alive[met.song]
        met = met if lives.all() else met.only(lives)
        fold = (met.frame - met.asked + middle) // _FOLD_FRAMES % _N_FOLDS
        key = (met.shift + reach) // BINS_PER_SEMITONE
        cells.append(((met.song * n_keys + key) * _N_FOLDS + fold).astype(np.uint32))
        all_met.append(met.narrow())
    elect = _elect if n_cells <= DENSE_CELLS else _elect_sparsely
    elected = elect(cells, [met.weight for met in all_met], n_cells, max(N_CELLS, 2 * n_recordings))
    kept = [met.only(mask) for met, mask in zip(all_met, elected, strict=True)]
    if not any(len(met.song) for met in kept):
        return []
    spots = _densest(kept, middle, tempos, N_GLANCES_WIDE if semitones else N_GLANCES)
    aligner = Aligner(peaks)
    glances = _glances(index, aligner, spots)
    # The densest spots are looked at whatever the glance says.
    rest = sorted(glances[N_DENSEST:], key=lambda glance: -glance[0])
    matches = []
    for _, spot, known in [*glances[:N_DENSEST], *rest[:N_LOOKS]]:
        reference = index.reference(spot.song)
        if reference is not None:
            alignment = aligner.align(known, offset_frame=spot.offset_frame, shift=spot.shift)
            likely = probability(alignment, n_recordings)
            matches.append(ReferenceMatch(reference, alignment, likely))
    return sorted(matches, key=lambda match: -match.probability)


def _elect(
    cells: Sequence[NDArray[np.uint32]],
    weights: Sequence[NDArray[np.float32]],
    n_cells: int,
    n_elected: int,
) -> list[NDArray[np.bool_]]:
    """Return which votes fall into the about `n_elected` cells with most of them."""
    votes = np.zeros(n_cells, np.float32)
    for cell, weight in zip(cells, weights, strict=True):
        votes += np.bincount(cell, weight, minlength=n_cells)
    looked_at = np.zeros(n_cells, bool)
    looked_at[_best_cells(votes, n_elected)] = True
    return [looked_at[cell] for cell in cells]


def _elect_sparsely(
    cells: Sequence[NDArray[np.uint32]],
    weights: Sequence[NDArray[np.float32]],
    _n_cells: int,
    n_elected: int,
) -> list[NDArray[np.bool_]]:
    """As `_elect`, in memory that grows with the votes and not with the library."""
    ends = np.cumsum([len(cell) for cell in cells])
    if not len(ends) or not ends[-1]:
        return [np.zeros(0, bool) for _ in cells]
    known, place = np.unique(np.concatenate(cells), return_inverse=True)
    votes = np.bincount(place, np.concatenate(weights))
    enough = np.partition(votes, -n_elected)[-n_elected] if len(known) > n_elected else 0.0
    return np.split((votes >= enough)[place], ends[:-1])


def _best_cells(votes: NDArray[np.float32], n_cells: int) -> NDArray[np.int64]:
    """About `n_cells` cells with most votes; their order does not matter."""
    if len(votes) <= 8 * n_cells:
        return np.flatnonzero(votes > 0)
    # The least vote that is enough, told by a sample of cells: sorting all would take longest.
    some = votes[np.random.default_rng(0).integers(0, len(votes), _SAMPLE)]
    n_some = max(round(n_cells * _SAMPLE / len(votes)), 1)
    enough = float(np.partition(some, _SAMPLE - n_some)[_SAMPLE - n_some])
    return np.flatnonzero(votes >= max(enough, 1e-6))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A possible alignment of a query."""

    song: int
    shift: int
    offset_frame: int
    """Of the query's middle, in the recording."""
    tempo: float


def _glances(
    index: FingerprintIndex, aligner: Aligner, spots: Sequence[_Spot]
) -> list[tuple[float, _Spot, Constellation]]:
    """Glance at each spot, in their order; recordings are read once."""
    shown: dict[int, tuple[float, _Spot, Constellation]] = {}
    of_song: dict[int, list[int]] = {}
    for number, spot in enumerate(spots):
        of_song.setdefault(spot.song, []).append(number)
    for song, numbers in of_song.items():
        known = index.find_peaks(song)
        if known is None:
            continue
        whole = raster_of(known) if len(numbers) >= _MANY_SPOTS else None
        for number in numbers:
            at = spots[number]
            seen = aligner.glance(known, at.offset_frame, at.shift, at.tempo, whole=whole)
            shown[number] = (seen, at, known)
    return [shown[number] for number in sorted(shown)]


def _densest(
    met: Sequence[Met], middle: int, tempos: NDArray[np.float64], n_most: int
) -> list[_Spot]:
    """The spots where most votes fall together under one tempo, best first.

    Votes of the right alignment lie within a tenth of a second and a bin, once the tempo is right;
    chance spreads over a cell's two seconds and three bins. Spots are counted in a hashed table,
    whose few collisions cost nothing but a needless look.
    """
    song = np.concatenate([part.song for part in met]).astype(np.int64)
    shift = np.concatenate([part.shift for part in met]).astype(np.int64)
    frame = np.concatenate([part.frame for part in met]).astype(np.float64)
    asked = np.concatenate([part.asked for part in met]).astype(np.float64) - middle
    weight = np.concatenate([part.weight for part in met])
    lane = (song * 64 + shift + 32) << 20
    # Emptied where it was filled: votes are few beside its places, and memory is asked for once.
    table = np.zeros(_TABLE)
    votes = weight.astype(np.float64)
    scores, places, offsets, tried = [], [], [], []
    for tempo in tempos.tolist():
        offset = np.rint(frame - asked * (1 + tempo)).astype(np.int64)
        spot = lane + (offset + (1 << 16)) // _SPOT_FRAMES
        at = _hashed(spot)
        np.add.at(table, at, votes)
        near = [table[_hashed(spot + step)].astype(np.float32) for step in _NEIGHBOURS]
        score = near[0] + near[1] + (near[2] + near[3])
        table[at] = 0
        n_top = min(len(score), 20 * n_most)
        top = np.argpartition(score, len(score) - n_top)[len(score) - n_top :]
        scores.append(score[top])
        places.append(top)
        offsets.append(offset[top])
        tried.append(np.full(n_top, tempo))
    score, place, offset = np.concatenate(scores), np.concatenate(places), np.concatenate(offsets)
    order = np.argsort(-score, kind="stable")
    # One look sees a second around it.
    area = (song[place[order]] << 16) + (offset[order] + (1 << 15)) // _AREA_FRAMES
    _, first = np.unique(area, return_index=True)
    best = order[np.sort(first)[:n_most]]
    tempo_of = np.concatenate(tried)
    return [
        _Spot(int(song[place[i]]), int(shift[place[i]]), int(offset[i]), float(tempo_of[i]))
        for i in best.tolist()
    ]


def _hashed(spot: NDArray[np.int64]) -> NDArray[np.int64]:
    return ((spot.astype(np.uint64) * _MULTIPLIER) >> np.uint64(64 - _TABLE_BITS)).astype(np.int64)


def probability(alignment: Alignment, n_recordings: int) -> float:
    """Chance that an alignment is right.

    A logistic curve over the sigmas, fitted to right and wrong answers by
    benchmarks/calibration.py.
    """
    crowd = crowd_of(n_recordings)
    steepness = CURVE_STEEPNESS * (alignment.sigmas - CURVE_MIDDLE - crowd)
    return float(1 / (1 + np.exp(-np.clip(steepness, -50, 50))))


def crowd_of(n_recordings: int) -> float:
    """Return how much higher the best of many wrong alignments stands, in sigmas, than the best of
    ten.
    """
    return float(CROWD * np.log10(max(n_recordings, 10) / 10))
