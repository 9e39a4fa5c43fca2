"""Logistic regression with a ridge on standardised values, for curves of a few numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
_RIDGE = 1.0
_N_STEPS = 60


def logistic_curve(values: Array, right: Array, weights: Array | None = None) -> Array:
    """Fit log-odds that are linear in the values: float64 (n_values + 1,), the constant last.

    Args:
        values: float64 (n, n_values).
        right: float64 (n,), 1 where it holds and 0 where not.
        weights: float64 (n,), how much each row counts; 1 each where None.
    """
    middle, spread = values.mean(axis=0), values.std(axis=0) + 1e-6
    x = np.column_stack([(values - middle) / spread, np.ones(len(values))])
    counts = np.ones(len(values)) if weights is None else weights
    ridge = np.append(np.full(values.shape[1], _RIDGE), 1e-3)
    found = np.zeros(len(ridge))
    for _ in range(_N_STEPS):  # Newton's method; the ridge keeps each step small
        said = 1 / (1 + np.exp(-np.clip(x @ found, -30, 30)))
        slope = x.T @ (counts * (said - right)) + ridge * found
        curvature = (x.T * (counts * said * (1 - said))) @ x + np.diag(ridge)
        found -= np.linalg.solve(curvature, slope)
    scaled = found[:-1] / spread
    return np.asarray(np.append(scaled, found[-1] - scaled @ middle))
