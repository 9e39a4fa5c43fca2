"""Vectors of songs as the taste model takes them: embedding, timbre, and whose voice sings."""

import numpy as np

from utawaku.library.store.embeddings import N_EMBEDDING, N_TIMBRE
from utawaku.models.tagger.tags import TAGS

_VOICES = [place for place, name in enumerate(TAGS) if "vocal" in name]
"""Places of the tags of female and male voices."""
_N_HEARD = N_EMBEDDING + N_TIMBRE
N_VALUES = _N_HEARD + len(_VOICES)
"""Values of a vector. Those of the timbre count as much as any: if they weighed more, fewer grades
would tell voices apart, and more would be needed for styles and tempos."""
_WEIGHT_OF_VOICES = 2.0
"""Three values among 443 would say too little of what a listener hears first. With 4, more grades
are needed for styles (benchmarks/RESULTS.md, "Taste")."""
_LEAST_SHARE = 1e-4


def joined(
    embeddings: np.ndarray, timbre: np.ndarray | None = None, tags: np.ndarray | None = None
) -> np.ndarray:
    """Vectors of the taste model, float32 (n_songs, 443).

    Args:
        embeddings: float32 (n_songs, 400).
        timbre: float32 (n_songs, 40), NaN where it is not known; or None where of no song.
        tags: float32 (n_songs, 50) in [0, 1], NaN where they are not known; or None where of no
            song. The vectors hold the log odds of those of voices.
    """
    n = len(embeddings)
    if timbre is None:
        timbre = np.full((n, N_TIMBRE), np.nan, np.float32)
    if tags is None:
        tags = np.full((n, len(TAGS)), np.nan, np.float32)
    shares = np.clip(tags[:, _VOICES], _LEAST_SHARE, 1 - _LEAST_SHARE)
    odds = np.log(shares / (1 - shares))
    return np.concatenate([embeddings, timbre, odds], axis=1).astype(np.float32)


def weights_of(n_values: int) -> np.ndarray:
    """Return what each value of a vector of this length counts, float32 (n_values,)."""
    weights = np.ones(n_values, np.float32)
    if n_values == N_VALUES:
        weights[_N_HEARD:] = _WEIGHT_OF_VOICES
    return weights


def completed(vector: np.ndarray) -> np.ndarray | None:
    """Return a vector that an earlier version kept, float32 (443,), with NaN for what it lacks.

    `vector` is float (n_values,); None where no version kept one of this length.
    """
    if vector.size not in (N_EMBEDDING, _N_HEARD, N_VALUES):
        return None
    return np.pad(vector.astype(np.float32), (0, N_VALUES - vector.size), constant_values=np.nan)
