"""Selection of the songs to ask the user about next.

Without a model: songs spread over the library (the songs nearest to k-means centres). With one:
batches of four, two that stand for many others among those it thinks will be liked, one that it is
unsure of, and one of all songs by chance. Within one genre that teaches as much as chance does, and
more of what is shown is liked; with the likeliest songs themselves, which are alike, and the songs
farthest from everything, it teaches less (`benchmarks/taste_hard.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

Why = Literal["promising", "uncertain", "varied"]
BATCH: tuple[Why, ...] = ("promising", "uncertain", "promising", "varied")
_MOST = 20_000
"""Candidates that are looked at; a larger library is sampled."""
_PROMISING = (1 / 3, 300)
"""Share of the candidates that count as promising, and how many at most."""
_CROWD = 500
"""Songs that a promising one is to stand for; of more, a sample."""
_ROUNDS = 15
_BLOCK = 4096


@dataclass(frozen=True)
class Chosen:
    """A song to ask about."""

    place: int
    """Row in the vectors."""
    why: Why


def choose_batches(
    vectors: np.ndarray,
    scores: np.ndarray | None,
    asked: np.ndarray,
    n: int,
    *,
    seed: int = 0,
) -> list[Chosen]:
    """Up to `n` songs to ask about, in order.

    Args:
        vectors: float32 (n_songs, n_values), standardised.
        scores: (n_songs,) p(like), or None without a model.
        asked: bool (n_songs,): graded or skipped before; never chosen.
        n: how many.
        seed: for sampling and k-means.
    """
    rng = np.random.default_rng(seed)
    free = np.flatnonzero(~asked)
    if len(free) > _MOST:
        # The most promising stay in view however large the library is.
        best = np.zeros(0, int) if scores is None else free[np.argsort(-scores[free])[: _MOST // 4]]
        drawn = rng.choice(free, _MOST - len(best), replace=False)
        free = np.unique(np.concatenate([best, drawn]))
    if not len(free) or n <= 0:
        return []
    known = vectors[np.flatnonzero(asked)]
    if scores is None:
        return [Chosen(int(free[i]), "varied") for i in _spread(vectors[free], known, n, rng)]
    return list(_by_model(vectors[free], scores[free], free, known, min(n, len(free)), rng))


def _by_model(
    vectors: np.ndarray,
    scores: np.ndarray,
    places: np.ndarray,
    known: np.ndarray,
    n: int,
    rng: np.random.Generator,
) -> Iterator[Chosen]:
    open_ = np.ones(len(places), bool)
    crowd = vectors[rng.permutation(len(vectors))[:_CROWD]]
    # How far each of the crowd is from what was asked.
    distance = _distance_to(crowd, known[rng.permutation(len(known))[:500]])
    for number in range(n):
        why = BATCH[number % len(BATCH)]
        if why == "promising":
            share, most = _PROMISING
            n_best = max(1, min(int(share * open_.sum()), most))
            best = np.argsort(-np.where(open_, scores, -np.inf), kind="stable")[:n_best]
            at = int(best[_most_typical(vectors[best], crowd, distance)])
        elif why == "uncertain":
            at = int(np.argmin(np.where(open_, np.abs(scores - 0.5), np.inf)))
        else:
            at = int(rng.choice(np.flatnonzero(open_)))
        open_[at] = False
        distance = np.minimum(distance, _distance_to(crowd, vectors[at : at + 1]))
        yield Chosen(int(places[at]), why)


def _most_typical(vectors: np.ndarray, crowd: np.ndarray, distance: np.ndarray) -> int:
    """Return which of the vectors brings most of the crowd nearer to something asked."""
    squares = _squares(vectors, crowd)
    known = np.where(np.isfinite(distance), distance, squares.max())
    return int(np.argmax(np.maximum(known[None] - squares, 0).sum(axis=1)))


def _spread(vectors: np.ndarray, known: np.ndarray, n: int, rng: np.random.Generator) -> list[int]:
    """Songs nearest to the centres of k-means; what was asked before counts as centres too."""
    n = min(n, len(vectors))
    centres = vectors[rng.choice(len(vectors), n, replace=False)].astype(np.float32)
    fixed = known[rng.permutation(len(known))[:200]].astype(np.float32)
    for _ in range(_ROUNDS):
        owner = _nearest(vectors, np.concatenate([centres, fixed]))
        moved = centres.copy()
        for k in range(n):
            mine = vectors[owner == k]
            moved[k] = mine.mean(axis=0) if len(mine) else vectors[rng.integers(len(vectors))]
        if np.allclose(moved, centres, atol=1e-4):
            break
        centres = moved
    taken: list[int] = []
    open_ = np.ones(len(vectors), bool)
    for centre in centres:
        distance = _distance_to(vectors, centre[None])
        at = int(np.argmin(np.where(open_, distance, np.inf)))
        open_[at] = False
        taken.append(at)
    return taken


def _nearest(vectors: np.ndarray, centres: np.ndarray) -> np.ndarray:
    found = [
        np.argmin(_squares(vectors[at : at + _BLOCK], centres), axis=1)
        for at in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(found)


def _distance_to(vectors: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Squared distance of each vector to the nearest point; infinite where there are none."""
    if not len(points):
        return np.full(len(vectors), np.inf)
    found = [
        _squares(vectors[at : at + _BLOCK], points).min(axis=1)
        for at in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(found)


def _squares(vectors: np.ndarray, points: np.ndarray) -> np.ndarray:
    squares = np.sum(vectors**2, axis=1)[:, None] + np.sum(points**2, axis=1)[None]
    result: np.ndarray = np.maximum(squares - 2 * vectors @ points.T, 0)
    return result
