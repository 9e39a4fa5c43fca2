"""Scores of single patches by the network as it was trained: the reference arithmetic.

Slot t (20 ms) is judged by the patch of 68 frames that begins at frame 2 * clip(t - 17, 0, last),
normalised by its own mean and deviation.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnxruntime

from utawaku.models.segmenter.network import N_INPUT_BANDS, PATCH_FRAMES

_LEAD_SLOTS = PATCH_FRAMES // 4
_BATCH = 64
_SMALLEST_FLOAT = np.float32(np.finfo(np.float32).tiny)


class Frames(Protocol):
    """Log-mel frames that can be read in any order."""

    n_frames: int

    def read(self, start: int, stop: int) -> np.ndarray:
        """Frames [start, stop), float32 (n_frames, 21)."""
        ...


@dataclass(frozen=True)
class PatchGrid:
    """The patch for each slot in a recording of `n_frames` frames (at least 68)."""

    n_frames: int

    @property
    def n_patches(self) -> int:
        """Patches that begin on every second frame."""
        return (self.n_frames - PATCH_FRAMES) // 2 + 1

    def patch_of(self, slots: np.ndarray) -> np.ndarray:
        """Patch numbers of `slots`.

        Both are int (n_slots,).
        """
        result: np.ndarray = np.clip(slots - _LEAD_SLOTS, 0, self.n_patches - 1)
        return result


def log_probabilities(logits: np.ndarray) -> np.ndarray:
    """float32 (n, n_labels): logarithm of the softmax taken in single precision.

    The logarithm of a rounded probability is what inaSpeechSegmenter searches on, so a probability
    too small for a normal float32 counts as zero here too, and its logarithm as -inf. Rows of NaN
    (patches that could not be judged) give every label the probability 0.5, as there.
    """
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability = raised / raised.sum(axis=1, keepdims=True)
    probability[probability < _SMALLEST_FLOAT] = 0
    probability[np.isnan(logits[:, 0])] = 0.5
    with np.errstate(divide="ignore"):
        result: np.ndarray = np.log(probability)
        return result


class PatchScorer:
    """Evaluates any set of patches exactly."""

    def __init__(self, session: onnxruntime.InferenceSession, n_labels: int, threads: int) -> None:
        self._session = session
        self._threads = threads
        self.n_labels = n_labels

    def logits(self, frames: Frames, patches: np.ndarray) -> np.ndarray:
        """float32 (n, n_labels) for sorted `patches`; NaN where a frame is not finite."""
        out = np.empty((len(patches), self.n_labels), np.float32)
        spans = list(_batches(patches))

        def work(span: tuple[int, int]) -> None:
            start, stop = span
            out[start:stop] = self._batch(frames, patches[start:stop])

        if self._threads == 1 or len(spans) == 1:
            for span in spans:
                work(span)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                for _ in pool.map(work, spans):
                    pass
        return out

    def _batch(self, frames: Frames, patches: np.ndarray) -> np.ndarray:
        first = 2 * int(patches[0])
        mel = frames.read(first, 2 * int(patches[-1]) + PATCH_FRAMES)
        width = PATCH_FRAMES * N_INPUT_BANDS
        windows = np.lib.stride_tricks.sliding_window_view(mel.reshape(-1), width)
        data = windows[(2 * patches - first) * N_INPUT_BANDS]
        with np.errstate(invalid="ignore", divide="ignore"):
            centred = data - data.mean(axis=1, keepdims=True)
            normal = centred / data.std(axis=1, keepdims=True)
        finite = np.isfinite(normal).all(axis=1)
        logits = np.full((len(patches), self.n_labels), np.nan, np.float32)
        if finite.any():
            shaped = normal[finite].reshape(-1, 1, PATCH_FRAMES, N_INPUT_BANDS)
            logits[finite] = self._session.run(None, {"patches": shaped})[0]
        return logits


def _batches(patches: np.ndarray) -> Iterable[tuple[int, int]]:
    """Split sorted patches into batches that stay small in count and in the span they read."""
    start = 0
    while start < len(patches):
        stop = min(start + _BATCH, len(patches))
        limit = np.searchsorted(patches, patches[start] + 8 * _BATCH)
        stop = min(stop, max(int(limit), start + 1))
        yield start, stop
        start = stop
