"""CUE sheets: tracks of an album as spans of its files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from utawaku.library.errors import SetlistError
from utawaku.models.setlist.markers.marker import Marker, marker

_FRAMES_PER_SECOND = 75
_FILE = re.compile(r"^\s*FILE\s+.+\s+\w+\s*$", re.IGNORECASE)
_TRACK = re.compile(r"^\s*TRACK\s+\d+\s+AUDIO\s*$", re.IGNORECASE)
_INDEX = re.compile(r"^\s*INDEX\s+01\s+(\d+):(\d\d):(\d\d)\s*$", re.IGNORECASE)
_TEXT = re.compile(r'^\s*(TITLE|PERFORMER)\s+(?:"(.*)"|(.*?))\s*$', re.IGNORECASE)


@dataclass
class _Track:
    n_file: int
    start_s: float | None = None
    title: str = ""
    artist: str = ""


def read_cue_sheet(text: str, part_starts_s: Sequence[float] = ()) -> list[Marker] | None:
    """Read the tracks of a CUE sheet; None for other text.

    A sheet tells no ends: tracks play on to the next one, and talk between songs is part of them.
    The performer of a track is its artist, unless it is the album's, which is who sings.

    Raises:
        SetlistError: it names several files, and the recording has not as many parts.
    """
    tracks: list[_Track] = []
    n_files, singer = 0, ""
    for line in text.split("\n"):
        index, words = _INDEX.match(line), _TEXT.match(line)
        if _FILE.match(line):
            n_files += 1
        elif _TRACK.match(line):
            tracks.append(_Track(n_files))
        elif index and tracks:
            minutes, seconds, frames = map(int, index.groups())
            tracks[-1].start_s = minutes * 60 + seconds + frames / _FRAMES_PER_SECOND
            # A track whose pause ends the file before begins in the next one.
            tracks[-1].n_file = n_files
        elif words:
            is_title = words.group(1).upper() == "TITLE"
            value = words.group(2) if words.group(2) is not None else words.group(3)
            if not tracks:
                singer = singer if is_title else value
            elif is_title:
                tracks[-1].title = value
            else:
                tracks[-1].artist = "" if value == singer else value
    if not n_files or not any(track.start_s is not None for track in tracks):
        return None
    begins_s = _begins_s(n_files, part_starts_s)
    return [
        marker(begins_s[track.n_file - 1] + track.start_s, None, track.title, track.artist)
        for track in tracks
        if track.start_s is not None and track.n_file
    ]


def _begins_s(n_files: int, part_starts_s: Sequence[float]) -> Sequence[float]:
    if n_files == 1:
        return (0.0,)
    n_parts = len(part_starts_s) or 1
    if n_parts != n_files:
        raise SetlistError(
            f"the CUE sheet is of {n_files} files, and the recording has {n_parts} part(s)",
            next_step="Give a sheet of one file, or a list of times and titles",
        )
    return part_starts_s
