"""How well found songs agree with the truth: found F1 and clean F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from utawaku.library.identity import overlap_s
from utawaku.models.songs.doubt import right_ends

Span = tuple[float, float]
_SHARED_S = 15.0
"""Two spans that share less only touch each other."""


@dataclass(frozen=True)
class Score:
    """Counts over any number of streams; add them with `+`."""

    n_true: int = 0
    n_found: int = 0
    n_overlapping: int = 0
    """Pairs with intersection over union above 0.5."""
    n_clean: int = 0
    """Pairs that start within 3 s and end within 5 s of the truth."""

    def __add__(self, other: Score) -> Score:
        return Score(
            self.n_true + other.n_true,
            self.n_found + other.n_found,
            self.n_overlapping + other.n_overlapping,
            self.n_clean + other.n_clean,
        )

    @property
    def found_f1(self) -> float:
        return _f1(self.n_overlapping, self.n_true, self.n_found)

    @property
    def clean_f1(self) -> float:
        return _f1(self.n_clean, self.n_true, self.n_found)


def _f1(n_right: int, n_true: int, n_found: int) -> float:
    return 2 * n_right / (n_true + n_found) if n_true + n_found else 1.0


def _iou(a: Span, b: Span) -> float:
    shared_s = overlap_s(*a, *b)
    return shared_s / (max(a[1], b[1]) - min(a[0], b[0])) if shared_s else 0.0


def is_clean(found: Span, true: Span) -> bool:
    return all(right_ends(found, true))


def score(found: Sequence[Span], true: Sequence[Span]) -> Score:
    """Match each true song with at most one found span, the best overlap first.

    Two spans that both overlap one song by more than half cannot exist, so the greedy match
    is the best one for spans that do not overlap each other.
    """
    pairs = sorted(
        ((_iou(f, t), i, j) for i, f in enumerate(found) for j, t in enumerate(true)),
        reverse=True,
    )
    used_found: set[int] = set()
    used_true: set[int] = set()
    n_overlapping = n_clean = 0
    for overlap, i, j in pairs:
        if overlap <= 0 or i in used_found or j in used_true:
            continue
        used_found.add(i)
        used_true.add(j)
        n_overlapping += overlap > 0.5
        n_clean += is_clean(found[i], true[j])
    return Score(len(true), len(found), n_overlapping, n_clean)


def causes(found: Sequence[Span], true: Sequence[Span]) -> Counter[str]:
    """Why songs are not clean, one cause a song, and how many finds are no song."""
    counted: Counter[str] = Counter()
    for song in true:
        if not any(is_clean(span, song) for span in found):
            counted[_cause(song, found, true)] += 1
    for span in found:
        if not any(overlap_s(*span, *song) > 0.3 * (span[1] - span[0]) for song in true):
            counted["surplus"] += 1
    return counted


def _cause(song: Span, found: Sequence[Span], true: Sequence[Span]) -> str:
    over = [span for span in found if overlap_s(*span, *song) >= _SHARED_S]
    if not over:
        return "lost"
    if any(sum(overlap_s(*span, *other) >= _SHARED_S for other in true) > 1 for span in over):
        return "merged with another"
    if len(over) > 1:
        return "split"
    start_s, stop_s = over[0][0] - song[0], over[0][1] - song[1]
    if abs(start_s) > 3 and abs(stop_s) > 5:
        return "both edges off"
    if abs(start_s) > 3:
        return "start early" if start_s < 0 else "start late"
    return "end early" if stop_s < 0 else "end late"
