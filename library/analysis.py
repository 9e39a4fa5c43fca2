"""The waveform of a stream, for pictures: what the segmenter left in `analysis.npz`."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from utawaku.library.errors import UtawakuError

if TYPE_CHECKING:
    from utawaku.library.config import Settings

HOP_S = 0.1
"""Seconds a row."""


@dataclass(frozen=True)
class Envelope:
    """Loudness of a recording, ten times a second."""

    low: np.ndarray
    """float32 (n,): lowest sample of each tenth of a second, in [-1, 1]."""
    high: np.ndarray
    """float32 (n,): highest sample."""
    duration_s: float

    def peaks(self, start_s: float, stop_s: float, n_columns: int) -> np.ndarray:
        """float32 (n_columns,): the largest amplitude in each column of a span; 0 outside."""
        if n_columns <= 0 or stop_s <= start_s:
            return np.zeros(max(0, n_columns), np.float32)
        amplitude = np.maximum(np.abs(self.low), np.abs(self.high))
        edges = np.linspace(start_s, stop_s, n_columns + 1) / HOP_S
        first = np.floor(edges[:-1]).astype(int)
        past = np.maximum(np.ceil(edges[1:]).astype(int), first + 1)
        peaks = np.zeros(n_columns, np.float32)
        for column in range(n_columns):
            piece = amplitude[max(0, first[column]) : max(0, past[column])]
            if len(piece):
                peaks[column] = piece.max()
        return peaks


def read_envelope(settings: "Settings", stream_id: str) -> Envelope | None:
    """The waveform of a stream; None before it was segmented.

    Raises:
        UtawakuError: the file is damaged.
    """
    path = settings.stream_dir(stream_id) / "analysis.npz"
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            header = json.loads(str(stored["header"]))
            return Envelope(
                stored["wave_min"].astype(np.float32),
                stored["wave_max"].astype(np.float32),
                float(header["duration_s"]),
            )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise UtawakuError(
            "the analysis cannot be read",
            subject=f"{stream_id}/{path.name}",
            next_step="Make the segments again (Pipeline, v to Streams, y)",
        ) from error
