"""A query's peaks are laid on a recording's: what is counted is what lies on what."""

from __future__ import annotations

import numpy as np
import pytest

from utawaku.models.fingerprint import Constellation
from utawaku.models.fingerprint.constellation import N_BINS
from utawaku.models.fingerprint.match import Aligner, _count, raster_of


def peaks(seed: int, n: int, n_frames: int) -> Constellation:
    rng = np.random.default_rng(seed)
    frame = np.sort(rng.integers(0, n_frames, n)).astype(np.uint16)
    column = rng.integers(0, N_BINS, n).astype(np.uint8)
    return Constellation(frame, column, np.full(n, 10, np.uint8), n_frames)


@pytest.mark.parametrize(("shift", "tempo"), [(0, 0.0), (5, 0.03), (-18, -0.06)])
def test_hits_are_peaks_within_a_frame_and_a_bin_of_others(shift: int, tempo: float) -> None:
    song, query = peaks(1, 900, 700), peaks(2, 80, 300)
    placed = Aligner(query)._placed(shift, tempo)
    # The last ones reach beyond both ends of the song.
    offsets = np.array([350, 353, 20, 690, -300, 1100])
    raster = raster_of(song)
    expected = []
    for offset in offsets.tolist():
        n_hits = 0
        for frame, column in zip(query.frame.tolist(), query.bin.tolist(), strict=True):
            at = round((frame - 150) * (1 + tempo)) + offset
            moved = column - shift
            near = np.abs(song.frame.astype(int) - at) <= 1
            near &= np.abs(song.bin.astype(int) - moved) <= 1
            n_hits += bool(0 <= moved < N_BINS and near.any())
        expected.append(n_hits)
    assert _count(raster, placed, offsets).tolist() == expected
    assert max(expected) > 0
