"""The weight of the sequence network in a recording, by the music between its songs.

Where music sounds under the talk, the network that listens to a minute is right more often than
the one that judges by cues, and decides alone; elsewhere both decide by half. The curve lies in
`share.json`, which `utawaku.models.training.song_share` fits on composed streams.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from utawaku.models.songs.sequence import OUTPUTS
from utawaku.models.songs.weights_file import reading_weights

Array = npt.NDArray[np.float32]

SHARE_FILE = Path(__file__).parent / "share.json"
LEAST_SHARE = 0.5
"""Weight of the sequence network in recordings with little music between the songs."""
_SONG, _MUSIC = OUTPUTS.index("song"), OUTPUTS.index("music")
_ASSUMED_STEPS = 120
_ASSUMED_MUSIC = 0.5
"""A minute of which half is music is added to what was heard between the songs: a short recording
tells little."""


@dataclass(frozen=True)
class ShareCurve:
    """A logistic curve from `LEAST_SHARE` to 1 over the music between songs."""

    threshold: float
    """The share of music at which the weight is halfway."""
    slope: float

    def share(self, music: float) -> float:
        """Return the weight of the sequence network, `LEAST_SHARE` to 1.

        `music` is the share of music between the songs, as `music_between` tells it.
        """
        rise = 1 / (1 + np.exp(-self.slope * (music - self.threshold)))
        return float(LEAST_SHARE + (1 - LEAST_SHARE) * rise)

    @classmethod
    def load(cls, path: Path) -> ShareCurve:
        """Read a curve, as `save` writes it.

        Raises:
            WeightsMissingError: no such file.
            WeightsCorruptError: it cannot be read, or holds something else.
        """
        with reading_weights(path):
            stored = json.loads(path.read_text("utf-8"))
            return cls(float(stored["threshold"]), float(stored["slope"]))

    def save(self, path: Path) -> None:
        """Write the curve as JSON."""
        told = {"threshold": round(self.threshold, 4), "slope": round(self.slope, 3)}
        path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def music_between(by_cues: Array, heard: Array, silent: npt.NDArray[np.floating]) -> float:
    """Return how much of the sound between the songs is music, alone or under talk, in [0, 1].

    Args:
        by_cues: float32 (n_steps, 3), log-odds of the network that judges by cues.
        heard: float32 (n_steps, n_outputs), log-odds of the sequence network.
        silent: float (n_steps,), share of each step without energy.

    Between songs is where both networks together hear none.
    """
    between = (by_cues[:, _SONG] + heard[:, _SONG] < 0) & (silent < 0.5)
    odds = np.clip(heard[between, _MUSIC].astype(np.float64), -30, 30)
    music = float((1 / (1 + np.exp(-odds))).sum())
    assumed = _ASSUMED_MUSIC * _ASSUMED_STEPS
    return (music + assumed) / (len(odds) + _ASSUMED_STEPS)


@lru_cache(maxsize=1)
def shipped_share() -> ShareCurve:
    """The curve that comes with the package."""
    return ShareCurve.load(SHARE_FILE)
