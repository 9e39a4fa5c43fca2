"""From what evidence sources show to how sure they are: fits the numbers that the code holds.

    python benchmarks/calibration.py fingerprint ROWS...

`ROWS` are what `benchmarks/retrieval.py --rows` and `benchmarks/fingerprint_scale.py --rows`
wrote. A logistic curve over the sigmas is fitted on the songs of one half and judged on the other
half.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def upper_bound(n_wrong: int, n: int, sure: float = 0.95) -> float:
    """The share that lies above the true one with this certainty (Clopper and Pearson)."""
    from scipy.stats import beta

    return float(beta.ppf(sure, n_wrong + 1, n - n_wrong)) if n > n_wrong else 1.0


def fit_logistic(
    x: NDArray[np.float64], right: NDArray[np.bool_], *, ridge: float = 1e-3
) -> tuple[float, float]:
    """Middle and steepness of the curve, with as much weight on the right as on the wrong."""
    from scipy.optimize import minimize

    y = np.where(right, 1.0, -1.0)
    weight = np.where(right, 0.5 / max(right.sum(), 1), 0.5 / max((~right).sum(), 1))

    def loss(parameters: NDArray[np.float64]) -> float:
        middle, steepness = parameters
        wrong = np.logaddexp(0, -y * steepness * (x - middle))
        return float((weight * wrong).sum() + ridge * steepness**2)

    best = minimize(loss, np.array([8.0, 1.0]), method="Nelder-Mead").x
    return float(best[0]), float(best[1])


def half_of(song: str) -> int:
    """0 or 1, the same for a song at every run."""
    return zlib.crc32(song.encode()) % 2


def fingerprint_curve(paths: list[Path]) -> None:
    """Fit the curve of `utawaku.models.fingerprint.search.probability` and judge it."""
    from utawaku.models.fingerprint.search import CROWD, crowd_of

    rows = [row for path in paths for row in json.loads(path.read_text())]
    sizes = np.array([row["n_recordings"] for row in rows])
    sigmas = np.array([row["sigmas"] for row in rows])
    right = np.array([row["right"] for row in rows])
    half = np.array([half_of(row["song"]) for row in rows])
    for size in np.unique(sizes).tolist():
        bad = sigmas[(sizes == size) & ~right]
        good = sigmas[(sizes == size) & right]
        print(
            f"{size:6} recordings: {len(good)} right ones, 1% at {np.percentile(good, 1):.1f}, "
            f"{len(bad)} wrong ones, 99% at {np.percentile(bad, 99):.1f}, most {bad.max():.1f}"
        )
    x = sigmas - np.array([crowd_of(int(size)) for size in sizes])
    middle, steepness = fit_logistic(x[half == 0], right[half == 0])
    print(f"fitted on one half, CROWD = {CROWD}: middle {middle:.2f}, steepness {steepness:.2f}")
    p = 1 / (1 + np.exp(-steepness * (x - middle)))
    held = half == 1
    for threshold in (0.5, 0.8, 0.9, 0.97):
        wrong = int((p[held & ~right] >= threshold).sum())
        n_wrong = int((held & ~right).sum())
        recall = float((p[held & right] >= threshold).mean())
        print(
            f"other half, accepted from {threshold:.2f}: {recall:.3f} of the right ones, "
            f"{wrong} of {n_wrong} wrong ones (95 % sure below {upper_bound(wrong, n_wrong):.4f})"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    part = commands.add_parser("fingerprint")
    part.add_argument("rows", type=Path, nargs="+")
    chosen = parser.parse_args()
    fingerprint_curve(chosen.rows)
