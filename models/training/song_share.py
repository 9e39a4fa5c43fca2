"""Fit the weight of the sequence network (`models.songs.share`) on composed streams.

    python -m utawaku.models.training.song_share WORK --out models/songs

WORK holds streams as `song_data compose` leaves them, of sources that no test has. Networks of
the other half of the sources cut evenings cleaner where the sequence network decides alone, and
other streams much less clean. So a logistic curve tells evenings from other streams by the music
between the songs, and its threshold lies where the gain that it expects is as high as the loss.
Prints how many streams of each half a curve of the other half tells rightly, and writes
`share.json`. To be run again whenever a network is replaced.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.models.segmentation import Segmentation
from utawaku.models.songs.boundary_features import cues_of
from utawaku.models.songs.scorer import shipped_scorer
from utawaku.models.songs.sequence import shipped_sequence_scorer
from utawaku.models.songs.sequence_inputs import sequence_inputs
from utawaku.models.songs.share import SHARE_FILE, ShareCurve, music_between
from utawaku.models.training.logistic import logistic_curve
from utawaku.models.training.song_data import EVENINGS, pair_names
from utawaku.models.training.song_splices import features_of

GAIN, LOSS = 0.03, 0.10
"""Clean F1 that an evening gains, and another stream loses, where the sequence network decides
alone: by halves of the sources (`benchmarks/RESULTS.md`, "Evenings")."""
_SHARPNESS = 4.0
"""Halfway is no good compromise for a stream of either kind: the weight changes faster than the
chance, yet without a jump."""


@dataclass(frozen=True)
class Told:
    """A composed stream and what is heard between its songs."""

    half: str
    is_evening: bool
    music: float
    """As `music_between` tells it."""


def told_of(name: str, segmentation: Segmentation) -> Told:
    """Listen to a composed stream; its name tells its make and its half of the sources.

    Raises:
        ValueError: the segmentation has no song features.
    """
    make, half, _seed = name.split("_")
    features = features_of(segmentation)
    if features is None:
        raise ValueError(f"{name} has no song features")
    cues = cues_of(segmentation, features)
    by_cues = shipped_scorer(True).score(cues.matrix)
    heard = shipped_sequence_scorer().score(sequence_inputs(features, cues))
    return Told(half, make in EVENINGS, music_between(by_cues, heard, cues.silent))


def fitted_share(streams: Sequence[Told]) -> ShareCurve:
    """The curve for streams of both kinds, each kind counting the same."""
    slope, constant = _chance(streams)
    return ShareCurve((np.log(LOSS / GAIN) - constant) / slope, _SHARPNESS * slope)


def told_rightly(streams: Sequence[Told]) -> Mapping[str, tuple[int, int]]:
    """For each half how many of its streams a curve of the other half tells rightly, and of how
    many.
    """
    found = {}
    for half in sorted({stream.half for stream in streams}):
        slope, constant = _chance([stream for stream in streams if stream.half != half])
        own = [stream for stream in streams if stream.half == half]
        right = [(slope * one.music + constant > 0) == one.is_evening for one in own]
        found[half] = sum(right), len(own)
    return found


def _chance(streams: Sequence[Told]) -> tuple[float, float]:
    """Slope and constant of the log-odds that a stream is an evening."""
    values = np.array([[stream.music] for stream in streams], np.float64)
    evenings = np.array([stream.is_evening for stream in streams], np.float64)
    share = evenings.mean()
    counts = np.where(evenings > 0, 0.5 / share, 0.5 / (1 - share))
    slope, constant = logistic_curve(values, evenings, counts)
    return float(slope), float(constant)


def main() -> None:
    """Run the command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("work", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    streams = [
        told_of(name, Segmentation.load(options.work / f"{name}.npz"))
        for name in pair_names(options.work)
    ]
    for half, (right, n) in told_rightly(streams).items():
        sys.stdout.write(f"half {half}: {right} of {n} told rightly by the other half\n")
    curve = fitted_share(streams)
    curve.save(options.out / SHARE_FILE.name)
    sys.stdout.write(f"halfway at {curve.threshold:.3f} of music between songs\n")


if __name__ == "__main__":
    main()
