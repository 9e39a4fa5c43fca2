"""Evaluation of a taste model on songs that it has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

N_FOLDS = 5
N_BINS = 10

Scorer = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""`(training places, held-out places, targets)` to the scores of the held-out songs."""


@dataclass(frozen=True)
class Quality:
    """Figures over held-out songs that are liked or disliked; neutral ones do not count."""

    auc: float | None
    """Chance that a liked song scores above a disliked one; None when one kind is missing."""
    ece: float
    """Expected calibration error over ten bins of equal width."""
    brier: float
    """Mean squared error of p(like)."""
    bins: tuple[tuple[float, float, int], ...]
    """`(mean score, share liked, number)` of each bin that holds songs."""


def auc_of(scores: np.ndarray, liked: np.ndarray) -> float | None:
    """Area under the ROC curve, ties counted half; None when one kind is missing.

    `scores` is float (n,), `liked` bool (n,).

    >>> auc_of(np.array([0.1, 0.4, 0.9]), np.array([False, True, True]))
    1.0
    """
    n_liked = int(liked.sum())
    n_other = len(liked) - n_liked
    if not n_liked or not n_other:
        return None
    from scipy.stats import rankdata  # a second to import, and only evaluation needs it

    ranks = rankdata(scores)
    return float((ranks[liked].sum() - n_liked * (n_liked + 1) / 2) / (n_liked * n_other))


def quality_of(scores: np.ndarray, targets: np.ndarray) -> Quality:
    """Compare scores with what the user thinks, both (n_songs,) in [0, 1].

    Both are float.

    Raises:
        ValueError: no song is liked or disliked.
    """
    told = targets != 0.5
    if not told.any():
        raise ValueError("no song is liked or disliked")
    scores, liked = scores[told].astype(np.float64), targets[told] > 0.5
    places = np.minimum((scores * N_BINS).astype(int), N_BINS - 1)
    bins = [
        (float(scores[places == b].mean()), float(liked[places == b].mean()), int(n))
        for b, n in enumerate(np.bincount(places, minlength=N_BINS))
        if n
    ]
    return Quality(
        auc=auc_of(scores, liked),
        ece=sum(abs(score - share) * n for score, share, n in bins) / len(liked),
        brier=float(np.mean((scores - liked) ** 2)),
        bins=tuple(bins),
    )


def out_of_fold(
    targets: np.ndarray, groups: Sequence[str], score: Scorer, *, seed: int = 0
) -> np.ndarray:
    """Scores of all songs, each by a model that has seen neither it nor another of its group.

    Args:
        targets: (n_songs,) in [0, 1].
        groups: what must not be on both sides, e.g. the same piece sung twice.
        score: trains on some songs and scores others.

    Returns:
        float64 (n_songs,).
    """
    folds = split(targets, groups, seed=seed)
    scores = np.full(len(targets), np.nan)
    for fold in range(int(folds.max()) + 1):
        held_out = np.flatnonzero(folds == fold)
        scores[held_out] = score(np.flatnonzero(folds != fold), held_out, targets)
    return scores


def split(
    targets: np.ndarray, groups: Sequence[str], *, n_folds: int = N_FOLDS, seed: int = 0
) -> np.ndarray:
    """Number of the fold of each song: groups stay whole, likes are spread evenly.

    `targets` is float (n_songs,) in [0, 1]; the result is int (n_songs,).
    """
    rng = np.random.default_rng(seed)
    names = sorted(set(groups))
    by_name: dict[str, list[int]] = {name: [] for name in names}
    for place, name in enumerate(groups):
        by_name[name].append(place)
    order = [names[i] for i in rng.permutation(len(names))]
    # The largest groups first, then by share of likes, dealt out to the fold that has fewest.
    order.sort(key=lambda name: (-len(by_name[name]), -float(np.mean(targets[by_name[name]]))))
    n_folds = max(2, min(n_folds, len(names)))
    counts = np.zeros((n_folds, 2))
    folds = np.zeros(len(targets), int)
    for name in order:
        places = by_name[name]
        kind = int(np.mean(targets[places]) > 0.5)
        fold = min(range(n_folds), key=lambda f: (counts[f, kind], counts[f].sum()))
        folds[places] = fold
        counts[fold, kind] += len(places)
    return folds
