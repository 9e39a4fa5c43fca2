"""Covers: the same song played again, found by its harmonies. Always a guess.

Two steps: summaries that no transposition changes choose a few recordings of the index, then the
longest passage in which the two chroma sequences run alongside is sought (Qmax; Serra, Serra and
Andrzejak 2009), in the transpositions that fit best overall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.models.fingerprint.chroma import STEP_S, ChromaSequence, summary_of
from utawaku.models.fingerprint.index import FingerprintIndex, Reference

N_CLOSE = 40
"""Recordings of which the passages are compared."""

_NEIGHBOURS = 0.1
_STACK = 4


@dataclass(frozen=True, slots=True)
class CoverMatch:
    """A recording of the index whose harmonies a query follows."""

    reference: Reference
    score: float
    """Length of the common passage, normalised: above 1 for a cover, 0.3 for strangers."""
    passage_s: float
    semitones: int
    """The distance by which the query lies above the reference, in [-5, 6]."""


def find_covers(
    index: FingerprintIndex, chroma: ChromaSequence, *, n_best: int = 5
) -> list[CoverMatch]:
    """The recordings whose harmonies are most like those of a whole song, best first."""
    numbers, summaries = index.summaries()
    if len(numbers) == 0 or len(chroma) < 2 * _STACK:
        return []
    closeness = summaries.astype(np.float32) @ summary_of(chroma).astype(np.float32)
    matches = []
    for place in np.argsort(-closeness, kind="stable")[:N_CLOSE].tolist():
        reference = index.reference(int(numbers[place]))
        if reference is not None:
            known = index.chroma(reference.number)
            if len(known) >= 2 * _STACK:
                score, length, semitones = compare(chroma, known)
                matches.append(CoverMatch(reference, score, length * STEP_S, semitones))
    return sorted(matches, key=lambda match: -match.score)[:n_best]


def compare(query: ChromaSequence, reference: ChromaSequence) -> tuple[float, int, int]:
    """Score, length in steps of the best common passage, and transposition of the query."""
    left, right = query.unit(), reference.unit()
    overall = [
        float(np.dot(np.roll(right.mean(axis=0), shift), left.mean(axis=0))) for shift in range(12)
    ]
    best = (0.0, 0)
    for shift in np.argsort(overall)[::-1][:3].tolist():
        length = _longest_passage(left, np.roll(right, shift, axis=1))
        best = max(best, (length, -shift))
    length, shift = best[0], -best[1]
    score = length / np.sqrt(min(len(left), len(right)) * 40.0)
    return float(score), int(length), shift - 12 if shift > 6 else shift


def _longest_passage(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Qmax: the longest run of mutual neighbours, with tempo bends free and gaps at a price."""
    similar = _stacked(left) @ _stacked(right).T
    rows = similar >= np.quantile(similar, 1 - _NEIGHBOURS, axis=1, keepdims=True)
    columns = similar >= np.quantile(similar, 1 - _NEIGHBOURS, axis=0, keepdims=True)
    recurrent = rows & columns
    n = recurrent.shape[1]
    # Two columns and rows of zeros in front; each step looks back by (1,1), (2,1) or (1,2).
    before = np.zeros(n + 2)
    last = np.zeros(n + 2)
    last_hit = np.zeros(n + 2, dtype=bool)
    before_hit = np.zeros(n + 2, dtype=bool)
    longest = 0.0
    for row in recurrent:
        diagonal, steep, flat = last[1:-1], before[1:-1], last[:-2]
        grown = np.maximum(np.maximum(diagonal, steep), flat) + 1
        paid = np.maximum.reduce(
            [
                diagonal - np.where(last_hit[1:-1], 0.5, 0.7),
                steep - np.where(before_hit[1:-1], 0.5, 0.7),
                flat - np.where(last_hit[:-2], 0.5, 0.7),
            ]
        )
        here = np.zeros(n + 2)
        here[2:] = np.where(row, grown, np.maximum(paid, 0.0))
        hit = np.zeros(n + 2, dtype=bool)
        hit[2:] = row
        before, before_hit, last, last_hit = last, last_hit, here, hit
        longest = max(longest, float(here.max()))
    return longest


def _stacked(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each vector with the next ones, so that single chords do not pass for a passage."""
    windows = np.lib.stride_tricks.sliding_window_view(vectors, _STACK, axis=0)
    flat = windows.reshape(len(windows), -1)
    result: NDArray[np.float32] = flat / np.maximum(
        np.linalg.norm(flat, axis=1, keepdims=True), 1e-6
    )
    return result
