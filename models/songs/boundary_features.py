"""Features of the smart strategy: half-second steps with context from seconds to a minute.

Everything is relative to the recording itself (its loud level, its noise floor), so that gain,
codec and room matter little, and everything is a running mean, so that time is linear in the
length.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d, percentile_filter, uniform_filter1d

from utawaku.models.segmentation import HOP_S, Segmentation
from utawaku.models.songs.features import SongFeatures

Array = npt.NDArray[np.float64]

STEP_HOPS = 5
STEP_S = STEP_HOPS * HOP_S

_CLIP_LOG_ODDS = 8.0
_WINDOWS = ((0, 2), (2, 8), (8, 24), (24, 80))
"""Steps before and after the boundary between step i-1 and step i."""
_NOVELTY_STEPS = (6, 20, 50)
_TALK_CLIP_S = 30.0
_BLOCK_STEPS = 4096


@dataclass(frozen=True)
class Cues:
    """Cues of a recording. Row i is about the instant i * STEP_S."""

    names: tuple[str, ...]
    matrix: npt.NDArray[np.float32]
    """(n_steps, n_cues)."""
    log_odds: Array
    """(n_steps,) music against everything else, 0 in silence, clipped."""
    silent: Array
    """(n_steps,) share of the step without energy."""
    level_db: Array
    """(n_hops,) power in dB relative to the recording's loud parts."""
    floor_db: float
    """The recording's noise floor on the scale of `level_db`."""


def per_step(values: Array) -> Array:
    """Mean of each `STEP_HOPS` hops, over what is not NaN; 0 where nothing is left."""
    n_steps = -(-len(values) // STEP_HOPS)
    padded = np.full((n_steps * STEP_HOPS, *values.shape[1:]), np.nan)
    padded[: len(values)] = values
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=RuntimeWarning)  # all-NaN steps are expected
        means = np.nanmean(padded.reshape(n_steps, STEP_HOPS, *values.shape[1:]), axis=1)
    result: Array = np.nan_to_num(means, nan=0.0)
    return result


