"""Triples of peaks as hashes: the inverted index from a triple to where songs hold it.

A triple is a peak and two later ones close to it. Its key is (interval and distance in time to the
second peak, the same to the third, and roughly how high the first one lies), in this order, so that
all transpositions of one triple stand next to each other: a query in thirteen keys is a range.
Two peaks as in Wang 2003 meet too many strangers in a library of tens of thousands when every key
and tempo is asked; a third peak makes a hash some hundred times rarer (after the quads of
Sonnleitner and Widmer 2014). References are indexed sparsely (their strongest peaks) and queried
densely, because a voice adds peaks to a query and takes few away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utawaku.models.fingerprint.constellation import FRAME_S, N_BINS, Constellation

MIN_FRAMES, MAX_FRAMES = 3, 34
MAX_INTERVAL = 18
"""Bins: six semitones up or down."""

REFERENCE_PEAKS_PER_S = 10
QUERY_PEAKS_PER_S = 30

_CELL_FRAMES = 2
"""Distances are kept in cells of so many frames; a query asks every cell that it may fall in."""

_PITCH_BINS = 9
N_INTERVALS = 2 * MAX_INTERVAL + 1
N_DISTANCES = (MAX_FRAMES - MIN_FRAMES) // _CELL_FRAMES + 1
N_PITCHES = N_BINS // _PITCH_BINS
N_KEYS = N_INTERVALS**2 * N_DISTANCES**2 * N_PITCHES

_BIN_BITS = 8
MAX_NUMBER = (1 << (32 - _BIN_BITS)) - 1
"""The highest number that a recording may have."""


@dataclass(frozen=True)
class Triples:
    """Triples of one recording; int64 arrays (n_triples,)."""

    interval: tuple[NDArray[np.int64], NDArray[np.int64]]
    """From the first peak to the second and to the third, bins, signed."""
    distance: tuple[NDArray[np.int64], NDArray[np.int64]]
    """The same in frames."""
    bin: NDArray[np.int64]
    """Of the first peak."""
    frame: NDArray[np.int64]
    """Of the first peak."""

    def __len__(self) -> int:
        return len(self.bin)

    def keys(self) -> NDArray[np.int64]:
        """The key of each triple, in [0, N_KEYS).

        The result is int64 (n_triples,).
        """
        first, second = ((d - MIN_FRAMES) // _CELL_FRAMES for d in self.distance)
        return _key(self.interval, first, second) + self.bin // _PITCH_BINS


def _key(
    interval: tuple[NDArray[np.int64], NDArray[np.int64]],
    first_cell: NDArray[np.int64],
    second_cell: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The lowest key of these intervals and distances; the pitch is added to it."""
    row = (interval[0] + MAX_INTERVAL) * N_INTERVALS + interval[1] + MAX_INTERVAL
    return ((row * N_DISTANCES + first_cell) * N_DISTANCES + second_cell) * N_PITCHES


def triples_of(peaks: Constellation, peaks_per_s: float, *, apart_frames: int = 1) -> Triples:
    """All triples among the `peaks_per_s` strongest peaks of each second.

    The third peak follows the second by at least `apart_frames`: one frame of jitter then does not
    swap the two.
    """
    strong = strongest(peaks, peaks_per_s)
    frame = peaks.frame[strong].astype(np.int64)
    column = peaks.bin[strong].astype(np.int64)
    first = np.searchsorted(frame, frame + MIN_FRAMES)
    last = np.searchsorted(frame, frame + MAX_FRAMES, side="right")
    anchor, other = _ranges(first, last - first)
    interval = column[other] - column[anchor]
    near = np.abs(interval) <= MAX_INTERVAL
    anchor, other, interval = anchor[near], other[near], interval[near]
    distance = frame[other] - frame[anchor]
    # Each pair with every later pair of the same first peak.
    place = np.arange(len(anchor))
    second, third = _ranges(place + 1, np.searchsorted(anchor, anchor, side="right") - place - 1)
    apart = distance[third] - distance[second] >= apart_frames
    second, third = second[apart], third[apart]
    return Triples(
        (interval[second], interval[third]),
        (distance[second], distance[third]),
        column[anchor[second]],
        frame[anchor[second]],
    )


def strongest(peaks: Constellation, peaks_per_s: float) -> NDArray[np.int64]:
    """Indices of the strongest peaks of every second, in order.

    The result is int64 (n_kept,).
    """
    window = round(1 / FRAME_S)
    if not len(peaks.frame):
        return np.zeros(0, np.int64)
    second = peaks.frame.astype(np.int64) // window
    # All seconds in one sort: within each the strongest first, of equal ones the earliest.
    order = np.lexsort((-peaks.strength.astype(np.int64), second))
    first_of = np.searchsorted(second, second)
    kept = order[np.arange(len(order)) - first_of < round(peaks_per_s)]
    return np.sort(kept)


