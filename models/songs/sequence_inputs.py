"""Inputs of the sequence network: the sound of each half second, relative to the recording."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.boundary_features import (
    STEP_HOPS,
    Cues,
    novelty,
    per_step,
    profile_of,
)
from utawaku.models.songs.features import LEVELS_PER_HOP, N_BANDS, N_SEMITONES, SongFeatures

Array = npt.NDArray[np.float32]

_CHANGES = tuple(f"{kind} change {steps}" for kind in ("timbre", "pitch") for steps in (6, 20, 50))
_BACKING_STEPS = (8, 16)
"""4 and 8 seconds: what is always there over so long is the backing, not the voice."""
_CHROMA_STEPS = (20, 50, 100)
_TIMBRE_STEPS = 100
_GROUP = 4
"""Neighbouring bands whose backing is told together."""
_BLOCK_STEPS = 2_048
_HEARD_DB = -40.0
BANDS = slice(0, N_BANDS)
"""Columns of the mean level in each band."""
PITCHES = slice(2 * N_BANDS, 2 * N_BANDS + N_SEMITONES)
"""Columns of the level around each semitone."""
_FIRST_REST = 2 * N_BANDS + N_SEMITONES + 8
_FIRST_LONG = _FIRST_REST + 4 + len(_CHANGES) + 1 + 3 * len(_BACKING_STEPS)
_FIRST_GROUP = _FIRST_LONG + len(_CHROMA_STEPS) + 1
N_GROUPS = N_BANDS // _GROUP
N_INPUTS = _FIRST_GROUP + 2 * N_GROUPS
BACKINGS = (
    slice(_FIRST_GROUP, _FIRST_GROUP + N_GROUPS),
    slice(_FIRST_GROUP + N_GROUPS, N_INPUTS),
)
"""Columns of the backing's level in each group of bands, before and after the instant."""
LEVELS = (
    *range(N_BANDS),
    _FIRST_REST + 3,
    *(
        _FIRST_REST + 5 + len(_CHANGES) + 3 * number + side
        for number in range(len(_BACKING_STEPS))
        for side in (0, 1)
    ),
    *range(_FIRST_GROUP, N_INPUTS),
)
"""Columns that a gain of the recording against its loud parts would move."""


