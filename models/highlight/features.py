"""What a song sounds like second by second, told relative to the song, never by its place in it."""

import numpy as np
import numpy.typing as npt

from models.highlight.window import n_seconds, smoothed
from models.tempo.listening import FRAME_RATE_HZ, PITCH_RATE_HZ, Heard

Array = npt.NDArray[np.float32]

_SCALES_S = (5, 15, 31)
_BASE = ("level", "brightness", "onsets", "low", "middle", "high", "flatness", "repetition")
FEATURES = tuple(
    [f"{name} {scale}" for scale in _SCALES_S for name in _BASE]
    + [f"{name} ahead minus behind" for name in ("level", "onsets", "repetition", "brightness")]
)
_BLOCK_S = 8
_NEAREST_REPEAT_S = 16
_LONGEST_S = 1_800
"""Beyond it no repetition is looked for: the comparison grows with the square of the length."""


def second_features(heard: Heard) -> Array:
    """float32 (n_seconds, n_features) of a song; see `FEATURES` for the columns.

    Every column is the rank of the second among the song's own, in [-1, 1]: loud songs and quiet
    ones, bright and dull, are alike. The order of the song enters only through its neighbours.
    """
    n = n_seconds(heard.duration_s)
    base = _base(heard, n)
    columns = [_ranks(smoothed(base[name], scale)) for scale in _SCALES_S for name in _BASE]
    for name in ("level", "onsets", "repetition", "brightness"):
        columns.append(_ranks(_step(base[name], 12)))
    return np.stack(columns, axis=1).astype(np.float32)


def _base(heard: Heard, n: int) -> dict[str, npt.NDArray[np.float64]]:
    bands = _by_second(heard.bands, FRAME_RATE_HZ, n)
    onsets = _by_second(heard.onsets[:, None], FRAME_RATE_HZ, n)[:, 0]
    index = np.arange(bands.shape[1])
    total = bands.sum(axis=1) + 1e-6
    return {
        "level": total,
        "brightness": (bands @ index) / total,
        "onsets": onsets,
        "low": bands[:, :8].mean(axis=1),
        "middle": bands[:, 12:28].mean(axis=1),
        "high": bands[:, 30:].mean(axis=1),
        "flatness": bands.std(axis=1) / total,
        "repetition": _repetition(heard, n),
    }


def _repetition(heard: Heard, n: int) -> npt.NDArray[np.float64]:
    """How alike the eight seconds around each second are to eight seconds elsewhere."""
    chroma = _by_second(heard.chroma, PITCH_RATE_HZ, n)
    bands = _by_second(heard.bands, FRAME_RATE_HZ, n)
    parts = [chroma - chroma.mean(axis=0), bands - bands.mean(axis=0)]
    vectors = np.concatenate(
        [part / (np.linalg.norm(part, axis=1, keepdims=True) + 1e-6) for part in parts], axis=1
    )
    if not _NEAREST_REPEAT_S + _BLOCK_S < n <= _LONGEST_S:
        return np.zeros(n)
    alike = vectors @ vectors.T / 2
    # Blocks are compared along diagonals.
    total = np.zeros_like(alike)
    half = _BLOCK_S // 2
    for shift in range(-half, half):
        rows = np.clip(np.arange(n) + shift, 0, n - 1)
        total += alike[np.ix_(rows, rows)]
    total /= _BLOCK_S
    near = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) < _NEAREST_REPEAT_S
    total[near] = -1
    best = np.sort(total, axis=1)[:, -3:]
    return np.asarray(best.mean(axis=1))


def _by_second(values: Array, rate_hz: float, n: int) -> npt.NDArray[np.float64]:
    """Mean over the frames of each second: float64 (n, n_columns)."""
    if not len(values):
        return np.zeros((n, values.shape[1]))
    edges = np.minimum((np.arange(n + 1) * rate_hz).round().astype(int), len(values))
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=float)])
    counts = np.maximum(1, edges[1:] - edges[:-1])
    return np.asarray((total[edges[1:]] - total[edges[:-1]]) / counts[:, None])


def _step(values: npt.NDArray[np.float64], n_side: int) -> npt.NDArray[np.float64]:
    """Mean of what comes minus mean of what was; the ends are mirrored."""
    padded = np.pad(values, n_side, mode="reflect" if len(values) > n_side else "edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    at = np.arange(len(values)) + n_side
    ahead = (total[at + n_side] - total[at]) / n_side
    behind = (total[at] - total[at - n_side]) / n_side
    return np.asarray(ahead - behind)


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rank of each value among all, in [-1, 1]; equal values share theirs."""
    _, inverse, counts = np.unique(np.round(values, 9), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    if len(values) < 2:
        return np.zeros(len(values))
    return np.asarray(2 * middle[inverse] / (len(values) - 1) - 1)
