"""Markers of editors and players: edit decision lists with markers, PotPlayer's bookmarks."""

from __future__ import annotations

import re

from utawaku.models.setlist.markers.marker import Marker, frame_rate, frames_of, marker

_CODE = r"\d\d[:;]\d\d[:;]\d\d[:;]\d\d"
_EVENT = re.compile(rf"^\d+\s+.*\s{_CODE}\s+{_CODE}\s+({_CODE})\s+{_CODE}\s*$")
_NOTE = re.compile(r"^\s*(.*?)\s*(?:\|C:\S*\s*)?\|M:(.*?)(?:\s*\|D:(\d+))?\s*$")
_FIRST_HOUR_S = 3600
_BOOKMARK = re.compile(r"^\d+=(\d+)\*([^*]*)", re.MULTILINE)


def read_edit_list(text: str) -> list[Marker] | None:
    """Read the markers of a timeline that DaVinci Resolve wrote as an edit decision list.

    Its timelines begin at 01:00:00:00 unless told otherwise, and the list does not say where: if
    no marker lies before it, times count from there. None for other text, and for a list of cuts
    without markers.
    """
    found: list[tuple[tuple[int, int], str, int]] = []
    code: tuple[int, int] | None = None
    for line in text.split("\n"):
        event, note = _EVENT.match(line), _NOTE.match(line)
        if event:
            code = frames_of(event.group(1))
        elif note and code is not None:
            remark, name, length = note.groups()
            name = name if marker(0.0, None, name).name else remark
            found.append((code, name, int(length or 0)))
    if not found:
        return None
    rate = frame_rate(max(frames for (_, frames), _, _ in found))
    begins_s = _FIRST_HOUR_S if min(second for (second, _), _, _ in found) >= _FIRST_HOUR_S else 0
    return [
        _timed(second - begins_s + frames / rate, n_frames / rate, name)
        for (second, frames), name, n_frames in found
    ]


def _timed(start_s: float, length_s: float, name: str) -> Marker:
    # A marker of one frame is a point.
    return marker(start_s, start_s + length_s if length_s > 0.1 else None, name)


def read_bookmarks(text: str) -> list[Marker] | None:
    """Read PotPlayer's bookmarks (.pbf), points in milliseconds; None for other text."""
    if not text.lstrip().startswith("[Bookmark]"):
        return None
    return [marker(int(ms) / 1000, None, name) for ms, name in _BOOKMARK.findall(text)]
