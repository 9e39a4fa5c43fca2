"""Ground truth of a demo stream, and the file beside it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from utawaku.library.errors import MediaError
from utawaku.library.files import atomic_path
from utawaku.library.time_format import clock


@dataclass(frozen=True, slots=True)
class TrueRegion:
    """One stretch of a stream: label ``speech``, ``music``, ``noEnergy`` or ``noise``."""

    label: str
    start_s: float
    stop_s: float
    detail: str = ""
    background: str = ""
    """``music`` or ``noise`` where talk goes over it."""


@dataclass(frozen=True, slots=True)
class TrueSong:
    """One song of a stream."""

    name: str
    title: str
    artist: str
    start_s: float
    stop_s: float
    transposition_semitones: int
    repeats: int | None
    """Index of the earlier song that is the same one, in another key."""
    bpm: float
    key: str
    chorus_spans: tuple[tuple[float, float], ...]
    """In seconds of the stream."""


@dataclass(frozen=True, slots=True)
class DemoTruth:
    """A demo stream as it was made; regions are sorted and contiguous over [0, duration_s]."""

    duration_s: float
    sample_rate_hz: int
    seed: int
    regions: tuple[TrueRegion, ...]
    songs: tuple[TrueSong, ...]

    @property
    def setlist(self) -> str:
        """The songs as somebody would list them in a comment: ``0:58 Title / Artist`` a line."""
        return "\n".join(
            f"{clock(song.start_s)} {song.title} / {song.artist}" for song in self.songs
        )


def truth_path(target: Path) -> Path:
    """Return where the truth about `target` lies: ``<target>.truth.json``."""
    return target.with_name(target.name + ".truth.json")


def write_truth(truth: DemoTruth, target: Path) -> Path:
    """Write ``<target>.truth.json``; besides our own keys it has those that corpus benchmarks
    read."""
    document: dict[str, Any] = {
        "stream": target.name,
        "duration": round(truth.duration_s, 3),
        "sample_rate": truth.sample_rate_hz,
        "seed": truth.seed,
        "setlist": truth.setlist,
        "songs": [
            {
                "index": index,
                "start": round(song.start_s, 3),
                "end": round(song.stop_s, 3),
                "seconds": round(song.stop_s - song.start_s, 3),
                "chorus": [[round(a, 3), round(b, 3)] for a, b in song.chorus_spans],
                **asdict(song),
            }
            for index, song in enumerate(truth.songs, start=1)
        ],
        "regions": [
            {
                "start": round(region.start_s, 3),
                "end": round(region.stop_s, 3),
                **asdict(region),
            }
            for region in truth.regions
        ],
    }
    path = truth_path(target)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def read_truth(target: Path) -> DemoTruth:
    """Read what `write_truth` wrote beside `target`; raises MediaError where there is no such
    file."""
    path = truth_path(target)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MediaError(f"the truth cannot be read ({error})", subject=str(path)) from error
    return DemoTruth(
        duration_s=float(document["duration"]),
        sample_rate_hz=int(document["sample_rate"]),
        seed=int(document["seed"]),
        regions=tuple(
            TrueRegion(**{key: region[key] for key in TrueRegion.__dataclass_fields__})
            for region in document["regions"]
        ),
        songs=tuple(
            TrueSong(
                **{
                    **{key: song[key] for key in TrueSong.__dataclass_fields__},
                    "chorus_spans": tuple((a, b) for a, b in song["chorus_spans"]),
                }
            )
            for song in document["songs"]
        ),
    )
