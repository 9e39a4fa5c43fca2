"""Markers in JSON and JSON5: LosslessCut's projects, chapters of podcasts, yt-dlp and ffprobe."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from utawaku.library.errors import SetlistError
from utawaku.models.setlist.markers.marker import Marker, marker

_LISTS = ("cutSegments", "chapters")
_STARTS, _STOPS = ("start", "startTime", "start_time"), ("end", "endTime", "end_time")
_NAMES = ("name", "title")
_MAX_JSON5 = 1_000_000
"""Characters of JSON5 that are read; it takes ten seconds."""


def read_objects(text: str) -> list[Marker] | None:
    """Read the spans of a JSON or JSON5 object, or of a list as Holodex has it.

    LosslessCut's spans without a start begin with the recording. None for other text.

    Raises:
        SetlistError: a span has a start or stop that is no time.
    """
    if text.lstrip()[:1] not in ("{", "["):
        return None
    content = _parsed(text)
    if isinstance(content, Mapping):
        rows = next((content[name] for name in _LISTS if name in content), None)
    else:
        rows = content
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        return None
    return [_marker_of(row) for row in rows]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if len(text) > _MAX_JSON5:
        return None
    # LosslessCut writes JSON5; the reader is slow and seldom needed.
    import json5

    try:
        return json5.loads(text)
    except (ValueError, RecursionError):
        return None


def _marker_of(row: Mapping[str, Any]) -> Marker:
    start_s, stop_s = _first(row, _STARTS), _first(row, _STOPS)
    tags = row.get("tags")
    names = {**(tags if isinstance(tags, Mapping) else {}), **row}
    name = next((names[key] for key in _NAMES if isinstance(names.get(key), str)), "")
    artist = row.get("original_artist")
    return marker(
        _seconds(start_s) or 0.0, _seconds(stop_s), name, artist if isinstance(artist, str) else ""
    )


def _first(row: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((row[key] for key in keys if key in row), None)


def _seconds(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError) as error:
        raise SetlistError(f"{value!r} is no time in seconds") from error
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