def _window_means(values: Array) -> tuple[list[Array], list[Array]]:
    """Means over `_WINDOWS` before and after each instant; edges use what is there."""
    n = len(values)
    summed = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(n)

    def mean(low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> Array:
        low, high = np.clip(low, 0, n), np.clip(high, 0, n)
        return np.asarray((summed[high] - summed[low]) / np.maximum(high - low, 1))

    before = [mean(at - far, at - near) for near, far in _WINDOWS]
    after = [mean(at + near, at + far) for near, far in _WINDOWS]
    return before, after


def profile_of(frames: npt.NDArray[np.floating], n_hops: int, lowest: float) -> Array:
    """Mean shape of each step's spectrum, zero-mean: float (n_frames, n_bins) dB -> float64
    (n_steps, n_bins).

    Levels under `lowest` count as `lowest`; missing frames at the end repeat the last. Works in
    blocks: the frames of twelve hours would not fit at full precision.
    """
    n_steps = -(-n_hops // STEP_HOPS)
    out = np.zeros((n_steps, frames.shape[1]))
    for first in range(0, n_steps, _BLOCK_STEPS):
        hops = np.arange(first * STEP_HOPS, min((first + _BLOCK_STEPS) * STEP_HOPS, n_hops))
        block = frames[np.minimum(hops, len(frames) - 1)].astype(np.float64)
        means = per_step(np.maximum(block, lowest))
        out[first : first + len(means)] = means - means.mean(axis=1, keepdims=True)
    return out


def novelty(profile: Array, weights: Array, n_steps: int) -> Array:
    """Distance of the mean profile before and after each instant, in units of its spread.

    `profile` is float64 (n, n_bins), `weights` float64 (n,); the result is float64 (n,).
    """
    n = len(profile)
    at = np.arange(n)
    low, high = np.maximum(at - n_steps, 0), np.minimum(at + n_steps, n)
    counts = np.concatenate([[0.0], np.cumsum(weights)])
    n_before = np.maximum(counts[at] - counts[low], 1e-6)
    n_after = np.maximum(counts[high] - counts[at], 1e-6)
    total = np.zeros(n)
    for values in profile.T:
        summed = np.concatenate([[0.0], np.cumsum(values * weights)])
        squares = np.concatenate([[0.0], np.cumsum(values * values * weights)])
        before = (summed[at] - summed[low]) / n_before
        after = (summed[high] - summed[at]) / n_after
        spread = (squares[high] - squares[low] - n_before * before**2 - n_after * after**2) / (
            n_before + n_after
        )
        total += (before - after) ** 2 / (spread + 1.0)
    distance = np.sqrt(total / profile.shape[1])
    enough = (n_before > 0.3 * n_steps) & (n_after > 0.3 * n_steps)
    return np.where(enough, np.minimum(distance, 6.0), 0.0)


def _noise_floor(level_db: Array) -> float:
    """Level of the quietest hundredth, but not above -30 dB re the loud parts."""
    return float(np.clip(np.percentile(level_db, 1), -75.0, -30.0))


def cues_of(segmentation: Segmentation, features: SongFeatures | None) -> Cues:
    """All cues of a recording; those of `features` are 0 where there are none."""
    music = segmentation.probability_of("music").astype(np.float64)
    others = sum(
        segmentation.probability_of(label).astype(np.float64)
        for label in segmentation.labels
        if label != "music"
    )
    active = np.isfinite(music)
    with np.errstate(invalid="ignore"):
        odds = np.log(music + 1e-6) - np.log(others + 1e-6)
    odds = np.clip(odds, -_CLIP_LOG_ODDS, _CLIP_LOG_ODDS)
    log_odds = per_step(odds)
    silent = per_step((~active).astype(np.float64))

    n_hops = len(segmentation.energy_db)
    if features is not None and features.n_frames:
        pick = np.minimum(np.arange(n_hops), features.n_frames - 1)
        power = 10 ** (features.level_db.astype(np.float64) / 10)
        level = 10 * np.log10(power.mean(axis=1) + 1e-12)[pick]
        bands: npt.NDArray[np.floating] = features.bands_db
    else:
        features = None
        level = segmentation.energy_db.astype(np.float64)
        bands = segmentation.bands_db
    loud = float(np.percentile(level[active], 75)) if active.any() else 0.0
    level = np.clip(level - loud, -75.0, 15.0)
    floor_db = _noise_floor(level) if len(level) else -75.0
    low = percentile_filter(level, 10, 25, mode="nearest")
    high = percentile_filter(level, 90, 25, mode="nearest")
    level_step, low_step, high_step = per_step(level), per_step(low), per_step(high)
    above_floor = np.clip(low_step - floor_db, 0, 40)
    audible = (level_step > max(floor_db + 6, -50)).astype(np.float64)

    timbre = profile_of(bands, n_hops, float(bands.max(initial=-120.0)) - 90)

    channels: dict[str, Array] = {
        "odds": log_odds,
        "talk": (log_odds < -2.0).astype(np.float64),
        "silent": silent,
        "level": np.maximum(level_step, -50),
        "bed": above_floor,
        "range": np.minimum(high_step - low_step, 40),
    }
    if features is not None:
        channels["steady"] = per_step(features.steadiness.astype(np.float64)[pick])
        channels["tonal"] = per_step(features.flatness_db.astype(np.float64)[pick])
    names: list[str] = []
    columns: list[Array] = []
    for name, values in channels.items():
        before, after = _window_means(values)
        for (near, far), b, a in zip(_WINDOWS, before, after, strict=True):
            names += [f"{name} {near}-{far} before", f"{name} {near}-{far} after"]
            columns += [b, a]
    for span in _NOVELTY_STEPS:
        names.append(f"timbre change {span}")
        columns.append(novelty(timbre, audible, span))
    if features is not None:
        pitch_step = profile_of(features.pitch_db, n_hops, -np.inf)
        for span in _NOVELTY_STEPS:
            names.append(f"pitch change {span}")
            columns.append(novelty(pitch_step, audible, span))
    # how much was said before and will be said after: a countdown has no talk before it
    said = np.cumsum(channels["talk"]) * STEP_S
    names += ["said before", "said after"]
    columns.append(np.minimum(said, _TALK_CLIP_S))
    columns.append(np.minimum(said[-1] - said if len(said) else said, _TALK_CLIP_S))
    names.append("dip")
    columns.append(_dip(level, len(log_odds)))
    return Cues(
        tuple(names),
        np.stack(columns, axis=1).astype(np.float32),
        log_odds,
        silent,
        level,
        floor_db,
    )


def _dip(level: Array, n_steps: int) -> Array:
    """Lowest level within 0.5 s of each instant, relative to the 5 s around; (n_steps,)."""
    if not len(level):
        return np.zeros(0)
    lowest = minimum_filter1d(level, 2 * STEP_HOPS)[::STEP_HOPS]
    around = uniform_filter1d(level, 10 * STEP_HOPS * 2)[::STEP_HOPS]
    return np.asarray(np.maximum(lowest - around, -40.0)[:n_steps])
