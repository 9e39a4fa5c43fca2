"""From approximate scores to the decision that exact scores would give.

Let L be the best labels under the approximate scores, and let each slot's score be off by at most
its error. If L is still the best when every slot of it is scored as badly as the errors allow, then
no scores within the errors have another best: in the difference between L and any rival only the
slots where they differ count, and there L was given its worst. Where a rival wins that trial, its
slots are scored exactly, and the trial is repeated until L stands.
"""

from collections.abc import Callable

import numpy as np

from utawaku.models.segmenter.viterbi import decode, decode_pair

_MOST_ROUNDS = 12

Exact = Callable[[np.ndarray], np.ndarray]
"""Slot numbers (n,), sorted, to exact scores float32 (n, n_labels)."""


def settle(
    scores: np.ndarray, error: np.ndarray, switch_nats: float, exact: Exact
) -> tuple[np.ndarray, np.ndarray]:
    """Best labels of one run, with exact scores wherever the decision could hang on an error.

    Args:
        scores: float32 (n, n_labels), log scores up to a constant a slot.
        error: float32 (n,), bound on how far a difference within a row of `scores` may be off.
        exact: evaluates slots of this run exactly.

    Returns:
        labels int8 (n,), and `scores` with the exact rows filled in.
    """
    scores, error = scores.copy(), error.copy()
    rows = np.arange(len(scores))
    for _ in range(_MOST_ROUNDS):
        labels = _best(scores, switch_nats)
        worst = scores.copy()
        worst[rows, labels] -= error
        doubtful = np.flatnonzero((_best(worst, switch_nats) != labels) & (error > 0))
        if not len(doubtful):
            break
        scores[doubtful] = exact(doubtful)
        error[doubtful] = 0
    return decode(scores, switch_nats), scores


def _best(scores: np.ndarray, switch_nats: float) -> np.ndarray:
    if scores.shape[1] == 2 and np.isfinite(scores).all():
        return decode_pair(scores[:, 1] - scores[:, 0], switch_nats).astype(np.int8)
    return decode(scores, switch_nats)