def sequence_inputs(features: SongFeatures, cues: Cues) -> Array:
    """Inputs of each half second: float32 (n_steps, N_INPUTS).

    Mean and spread of the level in each band, the level around each semitone, how level and
    spectrum move, the speech/music network's odds, changes over 3 to 50 s, and the level of the
    backing before and after the instant, whole and in groups of bands. Works in blocks: twelve
    hours need little memory.
    """
    n_hops = len(cues.level_db)
    n_steps = -(-n_hops // STEP_HOPS)
    out = np.zeros((n_steps, N_INPUTS), np.float32)
    reference_db = _reference_db(features, cues)
    for first in range(0, n_steps, _BLOCK_STEPS):
        last = min(first + _BLOCK_STEPS, n_steps)
        hops = np.arange(first * STEP_HOPS, last * STEP_HOPS)
        hops = np.minimum(hops, min(n_hops, features.n_frames) - 1)
        out[first:last, :_FIRST_REST] = _sound(features, hops, reference_db)
    level = per_step(np.maximum(cues.level_db, -60.0))
    names = list(cues.names)
    rest = [
        cues.log_odds,
        cues.silent,
        np.minimum(level - cues.floor_db, 40.0),
        level,
        *(cues.matrix[:, names.index(name)] for name in _CHANGES),
        cues.matrix[:, names.index("dip")],
        *_backing(level),
    ]
    out[:, _FIRST_REST:_FIRST_LONG] = np.stack(rest, axis=1)
    out[:, _FIRST_LONG:_FIRST_GROUP] = _long_changes(features, cues, level)
    groups = out[:, BANDS].reshape(n_steps, N_GROUPS, _GROUP).mean(axis=2)
    for group, values in enumerate(groups.T):
        before, after, _step = _quarters(values, _BACKING_STEPS[-1])
        out[:, BACKINGS[0].start + group] = before
        out[:, BACKINGS[1].start + group] = after
    return out


def _long_changes(
    features: SongFeatures, cues: Cues, level: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return how keys and timbre differ around each instant: float64 (n_steps, n_columns).

    Keys are told by the twelve pitch classes over up to 50 s on each side, so that two songs
    without a gap differ where two lines of one song do not.
    """
    n_hops = len(cues.level_db)
    audible = (level > max(cues.floor_db + 6, -50)).astype(np.float64)
    octaves = features.pitch_db.reshape(-1, N_SEMITONES // 12, 12)
    chroma = profile_of(octaves.max(axis=1), n_hops, -np.inf)
    lowest = float(features.bands_db.max(initial=-120.0)) - 90
    timbre = profile_of(features.bands_db, n_hops, lowest)
    found = [novelty(chroma, audible, n) for n in _CHROMA_STEPS]
    return np.stack([*found, novelty(timbre, audible, _TIMBRE_STEPS)], axis=1)


def _reference_db(features: SongFeatures, cues: Cues) -> tuple[float, float]:
    """Level of the recording's loud parts in dB: in their loudest bands, and of 25 ms."""
    heard = np.flatnonzero(cues.level_db[: features.n_frames] > _HEARD_DB)
    if not len(heard):
        return 0.0, 0.0
    bands = np.asarray(features.bands_db[heard], np.float32).max(axis=1)
    level = np.asarray(features.level_db[heard], np.float32).max(axis=1)
    return float(np.percentile(bands, 75)), float(np.percentile(level, 75))


def _sound(
    features: SongFeatures, hops: npt.NDArray[np.int64], reference_db: tuple[float, float]
) -> Array:
    """Columns about the sound itself: float32 (n_steps, n_columns) for hops (n_steps * 5,)."""
    bands = np.clip(features.bands_db[hops].astype(np.float32) - reference_db[0], -70, 10)
    bands = bands.reshape(-1, STEP_HOPS, N_BANDS)
    pitch = features.pitch_db[hops].astype(np.float32)
    pitch = np.maximum(pitch, pitch.max(axis=1, keepdims=True) - 40)
    pitch -= pitch.mean(axis=1, keepdims=True)
    pitch = pitch.reshape(-1, STEP_HOPS, N_SEMITONES)
    level = np.maximum(features.level_db[hops] - reference_db[1], -60.0)
    level = level.reshape(-1, STEP_HOPS * LEVELS_PER_HOP)
    columns = [
        bands.mean(axis=1),
        bands.std(axis=1),
        pitch.mean(axis=1),
        np.stack(
            [
                level.std(axis=1),
                level.max(axis=1) - level.min(axis=1),
                np.abs(np.diff(level, axis=1)).mean(axis=1),
                np.abs(np.diff(pitch, axis=1)).mean(axis=(1, 2)),
                np.abs(np.diff(bands, axis=1)).mean(axis=(1, 2)),
                pitch.max(axis=2).mean(axis=1),
                features.steadiness[hops].astype(np.float32).reshape(-1, STEP_HOPS).mean(axis=1),
                features.flatness_db[hops].astype(np.float32).reshape(-1, STEP_HOPS).mean(axis=1),
            ],
            axis=1,
        ),
    ]
    return np.concatenate(columns, axis=1, dtype=np.float32)


def _backing(level: npt.NDArray[np.float64]) -> list[npt.NDArray[np.floating]]:
    """25th percentile of the level before and after each instant, and the step from one to the
    other: three arrays (n_steps,) for each of `_BACKING_STEPS`.
    """
    return [values for n in _BACKING_STEPS for values in _quarters(level, n)]


def _quarters(values: npt.NDArray[np.floating], n: int) -> list[npt.NDArray[np.floating]]:
    """25th percentile of `n` steps before and after each instant, and the step between them."""
    padded = np.concatenate([np.full(n, values[0]), values, np.full(n, values[-1])])
    windows = np.lib.stride_tricks.sliding_window_view(padded, n)
    quarter = np.partition(windows, n // 4, axis=1)[:, n // 4]
    before, after = quarter[: len(values)], quarter[n : n + len(values)]
    return [before, after, after - before]
