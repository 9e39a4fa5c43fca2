"""Segments of a stream: where they are kept, and what they are made with."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from utawaku.library.config import Settings
from utawaku.library.records import Segment
from utawaku.models.segmenter import ENGINE_VERSION

ANALYSIS_NAME = "analysis.npz"


def analysis_file(stream_id: str, settings: Settings) -> Path:
    """Return where the segmentation of a stream with its curves is kept."""
    return settings.stream_dir(stream_id) / ANALYSIS_NAME


def made_with(settings: Settings) -> dict[str, Any]:
    """Return what decides the outcome, to tell whether it has to be made again."""
    wanted = settings.segments
    return {
        "engine": wanted.engine,
        "mode": wanted.mode,
        "energy_ratio": wanted.energy_ratio,
        "version": ENGINE_VERSION,
    }


def breaks_between(segments: Sequence[Segment]) -> list[float]:
    """Return the seconds at which a segment does not begin where the one before it stopped."""
    return [
        round(later.start_s, 3)
        for earlier, later in pairwise(segments)
        if abs(later.start_s - earlier.stop_s) >= 1e-6
    ]


def segments_tile(segments: tuple[Segment, ...], duration_s: float) -> bool:
    """Return whether segments cover [0, duration] without gap or overlap."""
    if not segments:
        return duration_s == 0.0
    stops = [0.0, *(segment.stop_s for segment in segments)]
    contiguous = all(
        abs(segment.start_s - stop_s) < 1e-6 and segment.stop_s > segment.start_s
        for segment, stop_s in zip(segments, stops[:-1], strict=True)
    )
    return contiguous and abs(stops[-1] - duration_s) < 1e-6
