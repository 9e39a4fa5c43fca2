"""Pairs of peaks as hashes: the inverted index from a pair to where songs hold it.

A pair's key is (interval, distance in time, lower frequency), in this order, so that all
transpositions of one pair stand next to each other: a query in 37 keys is one range. References are
indexed sparsely (their strongest peaks) and queried densely, because a voice adds peaks to a
query and takes few away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.fingerprint.constellation import FRAME_S, N_BINS, Constellation

MIN_FRAMES, MAX_FRAMES = 3, 34
MAX_INTERVAL = 21
"""Bins: seven semitones up or down."""

REFERENCE_PEAKS_PER_S = 10
QUERY_PEAKS_PER_S = 30
N_INTERVALS = 2 * MAX_INTERVAL + 1
N_DISTANCES = MAX_FRAMES - MIN_FRAMES + 1
N_KEYS = N_INTERVALS * N_DISTANCES * N_BINS


@dataclass(frozen=True)
class Pairs:
    """Pairs of one recording; int64 arrays (n_pairs,)."""

    interval: NDArray[np.int64]
    distance: NDArray[np.int64]
    bin: NDArray[np.int64]
    frame: NDArray[np.int64]
    """Of the earlier peak."""

    def keys(self) -> NDArray[np.int64]:
        """The key of each pair, in [0, N_KEYS)."""
        return key_of(self.interval, self.distance, self.bin)


def key_of(
    interval: NDArray[np.int64], distance: NDArray[np.int64], lowest: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Keys from intervals (bins, signed), distances (frames) and the earlier peak's bin."""
    row = (interval + MAX_INTERVAL) * N_DISTANCES + (distance - MIN_FRAMES)
    return row * N_BINS + lowest


def pairs_of(peaks: Constellation, peaks_per_s: float) -> Pairs:
    """All pairs within the target zone among the `peaks_per_s` strongest peaks of each second."""
    strong = strongest(peaks, peaks_per_s)
    frame = peaks.frame[strong].astype(np.int64)
    column = peaks.bin[strong].astype(np.int64)
    first = np.searchsorted(frame, frame + MIN_FRAMES)
    last = np.searchsorted(frame, frame + MAX_FRAMES, side="right")
    counts = last - first
    anchor = np.repeat(np.arange(len(frame)), counts)
    starts = np.repeat(first - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
    target = np.arange(len(anchor)) + starts
    interval = column[target] - column[anchor]
    near = np.abs(interval) <= MAX_INTERVAL
    anchor, target, interval = anchor[near], target[near], interval[near]
    return Pairs(interval, frame[target] - frame[anchor], column[anchor], frame[anchor])


def strongest(peaks: Constellation, peaks_per_s: float) -> NDArray[np.int64]:
    """Indices of the strongest peaks of every second, in order."""
    window = round(1 / FRAME_S)
    edges = np.searchsorted(peaks.frame, np.arange(0, peaks.n_frames + window, window))
    chosen = []
    for first, last in pairwise(edges.tolist()):
        order = np.argsort(-peaks.strength[first:last].astype(np.int64), kind="stable")
        chosen.append(first + np.sort(order[: round(peaks_per_s)]))
    return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)


@dataclass(frozen=True)
class Postings:
    """The inverted index: postings of key `k` are `[starts[k], starts[k + 1])`."""

    starts: NDArray[np.int64]
    """(N_KEYS + 1,)."""
    song: NDArray[np.uint32]
    """(n_postings,), the song's number."""
    frame: NDArray[np.uint16]
    """(n_postings,), where in the song."""

    def __len__(self) -> int:
        return len(self.song)


def empty_postings() -> Postings:
    """An index of nothing."""
    return Postings(np.zeros(N_KEYS + 1, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.uint16))


def build_postings(songs: Iterable[tuple[int, Constellation]]) -> Postings:
    """Index recordings, each given as `(number, peaks)`."""
    keys, numbers, frames = [], [], []
    for number, peaks in songs:
        pairs = pairs_of(peaks, REFERENCE_PEAKS_PER_S)
        keys.append(pairs.keys().astype(np.int32))
        numbers.append(np.full(len(keys[-1]), number, np.uint32))
        frames.append(pairs.frame.astype(np.uint16))
    if not keys:
        return empty_postings()
    key = np.concatenate(keys)
    order = np.argsort(key, kind="stable")
    return Postings(
        _starts(np.bincount(key, minlength=N_KEYS)),
        np.concatenate(numbers)[order],
        np.concatenate(frames)[order],
    )


