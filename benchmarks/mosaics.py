"""Fingerprints of songs that never were, in any number: pieces of real recordings, moved about.

Each number is one song for ever. Its peaks come from pieces of 6 to 14 s of real constellations,
each transposed by up to six semitones, stretched by up to a tenth, thinned and jittered by a frame,
so that keys and pairs have the joint distribution of music, and no two songs share a passage that
lies in both at one transposition, tempo and offset for longer than a piece.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from utawaku.models.fingerprint import ChromaSequence, Constellation, Fingerprint
from utawaku.models.fingerprint.chroma import STEP_S
from utawaku.models.fingerprint.constellation import BINS_PER_SEMITONE, FRAME_S, N_BINS

KEPT = 0.85
"""Share of a piece's peaks that stay."""


def mosaic(number: int, sources: Sequence[Fingerprint], *, seconds: float = 240.0) -> Fingerprint:
    """The made-up song of this number out of `sources`."""
    rng = np.random.default_rng([number, 11])
    frames, bins, strengths, steps = [], [], [], []
    at, n_frames = 0, round(seconds / FRAME_S)
    while at < n_frames:
        source = sources[int(rng.integers(len(sources)))]
        length = min(round(rng.uniform(6, 14) / FRAME_S), source.peaks.n_frames)
        stretch = rng.uniform(0.9, 1.1)
        semitones = int(rng.integers(-6, 7))
        first = int(rng.integers(0, source.peaks.n_frames - length + 1))
        a, b = np.searchsorted(source.peaks.frame, [first, first + length])
        frame = np.rint((source.peaks.frame[a:b].astype(np.int64) - first) * stretch) + at
        frame += rng.integers(-1, 2, len(frame))
        column = source.peaks.bin[a:b].astype(np.int64) + semitones * BINS_PER_SEMITONE
        kept = (rng.random(len(frame)) < KEPT) & (column >= 0) & (column < N_BINS)
        kept &= (frame >= 0) & (frame < n_frames)
        frames.append(frame[kept])
        bins.append(column[kept])
        strengths.append(source.peaks.strength[a:b][kept])
        chroma_first = round(first * FRAME_S / STEP_S)
        chroma = source.chroma.vectors[
            chroma_first : chroma_first + round(length * FRAME_S / STEP_S)
        ]
        steps.append(np.roll(chroma, semitones, axis=1))
        at += max(round(length * stretch), 1)
    frame = np.concatenate(frames).astype(np.int64)
    order = np.argsort(frame, kind="stable")
    peaks = Constellation(
        frame[order].astype(np.uint16),
        np.concatenate(bins)[order].astype(np.uint8),
        np.concatenate(strengths)[order].astype(np.uint8),
        n_frames,
    )
    return Fingerprint(peaks, ChromaSequence(np.ascontiguousarray(np.concatenate(steps))))
