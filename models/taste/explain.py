"""Explanation of a taste score: liked songs like it, disliked songs like it, tags."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

N_SONGS = 3
N_TAGS = 3
_LEAST = 0.25
"""Standard deviations below which a tag is no reason."""


@dataclass(frozen=True)
class Reasons:
    """The reasons for and against a song."""

    liked: list[tuple[str, float]]
    """`(song id, likeness in [-1, 1])` of the nearest liked songs."""
    disliked: list[tuple[str, float]]
    tags_for: list[str]
    """Tags that this song and liked songs have more of than disliked ones."""
    tags_against: list[str]


def reasons_for(
    vector: np.ndarray,
    tags: np.ndarray | None,
    *,
    graded_ids: Sequence[str],
    graded_vectors: np.ndarray,
    graded_tags: np.ndarray | None,
    targets: np.ndarray,
    names: Sequence[str],
) -> Reasons:
    """Reasons for one song.

    Args:
        vector: float32 (n_values,), standardised as the model sees it.
        tags: float32 (n_tags,) scores of `names`, or None.
        graded_ids, graded_vectors, graded_tags, targets: the songs that the model knows, without
            this one.
    """
    lengths = np.linalg.norm(graded_vectors, axis=1) * np.linalg.norm(vector)
    likeness = graded_vectors @ vector / np.maximum(lengths, 1e-9)
    order = np.argsort(-likeness)

    def nearest(where: np.ndarray) -> list[tuple[str, float]]:
        places = [place for place in order if where[place]][:N_SONGS]
        return [(graded_ids[place], round(float(likeness[place]), 3)) for place in places]

    speaks_for: list[str] = []
    against: list[str] = []
    if tags is not None and graded_tags is not None and (targets > 0.5).any():
        # Logits, so that a rare tag that doubles weighs as much as a common one.
        own, others = _logit(tags), _logit(graded_tags)
        spread = np.maximum(others.std(axis=0), 0.1)
        wanted = np.average(others, axis=0, weights=targets)
        unwanted = np.average(others, axis=0, weights=np.maximum(1 - targets, 1e-6))
        direction = (wanted - unwanted) / spread
        has = (own - others.mean(axis=0)) / spread
        pull = direction * has
        present = has > _LEAST
        ranked = [place for place in np.argsort(-np.abs(pull)) if present[place]]
        speaks_for = [names[place] for place in ranked if direction[place] > _LEAST][:N_TAGS]
        against = [names[place] for place in ranked if direction[place] < -_LEAST][:N_TAGS]
    return Reasons(nearest(targets > 0.5), nearest(targets < 0.5), speaks_for, against)


def _logit(share: np.ndarray) -> np.ndarray:
    clipped = np.clip(share, 1e-4, 1 - 1e-4)
    result: np.ndarray = np.log(clipped / (1 - clipped))
    return result
