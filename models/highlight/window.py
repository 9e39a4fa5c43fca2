"""The span of a song with the largest area under its interest curve."""

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[np.float32]

HIGHLIGHT_S = 30.0
_CERTAIN_AT_0, _CERTAIN_EACH = -0.30, 4.86
"""Log odds of a curve that does not rise, and their slope; see `certainty`."""


def best_window(
    curve: Curve, duration_s: float, *, seconds: float = HIGHLIGHT_S
) -> tuple[float, float]:
    """Start and stop of the best span of `seconds`; a shorter song is its own highlight.

    Of equally good spans the one nearest to the middle of them is taken.
    """
    n_window = round(seconds)
    if duration_s <= seconds or len(curve) <= n_window:
        return 0.0, duration_s
    total = np.cumsum(np.concatenate([[0.0], curve.astype(np.float64)]))
    # The last value may stand for a fraction of a second.
    n_starts = int(duration_s) - n_window + 1
    areas = total[n_window : n_window + n_starts] - total[:n_starts]
    equal = np.flatnonzero(areas >= areas.max() - 1e-6)
    start = float(equal[len(equal) // 2])
    return start, min(start + seconds, duration_s)


def certainty(curve: Curve, start_s: float, stop_s: float) -> float | None:
    """Chance, in [0, 1], that a span is a good one: as good as six tenths of the way from any span
    to the best.

    By how far the curve of the shipped model lies above its mean over all spans of that length.
    Fitted on songs made by chance and demo songs that the model has not heard, whole and cut
    (`benchmarks/highlights.py`): it is between .57 and .87 for most, and as often true as it says.

    Args:
        curve: float32 (n_seconds,) in [0, 1].
        start_s: where the span starts; see `best_window`.
        stop_s: where it stops.

    Returns None where there is no other span: the song is no longer.
    """
    n = round(stop_s - start_s)
    if len(curve) <= n or n < 1:
        return None
    total = np.cumsum(np.concatenate([[0.0], curve.astype(np.float64)]))
    means = (total[n:] - total[:-n]) / n
    at = min(round(start_s), len(means) - 1)
    rise = float(means[at] - means.mean())
    return float(1 / (1 + np.exp(-(_CERTAIN_AT_0 + _CERTAIN_EACH * rise))))


def normalised(values: npt.NDArray[np.floating]) -> Curve:
    """Values stretched to [0, 1]; a flat curve is 0.5 everywhere, damaged values are the lowest.

    Both are float (n,).
    """
    clean = np.nan_to_num(np.asarray(values, np.float64), nan=-np.inf, neginf=-np.inf)
    finite = np.isfinite(clean)
    if not finite.any():
        return np.full(len(clean), 0.5, np.float32)
    low, high = clean[finite].min(), clean[finite].max()
    if high - low < 1e-9:
        return np.full(len(clean), 0.5, np.float32)
    return np.where(finite, (clean - low) / (high - low), 0).astype(np.float32)


def n_seconds(duration_s: float) -> int:
    """Length of the curve of a song: its seconds, the last one begun counting whole."""
    return max(1, int(np.ceil(duration_s - 1e-6)))


def smoothed(curve: npt.NDArray[np.floating], width: int) -> npt.NDArray[np.float64]:
    """Mean over `width` values around each, over those that are there at the ends.

    Both are float (n,).
    """
    kernel = np.ones(max(1, min(width, len(curve))))
    return np.convolve(curve, kernel, "same") / np.convolve(np.ones(len(curve)), kernel, "same")
