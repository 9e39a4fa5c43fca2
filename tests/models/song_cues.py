"""Cues of a recording of which only the level is known."""

import numpy as np

from utawaku.models.songs.boundary_features import STEP_HOPS, Cues


def cues(level_db: np.ndarray, floor_db: float = -70.0) -> Cues:
    """Cues of float (n_hops,) levels that sound like music all the time."""
    n_steps = len(level_db) // STEP_HOPS
    return Cues(
        (),
        np.zeros((n_steps, 0), np.float32),
        np.full(n_steps, 4.0),
        np.zeros(n_steps),
        level_db.astype(np.float64),
        floor_db,
    )
