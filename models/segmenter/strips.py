"""Scores of all patches at a fraction of the price: one convolution over a strip of sound.

Neighbouring patches share 66 of 68 frames and differ only in their normalisation. Where means and
deviations of a group of patches are close, one shared normalisation (their centre) turns the
network into a plain convolution over the group's whole strip, which yields an output every second
slot for little more than the price of one patch. The slots between are interpolated.

The result is approximate. How far it can be off grows with the distance between a patch's own
normalisation and the shared one, and is given with every score as `error`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import onnxruntime

from utawaku.models.segmenter.network import N_INPUT_BANDS, PATCH_FRAMES
from utawaku.models.segmenter.strip_graph import STEP_SLOTS

_GROUPS = (64, 32, 16)
"""Slots a strip, widest first; the last one is taken whatever its error."""

_WIDEST = 0.6
"""Largest distance of normalisations that a wider strip may hold."""

ERRORS = {"sm": (2.0, 18.0), "smn": (1.0, 9.0)}
"""Error in nats: so much at no distance (rounding, interpolation), so much more a unit of distance.

Measured against exact scores on two streams of speech, song, crowd and jingles: of single errors
96% (at the least distances) to 99.9% are within it, their median is a fifth of it. Decisions hang
on sums of many, where single excesses drown.
"""


@dataclass(frozen=True)
class StripScores:
    """Approximate scores of consecutive patches."""

    logits: np.ndarray
    """float32 (n, n_labels); NaN where a frame is not finite."""
    error: np.ndarray
    """float32 (n,): how far, in nats, a difference of two logits may be off; 0 where exact."""

    @classmethod
    def join(cls, parts: Sequence["StripScores"]) -> "StripScores":
        """Consecutive parts as one."""
        return cls(
            np.concatenate([part.logits for part in parts]),
            np.concatenate([part.error for part in parts]),
        )


class StripScorer:
    """Scores patches approximately, as their frames arrive.

    `push` may be given frames in pieces of any size; patches come out as soon as the strips that
    hold them are complete, `finish` gives the rest.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        error: tuple[float, float],
        pool: Executor,
    ) -> None:
        self._error_base, self._error_slope = error
        self._session = session
        self._n_labels = session.get_outputs()[0].shape[1]
        self._pool = pool
        self._rest = np.zeros((0, N_INPUT_BANDS), np.float32)

    def push(self, mel: np.ndarray) -> StripScores:
        """Score the patches completed by `mel`, float32 (n_frames, 21)."""
        mel = np.concatenate([self._rest, mel])
        n_patches = (len(mel) - PATCH_FRAMES) // 2 + 1
        # Interpolation needs the output after the last slot of a strip: two slots stay behind.
        n_whole = max(0, (n_patches - STEP_SLOTS) // _GROUPS[0] * _GROUPS[0])
        self._rest = mel[2 * n_whole :].copy()
        return self._score(mel, n_whole, n_patches)

    def finish(self) -> StripScores:
        """Score what is left."""
        mel, self._rest = self._rest, np.zeros((0, N_INPUT_BANDS), np.float32)
        n_patches = max(0, (len(mel) - PATCH_FRAMES) // 2 + 1)
        return self._score(mel, n_patches, n_patches)

    def _score(self, mel: np.ndarray, n_scored: int, n_patches: int) -> StripScores:
        logits = np.full((n_scored, self._n_labels), np.nan, np.float32)
        error = np.zeros(n_scored, np.float32)
        if not n_scored:
            return StripScores(logits, error)
        norms = _Normalisations.of(mel, n_patches)
        filled = np.where(np.isfinite(mel), mel, norms.floor)

        def work(span: tuple[int, int]) -> None:
            start, stop = span
            mean, log_deviation = norms.centre(start, stop)
            last = min(start + -(-(stop - start) // STEP_SLOTS) * STEP_SLOTS, n_patches - 1)
            n_outputs = (last - start) // STEP_SLOTS + 1
            frames = filled[2 * start : 2 * (start + (n_outputs - 1) * STEP_SLOTS) + PATCH_FRAMES]
            strip = (frames - np.float32(mean)) * np.float32(np.exp(-log_deviation))
            outputs = self._session.run(None, {"strip": strip[None, None]})[0]
            logits[start:stop] = _interpolated(outputs, stop - start)
            distance = norms.distance(slice(start, stop), mean, log_deviation)
            error[start:stop] = self._error_base + self._error_slope * distance

        for _ in self._pool.map(work, norms.spans(n_scored)):
            pass
        logits[~norms.finite[:n_scored]] = np.nan
        error[~norms.finite[:n_scored]] = 0
        return StripScores(logits, error)


def _interpolated(outputs: np.ndarray, n: int) -> np.ndarray:
    """n rows out of one every `STEP_SLOTS`; beyond the last one its value holds."""
    at = np.arange(n) / STEP_SLOTS
    low = np.minimum(at.astype(int), len(outputs) - 1)
    high = np.minimum(low + 1, len(outputs) - 1)
    share = (at - low).astype(np.float32)[:, None]
    result: np.ndarray = outputs[low] * (1 - share) + outputs[high] * share
    return result


@dataclass(frozen=True)
class _Normalisations:
    """Mean and log deviation of every patch, float64 (n_patches,)."""

    mean: np.ndarray
    log_deviation: np.ndarray
    finite: np.ndarray
    """bool (n_patches,): every frame is finite and not all values are equal."""
    floor: float
    """Stands in for values that are not finite."""

    @classmethod
    def of(cls, mel: np.ndarray, n_patches: int) -> "_Normalisations":
        good = np.isfinite(mel).all(axis=1)
        floor = float(mel[good].min()) if good.any() else 0.0
        values = np.where(good[:, None], mel, 0.0).astype(np.float64)
        n_values = PATCH_FRAMES * N_INPUT_BANDS
        mean = _window_sums(values.sum(axis=1), n_patches) / n_values
        square = _window_sums(np.square(values).sum(axis=1), n_patches) / n_values
        variance = square - np.square(mean)
        finite = _window_sums(good.astype(np.float64), n_patches) > PATCH_FRAMES - 0.5
        # A patch of equal values has no deviation: running sums leave only rounding of it.
        finite &= variance > 1e-9 * np.maximum(square, 1e-30)
        log_deviation = 0.5 * np.log(np.where(finite, variance, 1.0))
        return cls(mean, log_deviation, finite, floor)

    def centre(self, start: int, stop: int) -> tuple[float, float]:
        """Shared normalisation of patches [start, stop)."""
        finite = self.finite[start:stop]
        if not finite.any():
            return 0.0, 0.0
        return (
            float(self.mean[start:stop][finite].mean()),
            float(self.log_deviation[start:stop][finite].mean()),
        )

    def distance(self, span: slice, mean: float, log_deviation: float) -> np.ndarray:
        """Return how far the own normalisations of the patches in `span` are from a shared one."""
        shift = np.abs(self.mean[span] - mean) * np.exp(-log_deviation)
        distance = shift + np.abs(self.log_deviation[span] - log_deviation)
        return np.where(self.finite[span], distance, 0.0)

    def spans(self, n: int) -> Iterator[tuple[int, int]]:
        """Cut patches [0, n) into strips, each as wide as `_WIDEST` allows."""
        for start in range(0, n, _GROUPS[0]):
            yield from self._split(start, min(start + _GROUPS[0], n), 0)

    def _split(self, start: int, stop: int, level: int) -> Iterator[tuple[int, int]]:
        if start >= stop or not self.finite[start:stop].any():
            return
        if level + 1 < len(_GROUPS):
            widest = self.distance(slice(start, stop), *self.centre(start, stop)).max()
            if widest > _WIDEST:
                width = _GROUPS[level + 1]
                for at in range(start, stop, width):
                    yield from self._split(at, min(at + width, stop), level + 1)
                return
        yield start, stop


def _window_sums(rows: np.ndarray, n_patches: int) -> np.ndarray:
    """Sum of `rows` over the frames of each patch, float64 (n_patches,)."""
    running = np.concatenate(([0.0], np.cumsum(rows)))
    first = 2 * np.arange(n_patches)
    return running[first + PATCH_FRAMES] - running[first]