def merged(
    left: Postings, right: Postings, alive: NDArray[np.bool_], *, keys_at_once: int = 8192
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint16]]]:
    """Two indexes as one, piece by piece: `(counts per key, song, frame)` for the next keys.

    `alive[number]` says which songs stay. Pieces keep memory flat however large the index is.
    """
    for first in range(0, N_KEYS, keys_at_once):
        last = min(first + keys_at_once, N_KEYS)
        keys, songs, frames = [], [], []
        for side in (left, right):
            span = slice(int(side.starts[first]), int(side.starts[last]))
            song = np.asarray(side.song[span])
            key = np.repeat(np.arange(last - first), np.diff(side.starts[first : last + 1]))
            stays = alive[song] if len(song) else np.zeros(0, bool)
            keys.append(key[stays])
            songs.append(song[stays])
            frames.append(np.asarray(side.frame[span])[stays])
        key = np.concatenate(keys)
        order = np.argsort(key, kind="stable")
        counts = np.bincount(key, minlength=last - first)
        yield counts, np.concatenate(songs)[order], np.concatenate(frames)[order]


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(counts)))


@dataclass(frozen=True, slots=True)
class Met:
    """Postings that a query's pairs met; all arrays (n_met,)."""

    song: NDArray[np.int64]
    shift: NDArray[np.int64]
    """How many bins the query lies above the reference."""
    offset: NDArray[np.int64]
    """Frame of the reference where the query begins."""
    weight: NDArray[np.float64]
    """Rare pairs tell more: a drum loop's pair meets itself a hundred times by chance."""


def look_up(postings: Postings, query: Pairs, *, shift_bins: int, tempo: float) -> Iterator[Met]:
    """Postings that a query's pairs meet, in blocks so that memory stays flat.

    Transpositions of up to `shift_bins` either way and times stretched by up to `tempo` (0.06 is
    6 %) either way are met.
    """
    slack = np.maximum(1, np.ceil(query.distance * tempo - 0.5).astype(np.int64))
    most = int(slack.max(initial=0))
    for step in range(-most, most + 1):
        distance = query.distance + step
        fits = (np.abs(step) <= slack) & (distance >= MIN_FRAMES) & (distance <= MAX_FRAMES)
        column, frame = query.bin[fits], query.frame[fits]
        low = np.maximum(column - shift_bins, 0)
        high = np.minimum(column + shift_bins, N_BINS - 1)
        first_key = key_of(query.interval[fits], distance[fits], low)
        # Every key of every range, then every posting of every key.
        owner, key = _ranges(first_key, high - low + 1)
        counts = postings.starts[key + 1] - postings.starts[key]
        for block in _blocks(counts):
            which, place = _ranges(postings.starts[key[block]], counts[block])
            span = owner[block]
            # The place of the key within its range says which transposition was met.
            shift = column[span] - (key[block] - first_key[span] + low[span])
            yield Met(
                np.asarray(postings.song[place]).astype(np.int64),
                shift[which],
                np.asarray(postings.frame[place]).astype(np.int64) - frame[span][which],
                (1 / counts[block].clip(1))[which],
            )


def affordable(parts: Sequence[Postings], query: Pairs, *, shift_bins: int, budget: int) -> Pairs:
    """The query's rarest pairs that together meet about `budget` postings at their own distance.

    In a large index a few hundred pairs are plenty, since chance spreads over all songs; asking
    with all of them would only cost time. Rare pairs tell most.
    """
    low = key_of(query.interval, query.distance, np.maximum(query.bin - shift_bins, 0))
    high = key_of(query.interval, query.distance, np.minimum(query.bin + shift_bins, N_BINS - 1))
    counts = np.zeros(len(low), dtype=np.int64)
    for part in parts:
        counts += part.starts[high + 1] - part.starts[low]
    order = np.argsort(counts, kind="stable")
    n_kept = int(np.searchsorted(np.cumsum(counts[order]), budget, side="right"))
    kept = np.sort(order[: max(n_kept, 1)])
    return Pairs(query.interval[kept], query.distance[kept], query.bin[kept], query.frame[kept])


def _ranges(
    starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All integers of the ranges `[start, start + length)`, with the number of their range."""
    owner = np.repeat(np.arange(len(starts)), lengths)
    before = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner)) - before[owner] + starts[owner]


def _blocks(counts: NDArray[np.int64], limit: int = 4_000_000) -> Iterator[slice]:
    """Slices of `counts` of about `limit` postings each, so that memory stays flat."""
    total = np.cumsum(counts)
    first = 0
    while first < len(counts):
        done = total[first - 1] if first else 0
        last = int(np.searchsorted(total, done + limit, side="right"))
        last = max(last, first + 1)
        yield slice(first, last)
        first = last
