"""The result of segmenting a recording: who reads it needs neither the engine nor its weights."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from utawaku.library.errors import EngineError
from utawaku.library.files import atomic_path
from utawaku.library.records import Segment
from utawaku.media.timeline import Timeline

HOP_S = 0.1
"""Seconds a row of the per-hop arrays of `Segmentation`."""

SLOT_S = 0.02
"""Seconds a slot: the grid on which labels are decided."""

N_BANDS = 24
"""Mel bands, 100 to 8000 Hz, triangular, on the HTK mel scale."""

_FORMAT = 1


def n_hops(duration_s: float) -> int:
    """Rows of the per-hop arrays for `duration_s` seconds; the last may be partial."""
    return int(np.ceil(duration_s / HOP_S - 1e-9))


@dataclass(frozen=True)
class Segmentation:
    """Labels of a whole recording, and the curves they were decided on.

    All arrays have `n_hops(duration_s)` rows; row i covers [0.1 i, 0.1 (i + 1)) seconds.
    """

    segments: tuple[Segment, ...]
    """Sorted, contiguous over [0, duration_s]; labels speech, music, noEnergy, and noise with the
    `smn` engine."""
    duration_s: float
    labels: tuple[str, ...]
    """Columns of `probability`: speech, music(, noise)."""
    probability: np.ndarray
    """float32 (n, n_labels): mean class probability; NaN where there is no energy. In `fast` mode
    these are approximate except near decisions."""
    energy_db: np.ndarray
    """float32 (n,): level of the pre-emphasised signal, dB re full scale, -120 at the least."""
    bands_db: np.ndarray
    """float32 (n, 24): mean level in each mel band, dB re an arbitrary point, -120 at the least."""
    wave_min: np.ndarray
    """float32 (n,): lowest sample of the mono mix."""
    wave_max: np.ndarray
    """float32 (n,): highest sample of the mono mix."""
    engine: str = ""
    """Name and version of the engine with its mode, e.g. ``sm-fast/1``."""
    model_version: str = ""
    """sha256 of the weights."""
    truncated: bool = False
    """The recording ended before its own header says."""
    timeline: Timeline = field(default_factory=Timeline)
    """Holes, gaps and restarts of the recording; not saved along."""
    settings: dict[str, float | str] = field(default_factory=dict)
    """Options of the engine, e.g. energy_ratio."""
    listened: dict[str, Any] = field(default_factory=dict)
    """Named arrays that observers made in the same pass, saved along (see `models.songs`)."""

    def __post_init__(self) -> None:
        n = n_hops(self.duration_s)
        expected = {
            "probability": (n, len(self.labels)),
            "energy_db": (n,),
            "bands_db": (n, N_BANDS),
            "wave_min": (n,),
            "wave_max": (n,),
        }
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ValueError(f"{name} has shape {found}, expected {shape}")

    @property
    def times_s(self) -> np.ndarray:
        """float64 (n,): the centre of each row."""
        return (np.arange(n_hops(self.duration_s)) + 0.5) * HOP_S

    def probability_of(self, label: str) -> np.ndarray:
        """float32 (n,): the column of `label`; zeros where the engine does not know the label."""
        if label not in self.labels:
            return np.zeros(len(self.probability), np.float32)
        return self.probability[:, self.labels.index(label)]

    def label_indices(self) -> np.ndarray:
        """int8 (n,): index into `label_names` of the segment at the centre of each row."""
        names = self.label_names
        stops = np.array([segment.stop_s for segment in self.segments])
        of_segment = np.array([names.index(segment.label) for segment in self.segments], np.int8)
        if not len(of_segment):
            return np.zeros(0, np.int8)
        at = np.minimum(np.searchsorted(stops, self.times_s, side="right"), len(stops) - 1)
        return of_segment[at]

    @property
    def label_names(self) -> tuple[str, ...]:
        """Every label a segment can have here: noEnergy and the columns of `probability`."""
        return ("noEnergy", *self.labels)

    def seconds_of(self, label: str) -> float:
        """Summed length of the segments with `label`."""
        return sum(s.stop_s - s.start_s for s in self.segments if s.label == label)

    def with_segments(self, segments: tuple[Segment, ...]) -> "Segmentation":
        """The same curves under other segments."""
        return replace(self, segments=segments)

    def save(self, path: Path) -> None:
        """Write everything to one npz file, atomically."""
        header = {
            "format": _FORMAT,
            "segments": [[s.label, s.start_s, s.stop_s] for s in self.segments],
            "duration_s": self.duration_s,
            "labels": self.labels,
            "engine": self.engine,
            "model_version": self.model_version,
            "truncated": self.truncated,
            "settings": self.settings,
        }
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(
                file,
                header=np.array(json.dumps(header)),
                probability=self.probability.astype(np.float16),
                energy_db=self.energy_db.astype(np.float32),
                bands_db=self.bands_db.astype(np.float16),
                wave_min=self.wave_min.astype(np.float16),
                wave_max=self.wave_max.astype(np.float16),
                **self.listened,
            )

    @classmethod
    def load(cls, path: Path) -> "Segmentation":
        """Read what `save` wrote.

        Raises:
            EngineError: the file is damaged or of another format.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                header = json.loads(str(stored["header"]))
                if header["format"] != _FORMAT:
                    raise ValueError(f"format {header['format']}")
                arrays = {name: stored[name].astype(np.float32) for name in _ARRAYS}
                own = {"header", *_ARRAYS}
                listened = {name: stored[name] for name in stored.files if name not in own}
            return cls(
                segments=tuple(Segment(*row) for row in header["segments"]),
                duration_s=header["duration_s"],
                labels=tuple(header["labels"]),
                engine=header["engine"],
                model_version=header["model_version"],
                truncated=header["truncated"],
                settings=header["settings"],
                listened=listened,
                **arrays,
            )
        except (ValueError, KeyError, TypeError, OSError, EOFError, BadZipFile) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise EngineError(
                "the stored segmentation cannot be read",
                subject=str(path),
                next_step="Segment the recording again",
            ) from error


_ARRAYS = ("probability", "energy_db", "bands_db", "wave_min", "wave_max")
