"""Augmentations of a song that keep its highlight.

Six changes, each made or not by chance: the spectrogram stretched about its middle in time, and in
frequency; sung up to eleven semitones higher or lower; played faster or slower; one to five seconds
lost; one to five bands lost. Where a change moves time, the curve moves with it.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from utawaku.models.highlight.deepchorus.architecture import CHUNK, N_MELS
from utawaku.models.highlight.deepchorus.mel import FRAMES_PER_S, band_centres_hz

Array = npt.NDArray[np.float32]
Pair = tuple[Array, Array]
"""Spectrogram float32 (n_frames, 128), and interest float32 (n_frames,) in [0, 1]."""

AFFINE = (0.8, 1.2)
SEMITONES = 11
STRETCH = (0.75, 1.25)
MASK_S = (1.0, 5.0)
MASK_BANDS = (1, 5)
_CHANCE = 0.5


def augmented(mel: Array, interest: Array, rng: np.random.Generator) -> Pair:
    """A changed copy of a whole song; `interest` has a value a frame."""
    changes: tuple[Callable[[], Pair], ...] = (
        lambda: stretched(mel, interest, float(rng.uniform(*STRETCH))),
        lambda: affine_in_time(mel, interest, float(rng.uniform(*AFFINE))),
        lambda: (affine_in_frequency(mel, float(rng.uniform(*AFFINE))), interest),
        lambda: (transposed(mel, int(rng.integers(-SEMITONES, SEMITONES + 1))), interest),
    )
    for change in changes:
        if rng.random() < _CHANCE:
            mel, interest = change()
    if rng.random() < _CHANCE:
        mel = seconds_lost(mel, float(rng.uniform(*MASK_S)), rng)
    if rng.random() < _CHANCE:
        mel = bands_lost(mel, int(rng.integers(MASK_BANDS[0], MASK_BANDS[1] + 1)), rng)
    return mel, interest


def crop(mel: Array, interest: Array, n_values: int, rng: np.random.Generator) -> Pair:
    """A stretch of `n_values` values of the curve, silence behind a song that is too short.

    Returns:
        float32 (n_values * 43, 128), and float32 (n_values,) in [0, 1].
    """
    n = n_values * CHUNK
    if len(mel) < n:
        mel = np.pad(mel, ((0, n - len(mel)), (0, 0)))
        interest = np.pad(interest, (0, n - len(interest)))
    start = int(rng.integers(len(mel) - n + 1))
    values = interest[start : start + n].reshape(n_values, CHUNK).mean(axis=1)
    return mel[start : start + n], np.clip(values, 0, 1).astype(np.float32)


def stretched(mel: Array, interest: Array, factor: float) -> Pair:
    """`factor` times as long."""
    at = np.arange(max(1, round(len(mel) * factor))) / factor
    return _at(mel, at), _at(interest[:, None], at)[:, 0]


def affine_in_time(mel: Array, interest: Array, factor: float) -> Pair:
    """`factor` times as long about the middle, cut or held at the ends to the length it had."""
    middle = (len(mel) - 1) / 2
    at = (np.arange(len(mel)) - middle) / factor + middle
    return _at(mel, at), _at(interest[:, None], at)[:, 0]


def affine_in_frequency(mel: Array, factor: float) -> Array:
    """Bands `factor` times as far from the middle one, mirrored at the ends."""
    middle = (N_MELS - 1) / 2
    at = np.abs((np.arange(N_MELS) - middle) / factor + middle)
    at = (N_MELS - 1) - np.abs((N_MELS - 1) - at)
    return np.ascontiguousarray(_at(mel.T, at).T)


def transposed(mel: Array, semitones: int) -> Array:
    """Every band takes what sounded `semitones` lower; nothing comes in from outside."""
    centres = band_centres_hz()
    sources = centres / 2 ** (semitones / 12)
    at = np.interp(sources, centres, np.arange(N_MELS))
    moved = _at(mel.T, at).T
    moved[:, (sources < centres[0] * 0.9) | (sources > centres[-1] * 1.1)] = 0
    return np.ascontiguousarray(moved)


def seconds_lost(mel: Array, seconds: float, rng: np.random.Generator) -> Array:
    """Silence of so many seconds at a place of chance."""
    n = min(len(mel), round(seconds * FRAMES_PER_S))
    start = int(rng.integers(len(mel) - n + 1))
    masked = mel.copy()
    masked[start : start + n] = 0
    return masked


def bands_lost(mel: Array, n: int, rng: np.random.Generator) -> Array:
    """So many neighbouring bands silent all along."""
    start = int(rng.integers(N_MELS - n + 1))
    masked = mel.copy()
    masked[:, start : start + n] = 0
    return masked


def _at(rows: Array, places: npt.NDArray[np.floating]) -> Array:
    """Rows between rows, held beyond the ends: (n_places, n_columns)."""
    places = np.clip(places, 0, len(rows) - 1)
    below = np.floor(places).astype(int)
    above = np.minimum(below + 1, len(rows) - 1)
    share = (places - below)[:, None].astype(np.float32)
    return np.asarray(rows[below] * (1 - share) + rows[above] * share, np.float32)