@dataclass(frozen=True)
class Postings:
    """An inverted index: the postings of `keys[i]` are `[starts[i], starts[i + 1])`."""

    keys: NDArray[np.uint32]
    """(n_keys,), ascending: those that have postings."""
    starts: NDArray[np.int64]
    """(n_keys + 1,)."""
    where: NDArray[np.uint32]
    """(n_postings,), the recording's number and the first peak's bin, as `packed` makes it."""
    frame: NDArray[np.uint16]
    """(n_postings,), where in the recording."""

    def __len__(self) -> int:
        return len(self.where)

    def span(
        self, first_key: NDArray[np.int64], end_key: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The postings of the keys `[first_key, end_key)`: where they start, and how many.

        All four arrays are int64 (n_spans,).
        """
        first = self.starts[np.searchsorted(self.keys, first_key.astype(np.uint32))]
        end = self.starts[np.searchsorted(self.keys, end_key.astype(np.uint32))]
        return np.asarray(first), np.asarray(end - first)


def packed(number: int, column: NDArray[np.int64]) -> NDArray[np.uint32]:
    """A recording's number and bins in one word each.

    `column` is int64 (n,); the result is uint32 (n,).
    """
    return (number << _BIN_BITS | column).astype(np.uint32)


def number_of(where: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The recordings' numbers of packed words.

    `where` is uint32 (n,); the result is int64 (n,).
    """
    return (where >> _BIN_BITS).astype(np.int64)


def build_postings(recordings: Iterable[tuple[int, Constellation]]) -> Postings:
    """Index recordings, each given as `(number, peaks)`."""
    keys, where, frames = [], [], []
    for number, peaks in recordings:
        made = triples_of(peaks, REFERENCE_PEAKS_PER_S, apart_frames=2)
        keys.append(made.keys().astype(np.uint32))
        where.append(packed(number, made.bin))
        frames.append(made.frame.astype(np.uint16))
    if not keys:
        nothing = np.zeros(0, np.uint32)
        return Postings(nothing, np.zeros(1, np.int64), nothing, np.zeros(0, np.uint16))
    return _sorted(np.concatenate(keys), np.concatenate(where), np.concatenate(frames))


def _sorted(
    key: NDArray[np.uint32], where: NDArray[np.uint32], frame: NDArray[np.uint16]
) -> Postings:
    order = np.argsort(key, kind="stable")
    unique, counts = np.unique(key[order], return_counts=True)
    return Postings(unique, np.concatenate(([0], np.cumsum(counts))), where[order], frame[order])


def merged(
    parts: Sequence[Postings], alive: NDArray[np.bool_], *, at_once: int = 4_000_000
) -> Iterator[Postings]:
    """Several indexes as one, in pieces of ascending keys of about `at_once` postings.

    `alive`, bool (n_numbers,), says which recordings stay. Pieces
    keep memory flat however large the index is.
    """
    largest = max(parts, key=len)
    n_pieces = max(1, sum(len(part) for part in parts) // at_once)
    cuts = np.linspace(0, len(largest), n_pieces + 1)[1:-1]
    at_cuts = np.searchsorted(largest.starts, cuts).clip(max=max(len(largest.keys) - 1, 0))
    borders = set(largest.keys[at_cuts].tolist()) if len(largest.keys) else set()
    edges = [0, *sorted(borders - {0}), N_KEYS]
    for first_key, end_key in pairwise(edges):
        keys, wheres, frames = [], [], []
        for part in parts:
            a, b = np.searchsorted(part.keys, np.array([first_key, end_key], np.uint32))
            span = slice(int(part.starts[a]), int(part.starts[b]))
            where = np.asarray(part.where[span])
            stays = alive[number_of(where)] if len(where) else np.zeros(0, bool)
            key = np.repeat(part.keys[a:b], np.diff(part.starts[a : b + 1]))
            keys.append(key[stays])
            wheres.append(where[stays])
            frames.append(np.asarray(part.frame[span])[stays])
        yield _sorted(np.concatenate(keys), np.concatenate(wheres), np.concatenate(frames))


@dataclass(frozen=True, slots=True)
class Met:
    """Postings that a query's triples met; all arrays (n_met,) of whole numbers but the weights."""

    song: NDArray[Any]
    shift: NDArray[Any]
    """Number of bins by which the query lies above the reference."""
    frame: NDArray[Any]
    """Frame of the reference."""
    asked: NDArray[Any]
    """Frame of the query."""
    weight: NDArray[np.float32]
    """Rare triples tell more: a drum loop's triple meets itself a hundred times by chance."""

    def narrow(self) -> Met:
        """The same in half the memory."""
        return Met(
            self.song.astype(np.int32),
            self.shift.astype(np.int8),
            self.frame.astype(np.int32),
            self.asked.astype(np.int32),
            self.weight,
        )

    def only(self, kept: NDArray[np.bool_]) -> Met:
        """The postings of this mask.

        `kept` is bool (n_postings,).
        """
        return Met(
            self.song[kept], self.shift[kept], self.frame[kept], self.asked[kept], self.weight[kept]
        )


@dataclass(frozen=True)
class Asked:
    """Ranges of keys that a query asks for; all arrays (n_ranges,)."""

    owner: NDArray[np.int64]
    """The triple of the query."""
    first_key: NDArray[np.int64]
    end_key: NDArray[np.int64]


def asked_keys(query: Triples, *, shift_bins: int, tempo: float) -> Asked:
    """The keys of a query under transpositions of up to `shift_bins` and tempos of up to `tempo`.

    Distances may be off by a frame, and by `tempo` (0.06 is 6 %) of themselves. Intervals may not:
    every bin of tolerance brings nine times the strangers and a few times the friends.
    """
    cells = [_cells(distance, tempo) for distance in query.distance]
    (first_low, first_high), (second_low, second_high) = cells
    low = np.maximum(query.bin - shift_bins, 0) // _PITCH_BINS
    high = np.minimum(query.bin + shift_bins, N_BINS - 1) // _PITCH_BINS
    owners, firsts, ends = [], [], []
    for one in range(int((first_high - first_low).max(initial=0)) + 1):
        for two in range(int((second_high - second_low).max(initial=0)) + 1):
            a, b = first_low + one, second_low + two
            which = np.flatnonzero((a <= first_high) & (b <= second_high) & (a <= b))
            interval = (query.interval[0][which], query.interval[1][which])
            key = _key(interval, a[which], b[which])
            owners.append(which)
            firsts.append(key + low[which])
            ends.append(key + high[which] + 1)
    return Asked(np.concatenate(owners), np.concatenate(firsts), np.concatenate(ends))


def _cells(
    distance: NDArray[np.int64], tempo: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    slack = np.maximum(1, np.ceil(distance * tempo - 0.5)).astype(np.int64)
    low = np.maximum(distance - slack, MIN_FRAMES)
    high = np.minimum(distance + slack, MAX_FRAMES)
    return (low - MIN_FRAMES) // _CELL_FRAMES, (high - MIN_FRAMES) // _CELL_FRAMES


def look_up(
    parts: Sequence[Postings],
    query: Triples,
    *,
    shift_bins: int,
    tempo: float,
    budget: int,
    at_once: int = 2_000_000,
) -> Iterator[Met]:
    """Postings that a query meets, in blocks so that memory stays flat.

    Where all would be more than `budget`, only the query's rarest triples are asked: in a large
    index a few thousand are plenty, since chance spreads over all songs, and rare ones tell most.
    """
    asked = asked_keys(query, shift_bins=shift_bins, tempo=tempo)
    spans = _spans(parts, asked)
    each = np.zeros(len(query))
    for _, counts in spans:
        each += np.bincount(asked.owner, counts, minlength=len(query))
    order = np.argsort(each, kind="stable")
    n_kept = int(np.searchsorted(np.cumsum(each[order]), budget, side="right"))
    kept = np.zeros(len(query), bool)
    kept[order[: max(n_kept, 1)]] = True
    weight = (1 / np.sqrt(np.maximum(each, 1))).astype(np.float32)
    for part, (starts, counts) in zip(parts, spans, strict=True):
        useful = np.flatnonzero(kept[asked.owner] & (counts > 0))
        for block in _blocks(counts[useful], at_once):
            which = useful[block]
            span, place = _ranges(starts[which], counts[which])
            owner = asked.owner[which][span]
            where = part.where[place]
            shift = query.bin[owner] - (where & ((1 << _BIN_BITS) - 1)).astype(np.int64)
            near = np.abs(shift) <= shift_bins
            owner, place = owner[near], place[near]
            yield Met(
                number_of(where[near]),
                shift[near],
                part.frame[place].astype(np.int64),
                query.frame[owner],
                weight[owner],
            )


def _spans(
    parts: Sequence[Postings], asked: Asked
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """`Postings.span` of each part for all ranges; each array is int64 (n_ranges,)."""
    # Looked up in their order, a key is found near the one before: a third of the time.
    order = np.argsort(asked.first_key)
    first_key, end_key = asked.first_key[order], asked.end_key[order]
    spans = []
    for part in parts:
        found = part.span(first_key, end_key)
        starts, counts = np.empty_like(found[0]), np.empty_like(found[1])
        starts[order], counts[order] = found
        spans.append((starts, counts))
    return spans


def _ranges(
    starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All integers of the ranges `[start, start + length)`, with the number of their range."""
    owner = np.repeat(np.arange(len(starts)), lengths)
    before = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner)) - before[owner] + starts[owner]


def _blocks(counts: NDArray[np.int64], limit: int) -> Iterator[slice]:
    """Slices of `counts` of about `limit` postings each."""
    total = np.cumsum(counts)
    first = 0
    while first < len(counts):
        done = total[first - 1] if first else 0
        last = max(int(np.searchsorted(total, done + limit, side="right")), first + 1)
        yield slice(first, last)
        first = last
