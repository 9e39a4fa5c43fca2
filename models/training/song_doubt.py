"""Fit how sure a cut is (`models.songs.doubt`) on segmented streams with truth.

    python -m utawaku.models.training.song_doubt WORK... --out models/songs

Each WORK holds pairs `NAME.npz` and `NAME.truth.json`, as `song_data compose` leaves them, of
streams that the networks were not trained on. Prints how far what is said is true, each stream
judged by curves that were fitted on the others, and writes `doubt.json`. To be run again whenever
the networks are replaced.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from utawaku.library.identity import overlap_s
from utawaku.models.segmentation import HOP_S, Segmentation
from utawaku.models.songs.doubt import (
    DOUBT_FILE,
    KINDS,
    Chances,
    Doubt,
    doubt_cues,
    right_ends,
)
from utawaku.models.songs.rules import SongRules
from utawaku.models.songs.smart import hear, kept_spans, steps_of
from utawaku.models.training.logistic import logistic_curve
from utawaku.models.training.song_data import stored_pairs

BINS = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0)
"""Limits between which a table of reliability counts."""
RAISING = frozenset({"start", "stop", "sounds", "least", "edge", "inside"})
LOWERING = frozenset({"inner", "outside", "rival"})
"""Cues that can only speak for a cut, and only against it. Where few finds say otherwise it is by
chance: a cue is left out, lest a song with talk in its middle be the surer for it."""

_NEIGHBOURS_WITHIN_S = 60.0
_TWO_SONGS = {"song": False, "start": True, "stop": True}
_MADE_UP_WEIGHT = 0.05
"""Weight of a made-up find of two songs: all of them together count like a few real finds."""


@dataclass(frozen=True)
class Judged:
    """A found song of a stream with truth."""

    stream: int
    cues: Mapping[str, Mapping[str, float]]
    """As `doubt_cues` tells them."""
    right: Mapping[str, bool]
    """For each of `KINDS` whether it is as the truth has it."""
    weight: float = 1.0
    """Weight of the find; a made-up one counts less than a real one."""


@dataclass(frozen=True)
class ReliabilityRow:
    """A range of what was said, and the share of it that was true."""

    low: float
    high: float
    n: int
    said: float
    """Mean of what was said."""
    right: float
    """Share that was right."""


def right_of(span: tuple[float, float], songs: Sequence[tuple[float, float]]) -> dict[str, bool]:
    """For each of `KINDS` whether a found span, in seconds, is as the song has it that it holds."""
    shared_s = [overlap_s(*span, *song) for song in songs]
    if not any(shared_s):
        return dict.fromkeys(KINDS, False)
    starts, stops = right_ends(span, songs[int(np.argmax(shared_s))])
    return {"song": starts and stops, "start": starts, "stop": stops}


def judged_finds(pairs: Iterable[tuple[Segmentation, Mapping[str, Any]]]) -> list[Judged]:
    """All finds of the smart strategy on streams with truth, and finds that would be two songs.

    The streams are numbered in order. Finds of two songs in one hardly occur, so a curve would not
    learn from real ones what speaks against them: each two neighbours are one made-up find.
    """
    rules, found = SongRules(), []
    for number, (segmentation, truth) in enumerate(pairs):
        hearing = hear(segmentation, rules)
        songs = [(song["start"], song["end"]) for song in truth["songs"]]
        for span in kept_spans(hearing, rules):
            cues = doubt_cues(hearing.evidence, *steps_of(span))
            right = right_of((span[0] * HOP_S, span[1] * HOP_S), songs)
            found.append(Judged(number, cues, right))
        for one, other in pairwise(sorted(songs)):
            if other[0] - one[1] > _NEIGHBOURS_WITHIN_S:
                continue
            span = round(one[0] / HOP_S), round(other[1] / HOP_S)
            cues = doubt_cues(hearing.evidence, *steps_of(span))
            found.append(Judged(number, cues, _TWO_SONGS, _MADE_UP_WEIGHT))
    return found


def real_ones(finds: Sequence[Judged]) -> list[int]:
    """Places of the finds that are not made up."""
    return [place for place, find in enumerate(finds) if find.weight == 1.0]


def fitted_doubt(finds: Sequence[Judged]) -> Doubt:
    """Curves fitted on all finds: logistic regression with a ridge on standardised cues."""
    return Doubt({kind: _curve(finds, kind) for kind in KINDS})


def said_by_others(finds: Sequence[Judged]) -> list[Chances]:
    """The chances that curves fitted on the other streams give each find, in their order."""
    streams = sorted({find.stream for find in finds})
    fitted = {
        stream: fitted_doubt([find for find in finds if find.stream != stream])
        for stream in streams
    }
    return [fitted[find.stream].of_cues(find.cues) for find in finds]


def reliability(
    said: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], bins: Sequence[float] = BINS
) -> list[ReliabilityRow]:
    """Compare what was said, float (n,) in [0, 1], with what was right, bool (n,), by bins."""
    rows = []
    for low, high in pairwise(bins):
        within = (said >= low) & ((said < high) | (high >= 1.0))
        n = int(within.sum())
        mean_said = float(said[within].mean()) if n else 0.0
        mean_right = float(right[within].mean()) if n else 0.0
        rows.append(ReliabilityRow(low, high, n, mean_said, mean_right))
    return rows


def reliability_lines(said: Sequence[Chances], right: Sequence[Mapping[str, bool]]) -> list[str]:
    """Tables of reliability of songs, starts and stops as lines of text."""
    lines = []
    for kind in KINDS:
        values = np.array([getattr(one, kind) for one in said], np.float64)
        truths = np.array([one[kind] for one in right], np.bool_)
        brier = float(((values - truths) ** 2).mean()) if len(values) else 0.0
        lines.append(f"{kind:6} {len(values)} finds, Brier score {brier:.3f}")
        for row in reliability(values, truths):
            limits, told = f"{row.low:.1f}-{row.high:.1f}", f"{row.said:.2f} right {row.right:.2f}"
            lines.append(f"  {limits} {row.n:4} said {told}")
    return lines


def _curve(finds: Sequence[Judged], kind: str) -> dict[str, float]:
    """Fit one curve; the weight of a cue that would speak the wrong way is 0."""
    every = names = list(finds[0].cues[kind])
    while True:
        curve = _fitted(finds, kind, names)
        left = [name for name in names if not _is_wrong(name, curve[name])]
        if left == names:
            return {**dict.fromkeys(every, 0.0), **curve}
        names = left


def _is_wrong(name: str, weight: float) -> bool:
    return (name in RAISING and weight < 0) or (name in LOWERING and weight > 0)


def _fitted(finds: Sequence[Judged], kind: str, names: Sequence[str]) -> dict[str, float]:
    if kind != "song":  # a made-up find has no ends of its own
        finds = [find for find in finds if find.weight == 1.0]
    values = np.array([[find.cues[kind][name] for name in names] for find in finds], np.float64)
    right = np.array([find.right[kind] for find in finds], np.float64)
    weights = np.array([find.weight for find in finds], np.float64)
    curve = logistic_curve(values, right, weights)
    return dict(zip((*names, "constant"), map(float, curve), strict=True))


def main() -> None:
    """Run the command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("work", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    finds = judged_finds(pair for work in options.work for pair in stored_pairs(work))
    said, real = said_by_others(finds), real_ones(finds)
    lines = reliability_lines([said[i] for i in real], [finds[i].right for i in real])
    print("\n".join(lines))
    fitted_doubt(finds).save(options.out / DOUBT_FILE.name)


if __name__ == "__main__":
    main()
