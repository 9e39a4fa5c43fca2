"""Chroma: how loud each of the twelve pitch classes is, over time.

Made from the same spectrogram as the peaks, normalised and smoothed in the manner of CENS (Müller,
Kurth and Clausen 2005): it says which harmonies follow each other and little else, so that a song
played again by other hands still resembles itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.library.errors import FingerprintError
from utawaku.models.fingerprint.constellation import BINS_PER_SEMITONE, FRAME_S, N_BINS

FRAMES_PER_STEP = 16
STEP_S = FRAMES_PER_STEP * FRAME_S
"""One chroma vector about every half second."""

PATCH_STEPS = 64
SUMMARY_SIZE = 12 * (PATCH_STEPS // 2 + 1)

_STEPS = np.array([0.05, 0.1, 0.2, 0.4])


@dataclass(frozen=True)
class ChromaSequence:
    """Chroma vectors, uint8 (n_steps, 12), each scaled to its largest value."""

    vectors: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.vectors)

    def to_bytes(self) -> bytes:
        """The vectors, row by row."""
        return self.vectors.tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> ChromaSequence:
        """Inverse of `to_bytes`. Raises FingerprintError for another length."""
        if len(data) % 12:
            raise FingerprintError("stored chroma is damaged", next_step="Add the recording again")
        return ChromaSequence(np.frombuffer(data, dtype=np.uint8).reshape(-1, 12))

    def unit(self) -> NDArray[np.float32]:
        """Vectors of length one, float32 (n_steps, 12); silence stays zero."""
        vectors = self.vectors.astype(np.float32)
        norm = np.linalg.norm(vectors, axis=1, keepdims=True)
        result: NDArray[np.float32] = vectors / np.maximum(norm, 1e-6)
        return result


def chroma_of(level: NDArray[np.float32]) -> ChromaSequence:
    """Chroma from a log spectrogram in dB, float32 (n_frames, N_BINS)."""
    if len(level) < FRAMES_PER_STEP:
        return ChromaSequence(np.zeros((0, 12), np.uint8))
    # What stands out of its surroundings within an octave, so that timbre does not count.
    power = np.maximum(level - level.mean(axis=1, keepdims=True), 0.0)
    classes = (np.arange(N_BINS) // BINS_PER_SEMITONE) % 12
    fold = np.zeros((N_BINS, 12), dtype=np.float32)
    fold[np.arange(N_BINS), classes] = 1.0
    chroma = power @ fold
    total = chroma.sum(axis=1, keepdims=True)
    share = np.divide(chroma, total, out=np.zeros_like(chroma), where=total > 0)
    quantised = np.searchsorted(_STEPS, share.ravel()).reshape(share.shape).astype(np.float32)
    mixed = quantised + share * 2
    window = np.hanning(4 * FRAMES_PER_STEP + 1)
    window /= window.sum()
    smooth = np.apply_along_axis(np.convolve, 0, mixed, window, "same")
    steps = smooth[FRAMES_PER_STEP // 2 :: FRAMES_PER_STEP]
    # Distance to the vector's own mean: what every chord shares tells nothing.
    steps = np.maximum(steps - steps.mean(axis=1, keepdims=True), 0.0)
    top = steps.max(axis=1, keepdims=True)
    scaled = np.divide(steps, top, out=np.zeros_like(steps), where=top > 0)
    return ChromaSequence(np.rint(scaled * 255).astype(np.uint8))


def summary_of(chroma: ChromaSequence) -> NDArray[np.float16]:
    """A song in one vector, float16 (SUMMARY_SIZE,): median 2-D Fourier magnitude of its patches.

    Magnitudes do not change when the song is transposed (a rotation of the pitch classes) or when
    a patch begins elsewhere (after Bertin-Mahieux and Ellis 2012). Of length one; zero for songs
    shorter than a patch.
    """
    vectors = chroma.unit()
    if len(vectors) < PATCH_STEPS:
        return np.zeros(SUMMARY_SIZE, np.float16)
    patches = np.lib.stride_tricks.sliding_window_view(vectors, PATCH_STEPS, axis=0)[::8]
    magnitude = np.abs(np.fft.rfft2(patches, axes=(1, 2)))
    magnitude[:, 0, 0] = 0.0
    middle = np.median(np.sqrt(magnitude), axis=0).ravel()
    return (middle / max(float(np.linalg.norm(middle)), 1e-6)).astype(np.float16)
