"""The chance that a song, its start and its end were cut right, told from the evidence.

Three logistic curves over a few cues. Their weights lie in `doubt.json`, which
`utawaku.models.training.song_doubt` fits on streams with truth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.boundary_features import STEP_S
from utawaku.models.songs.weights_file import reading_weights

Evidence = npt.NDArray[np.float32]
"""(n_steps, 3): log-odds that a song sounds, starts, stops."""

DOUBT_FILE = Path(__file__).parent / "doubt.json"
KINDS = ("song", "start", "stop")
START_WITHIN_S, STOP_WITHIN_S = 3.0, 5.0
"""A start and an end this near to the truth are right; a song with both right is clean."""
_NEAR_STEPS = 8
_EDGE_CLIP, _SONG_CLIP = 6.0, 5.0
_INNER_STEPS = 20
"""Steps at each end of a song in which another start or stop is no sign of two songs."""
_AROUND_STEPS = 20
_RIVAL_STEPS = 60
"""Half a minute to each side, where another edge of the kind may be the true one."""


@dataclass(frozen=True)
class Chances:
    """Probabilities in [0, 1]."""

    song: float
    """Both ends are right."""
    start: float
    """The start is within 3 s of the true one."""
    stop: float
    """The end is within 5 s of the true one."""


@dataclass(frozen=True)
class Doubt:
    """The curves: for each of `KINDS` a weight for each cue, and `constant`."""

    curves: Mapping[str, Mapping[str, float]]

    def chances(self, evidence: Evidence, first: int, last: int) -> Chances:
        """The chances of a song from step `first` to step `last`; a song is no surer than its ends.

        `evidence` is float32 (n_steps, 3): log-odds that a song sounds, starts, stops.
        """
        if last <= first or first >= len(evidence):
            return Chances(0.0, 0.0, 0.0)
        return self.of_cues(doubt_cues(evidence, first, last))

    def of_cues(self, cues: Mapping[str, Mapping[str, float]]) -> Chances:
        """The chances for cues as `doubt_cues` tells them."""
        song, start, stop = (self._chance(kind, cues[kind]) for kind in KINDS)
        return Chances(min(song, start, stop), start, stop)

    def _chance(self, kind: str, cues: Mapping[str, float]) -> float:
        curve = self.curves[kind]
        log_odds = curve["constant"] + sum(curve[name] * value for name, value in cues.items())
        return float(1 / (1 + np.exp(-log_odds)))

    @classmethod
    def load(cls, path: Path) -> Doubt:
        """Read curves, as `save` writes them.

        Raises:
            WeightsMissingError: no such file.
            WeightsCorruptError: it cannot be read, or holds something else.
        """
        with reading_weights(path):
            stored = json.loads(path.read_text("utf-8"))
            return cls(
                {
                    kind: {str(name): float(value) for name, value in stored[kind].items()}
                    for kind in KINDS
                }
            )

    def save(self, path: Path) -> None:
        """Write the curves as JSON."""
        told = {
            kind: {name: round(value, 4) for name, value in curve.items()}
            for kind, curve in self.curves.items()
        }
        path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def right_ends(found: tuple[float, float], true: tuple[float, float]) -> tuple[bool, bool]:
    """Return whether start and stop of a found song, in seconds, are near enough to the true one's.

    A song with both right is clean.
    """
    return abs(found[0] - true[0]) <= START_WITHIN_S, abs(found[1] - true[1]) <= STOP_WITHIN_S


@lru_cache(maxsize=1)
def shipped_doubt() -> Doubt:
    """The curves that come with the package."""
    return Doubt.load(DOUBT_FILE)


def doubt_cues(evidence: Evidence, first: int, last: int) -> dict[str, dict[str, float]]:
    """Cues by name for each of `KINDS`, of a song from step `first` to step `last`.

    Sure starts, stops and middles speak for a song; a start or stop inside speaks against it, and
    so does length. Of an end counts how sure it is, what is heard on both sides, and whether
    another one lies near.
    """
    inside = evidence[first:last, 0].astype(np.float64)
    clipped = np.clip(inside, -_SONG_CLIP, _SONG_CLIP)
    middle = evidence[first + _INNER_STEPS : last - _INNER_STEPS, 1:]
    long_enough = last - first > 3 * _INNER_STEPS
    length = float(np.log((last - first) * STEP_S))
    start, stop = _peak(evidence[:, 1], first), _peak(evidence[:, 2], last)
    song = {
        "start": start,
        "stop": stop,
        "sounds": float(clipped.mean()),
        "least": float(np.percentile(inside, 10)),
        "inner": float(middle.max()) if long_enough else -_EDGE_CLIP,
        "length": length,
    }
    shared = {"sounds": song["sounds"], "length": length}
    return {
        "song": song,
        "start": {
            "edge": start,
            "inside": float(clipped[:_AROUND_STEPS].mean()),
            "outside": _mean(evidence[max(0, first - _AROUND_STEPS) : first, 0]),
            "rival": _rival(evidence[:, 1], first),
            **shared,
        },
        "stop": {
            "edge": stop,
            "inside": float(clipped[-_AROUND_STEPS:].mean()),
            "outside": _mean(evidence[last : last + _AROUND_STEPS, 0]),
            "rival": _rival(evidence[:, 2], last),
            **shared,
        },
    }


def _mean(odds: npt.NDArray[np.float32]) -> float:
    """Mean of float32 (n,), clipped; as of no song where there is nothing."""
    if not len(odds):
        return -_SONG_CLIP
    return float(np.clip(odds.astype(np.float64), -_SONG_CLIP, _SONG_CLIP).mean())


def _peak(odds: npt.NDArray[np.float32], at: int) -> float:
    """Best log-odds within four seconds of a step, of float32 (n_steps,)."""
    near = odds[max(0, at - _NEAR_STEPS) : at + _NEAR_STEPS + 1]
    return float(np.clip(near.max(initial=-_EDGE_CLIP), -_EDGE_CLIP, _EDGE_CLIP))


def _rival(odds: npt.NDArray[np.float32], at: int) -> float:
    """Best log-odds from four to thirty seconds away from a step, of float32 (n_steps,)."""
    before = odds[max(0, at - _RIVAL_STEPS) : max(0, at - _NEAR_STEPS)]
    after = odds[at + _NEAR_STEPS + 1 : at + _RIVAL_STEPS + 1]
    best = max(before.max(initial=-_EDGE_CLIP), after.max(initial=-_EDGE_CLIP))
    return float(np.clip(best, -_EDGE_CLIP, _EDGE_CLIP))
