"""Features of each second of a song, relative to the song, never of its place in it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from utawaku.models.highlight.window import n_seconds, smoothed
from utawaku.models.tempo.features import FRAME_RATE_HZ, PITCH_RATE_HZ, Heard

Array = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]

_SOUNDS = (
    "level",
    "brightness",
    "height",
    "onsets",
    "low",
    "middle",
    "high",
    "flatness",
    "flutter",
)
_ECHOES = ("melody again", "sound again", "both again", "times")
_SCALES_S = (7, 31)
_STEPS_S = (8, 20)
FEATURES = tuple(
    [f"{name} {scale}" for scale in _SCALES_S for name in (*_SOUNDS, *_ECHOES)]
    + [f"{name} of alike" for name in _SOUNDS]
    + [f"{name} ahead minus behind {scale}" for scale in _STEPS_S for name in (*_SOUNDS, "times")]
    + ["level spread", "level tells", "brightness tells"]
)
_BLOCK_S = 10
_NEAREST_REPEAT_S = 12
_LONGEST_S = 1_800
"""Beyond it no repetition is looked for: the comparison grows with the square of the length."""
_SEMITONES = (0, 1, 2, -1, -2)
"""A last chorus is often raised by as much."""


def second_features(heard: Heard) -> Array:
    """float32 (n_seconds, n_features) of a song; see `FEATURES` for the columns.

    All but the last three are the rank of the second among the song's own, in [-1, 1]: loud songs
    and quiet ones, bright and dull, are alike. The order of the song enters only through
    neighbours; what lies beyond an end is what lies before it, mirrored.
    """
    n = n_seconds(heard.duration_s)
    sounds = _sounds(heard, n)
    likeness = _likeness(heard, n)
    echoes = likeness.echoes()
    wide = {name: smoothed(values, _SCALES_S[-1]) for name, values in sounds.items()}
    alike = {name: likeness.pooled(smoothed(values, 5)) for name, values in sounds.items()}
    every = {**sounds, **echoes}
    columns = [_ranks(smoothed(every[name], scale)) for scale in _SCALES_S for name in every]
    columns += [_ranks(smoothed(alike[name], 9)) for name in _SOUNDS]
    columns += [
        _ranks(_step(every[name], scale)) for scale in _STEPS_S for name in (*_SOUNDS, "times")
    ]
    # How far a song's levels can be trusted: whether they rise where the same passage is loud.
    columns += [
        np.full(n, value)
        for value in (
            min(1.0, float(np.std(wide["level"])) / (float(np.mean(wide["level"])) + 1e-6) * 4),
            _agreement(wide["level"], alike["level"]),
            _agreement(wide["brightness"], alike["level"]),
        )
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _sounds(heard: Heard, n: int) -> dict[str, Values]:
    bands = _by_second(heard.bands, FRAME_RATE_HZ, n)
    index = np.arange(bands.shape[1])
    total = bands.sum(axis=1) + 1e-6
    sung = bands[:, 8:28]
    return {
        "level": total,
        "brightness": (bands @ index) / total,
        "height": (sung @ index[8:28]) / (sung.sum(axis=1) + 1e-6),
        "onsets": _by_second(heard.onsets[:, None], FRAME_RATE_HZ, n)[:, 0],
        "low": bands[:, :8].mean(axis=1) / total,
        "middle": sung.mean(axis=1) / total,
        "high": bands[:, 30:].mean(axis=1) / total,
        "flatness": bands.std(axis=1) / total,
        "flutter": _flutter(heard, n),
    }


def _flutter(heard: Heard, n: int) -> Values:
    """Return how much the bands of the voice move at the pace of syllables, three to ten a
    second.
    """
    sung = heard.bands[:, 8:28]
    if len(sung) < 32:
        return np.zeros(n)
    moved = np.zeros(len(sung) - 20)
    # Band by band: the sums of all of them would take 150 MB an hour.
    for band in sung.T:
        total = np.concatenate([[0.0], np.cumsum(band, dtype=float)])
        fast = (total[5:] - total[:-5]) / 5
        slow = (total[21:] - total[:-21]) / 21
        moved += np.abs(fast[8 : 8 + len(slow)] - slow)
    moved = np.pad(moved / sung.shape[1], (10, 10), mode="edge")
    return _by_second(moved.astype(np.float32)[:, None], FRAME_RATE_HZ, n)[:, 0]


@dataclass(frozen=True)
class _Likeness:
    """Similarity of the passages around each pair of seconds."""

    melody: Values
    """(n, n) in [-1, 1] by pitch classes, at the best of a few transpositions; nearby ones -1."""
    sound: Values
    """(n, n) in [-1, 1] by the shape of the spectrum, whatever its level; nearby ones -1."""
    n: int

    def echoes(self) -> dict[str, Values]:
        """Return how surely each second comes again, and how often."""
        if not len(self.melody):
            return {name: np.zeros(self.n) for name in _ECHOES}
        both = (self.melody + self.sound) / 2
        # A passage may come back twice or five times; the best two tell that it does.
        best = [_best(one, 2) for one in (self.melody, self.sound, both)]
        surely = np.quantile(both, 0.93)
        times = (1 / (1 + np.exp(-(both - surely) / 0.04))).mean(axis=1)
        return dict(zip(_ECHOES, (*best, times), strict=True))

    def pooled(self, values: Values) -> Values:
        """Mean of each second's value with those of passages like it, the nearer the more."""
        if not len(self.melody):
            return values
        both = (self.melody + self.sound) / 2
        weights = np.exp((both - both.max(axis=1, keepdims=True)) / 0.08)
        weights[both <= -0.99] = 0
        shares = weights / (weights.sum(axis=1, keepdims=True) + 1e-9)
        return np.asarray(0.4 * values + 0.6 * (shares @ values))


