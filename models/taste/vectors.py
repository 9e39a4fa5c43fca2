"""Vectors of songs as the taste model takes them: the embedding, and the colour of the sound."""

import numpy as np

from utawaku.library.store.embeddings import N_EMBEDDING, N_TIMBRE

N_VALUES = N_EMBEDDING + N_TIMBRE
"""Values of a vector. Those of the colour count as much as any: if they weighed more, fewer grades
would tell voices apart, and more would be needed for styles and tempos."""


def joined(embeddings: np.ndarray, timbre: np.ndarray | None = None) -> np.ndarray:
    """Vectors of the taste model, float32 (n_songs, 440).

    Args:
        embeddings: float32 (n_songs, 400).
        timbre: float32 (n_songs, 40), NaN where it is not known; or None where of no song.
    """
    if timbre is None:
        timbre = np.full((len(embeddings), N_TIMBRE), np.nan, np.float32)
    return np.concatenate([embeddings, timbre], axis=1).astype(np.float32)
