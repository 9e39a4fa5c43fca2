"""The sequence network that cuts songs here: the shipped one, or one that learnt from the user.

`status` asks which one it is: the networks' modules take longer to import than all the rest of that
command, and are imported only where there is a learnt network.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utawaku.library.config import Settings
from utawaku.library.errors import WeightsCorruptError, WeightsMissingError
from utawaku.library.files import atomic_path
from utawaku.library.health import Finding
from utawaku.library.shared_files import shared_file

if TYPE_CHECKING:
    from utawaku.models.songs.sequence import SequenceScorer

_NEXT_STEP = (
    "`utawaku train songs` learns it again; `utawaku train songs --reset` goes back to the network "
    "that comes with utawaku"
)


@dataclass(frozen=True)
class LearntNetwork:
    """A network that learnt from the user, and how it was found to be better."""

    version: str
    """sha256 of its file."""
    base: str
    """sha256 of the shipped network that it was trained further from."""
    at: float
    n_songs: int
    """Songs that the user judged."""
    n_no_songs: int
    """Finds that the user called no songs."""
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_of_this_version(self) -> bool:
        """True where it was trained further from the network that is shipped now."""
        return self.base == _shipped_hash()

    def described(self) -> str:
        """Return one line about it, for people."""
        day = time.strftime("%Y-%m-%d", time.localtime(self.at))
        n_songs, n_no_songs = self.n_songs, self.n_no_songs
        return f"learnt on {day} from {n_songs} songs of yours and {n_no_songs} that are none"


def record_file(settings: Settings) -> Path:
    """Return where it is noted that a network learnt; without it the shipped one cuts."""
    return shared_file(settings, "songs", "learnt.json")


def network_file(version: str, settings: Settings) -> Path:
    """Return where a network is kept."""
    return shared_file(settings, "songs", f"{version[:16]}.npz")


def learnt_network(settings: Settings) -> LearntNetwork | None:
    """The network of the user's own; None where the shipped one is in use.

    Raises:
        WeightsCorruptError: what is noted about it cannot be read.
        WeightsMissingError: its file is gone.
    """
    file = record_file(settings)
    if not file.is_file():
        return None
    from utawaku.models.songs.weights_file import reading_weights

    with reading_weights(file, _NEXT_STEP):
        told = LearntNetwork(**json.loads(file.read_text("utf-8")))
        weights = network_file(told.version, settings)
    if not weights.is_file():
        raise WeightsMissingError(
            "the song network that learnt from you is not there",
            subject=str(weights),
            next_step=_NEXT_STEP,
        )
    return told


def song_network(settings: Settings) -> SequenceScorer | None:
    """The learnt network, ready to listen; None where the shipped one is in use.

    A learnt one that cannot be used is an error, so that songs do not change unnoticed.

    Raises:
        WeightsMissingError, WeightsCorruptError: it is gone or damaged.
    """
    told = learnt_network(settings)
    return None if told is None else _loaded(network_file(told.version, settings), told.version)


@lru_cache(maxsize=2)
def _loaded(file: Path, version: str) -> SequenceScorer:
    from utawaku.models.songs.sequence import SequenceScorer
    from utawaku.models.songs.sequence_inputs import N_INPUTS

    network = SequenceScorer.load(file, _NEXT_STEP)
    if _hash_of(file) != version or len(network.mean) != N_INPUTS:
        raise WeightsCorruptError(
            "this is not the song network that learnt from you, or it is of another version of "
            "utawaku",
            subject=str(file),
            next_step=_NEXT_STEP,
        )
    return network


def install(
    network: SequenceScorer,
    settings: Settings,
    *,
    n_songs: int,
    n_no_songs: int,
    figures: Mapping[str, Any],
) -> LearntNetwork:
    """Cut songs by this network from now on."""
    folder = record_file(settings).parent
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(folder / "new.npz") as temporary:
        network.save(temporary)
    version = _hash_of(folder / "new.npz")
    (folder / "new.npz").replace(network_file(version, settings))
    told = LearntNetwork(version, _shipped_hash(), time.time(), n_songs, n_no_songs, figures)
    with atomic_path(record_file(settings)) as temporary:
        temporary.write_text(json.dumps(asdict(told), indent=1) + "\n", "utf-8")
    _tidy(settings, network_file(version, settings))
    return told


def reset(settings: Settings) -> bool:
    """Go back to the shipped network, whatever the state of the learnt one; False if it was."""
    file = record_file(settings)
    was_learnt = file.is_file()
    file.unlink(missing_ok=True)
    _tidy(settings, None)
    return was_learnt


def network_finding(settings: Settings) -> Finding:
    """Return which network cuts songs, and what is wrong with it."""
    try:
        told = learnt_network(settings)
        song_network(settings)
    except (WeightsMissingError, WeightsCorruptError) as error:
        return Finding("cutting", "error", str(error.problem), error.next_step)
    if told is None:
        return Finding("cutting", "ok", "the one that comes with utawaku")
    if not told.is_of_this_version:
        return Finding(
            "cutting",
            "warning",
            "it learnt from you, but began with the network of another version of utawaku",
            "`utawaku train songs` trains the present one",
        )
    return Finding("cutting", "ok", told.described())


def _tidy(settings: Settings, kept: Path | None) -> None:
    for file in record_file(settings).parent.glob("*.npz"):
        if file != kept:
            file.unlink(missing_ok=True)


def _hash_of(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def _shipped_hash() -> str:
    from utawaku.models.songs.sequence import SEQUENCE_FILE

    return _hash_of(SEQUENCE_FILE)