def _likeness(heard: Heard, n: int) -> _Likeness:
    # In silence everything is alike, but for rounding.
    if not (_NEAREST_REPEAT_S + _BLOCK_S < n <= _LONGEST_S and heard.bands.any()):
        return _Likeness(np.zeros((0, 0)), np.zeros((0, 0)), n)
    chroma = _by_second(heard.chroma, PITCH_RATE_HZ, n)
    bands = _by_second(heard.bands, FRAME_RATE_HZ, n)
    bands = bands - bands.mean(axis=1, keepdims=True)
    melody = np.full((n, n), -1.0)
    plain = _blocks(chroma)
    n_bins = chroma.shape[1] // 12
    for semitones in _SEMITONES:
        shifted = plain if not semitones else _blocks(np.roll(chroma, semitones * n_bins, axis=1))
        # A raised repeat is less sure than one in the same key.
        melody = np.maximum(melody, plain @ shifted.T - (0.05 if semitones else 0.0))
    melody = np.maximum(melody, melody.T)
    timbre = _blocks(bands)
    sound = timbre @ timbre.T
    near = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) < _NEAREST_REPEAT_S
    melody[near] = sound[near] = -1
    return _Likeness(melody, sound, n)


def _blocks(values: Values) -> Values:
    """Unit vectors of the seconds around each: (n, n_columns * _BLOCK_S)."""
    each = values - values.mean(axis=0)
    each = each / (np.linalg.norm(each, axis=1, keepdims=True) + 1e-6)
    n, half = len(each), _BLOCK_S // 2
    padded = np.pad(each, ((half, half), (0, 0)), mode="reflect")
    stacked = np.concatenate([padded[i : i + n] for i in range(_BLOCK_S)], axis=1)
    return np.asarray(stacked / np.sqrt(_BLOCK_S))


def _best(alike: Values, n_best: int) -> Values:
    return np.asarray(np.partition(alike, -n_best, axis=1)[:, -n_best:].mean(axis=1))


def _agreement(one: Values, other: Values) -> float:
    """Correlation; 0 where one of them is flat."""
    if min(np.std(one), np.std(other)) < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _by_second(values: Array, rate_hz: float, n: int) -> Values:
    """Mean over the frames of each second: float64 (n, n_columns)."""
    edges = np.minimum((np.arange(n + 1) * rate_hz).round().astype(int), len(values))
    counts = edges[1:] - edges[:-1]
    means = np.zeros((n, values.shape[1]))
    heard = counts > 0
    if heard.any():
        total = np.add.reduceat(values[: edges[-1]], edges[:-1][heard], axis=0, dtype=float)
        means[heard] = total / counts[heard, None]
    return means


def _step(values: Values, n_side: int) -> Values:
    """Mean of what comes minus mean of what was; the ends are mirrored."""
    padded = np.pad(values, n_side, mode="reflect" if len(values) > n_side else "edge")
    total = np.concatenate([[0.0], np.cumsum(padded)])
    at = np.arange(len(values)) + n_side
    ahead = (total[at + n_side] - total[at]) / n_side
    behind = (total[at] - total[at - n_side]) / n_side
    return np.asarray(ahead - behind)


def _ranks(values: Values) -> Values:
    """Rank of each value among all, in [-1, 1]; equal values share theirs."""
    _, inverse, counts = np.unique(np.round(values, 9), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    if len(values) < 2:
        return np.zeros(len(values))
    return np.asarray(2 * middle[inverse] / (len(values) - 1) - 1)
