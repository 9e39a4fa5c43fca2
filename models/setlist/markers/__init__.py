"""Markers that other programs keep: label tracks, cut lists, chapters, bookmarks and CUE sheets.

A text is known by its form, never by the name of its file, so that it can be pasted as well.
"""

import csv
from collections.abc import Callable, Sequence

from utawaku.library.errors import SetlistError
from utawaku.models.setlist.markers.chapters import (
    read_ffmetadata,
    read_matroska_chapters,
    read_ogm_chapters,
)
from utawaku.models.setlist.markers.cue_sheet import read_cue_sheet
from utawaku.models.setlist.markers.marker import Marker
from utawaku.models.setlist.markers.objects import read_objects
from utawaku.models.setlist.markers.tables import (
    read_label_track,
    read_stream_markers,
    read_table,
)
from utawaku.models.setlist.markers.timelines import read_bookmarks, read_edit_list

__all__ = ["Marker", "read_markers"]

_LONGEST_S = 30 * 24 * 3600.0
_READERS: tuple[Callable[[str], list[Marker] | None], ...] = (
    read_ffmetadata,
    read_ogm_chapters,
    read_matroska_chapters,
    read_objects,
    read_bookmarks,
    read_edit_list,
    read_label_track,
    read_stream_markers,
    read_table,
)


def read_markers(text: str, *, part_starts_s: Sequence[float] = ()) -> list[Marker] | None:
    """Read the markers of a program's file, sorted by start; None for text of any other form.

    `part_starts_s` are where the parts of the recording begin, in seconds, for a CUE sheet of
    several files.

    Raises:
        SetlistError: the form is known, and the file is damaged, has no marker, or times that
            cannot be told in seconds.
    """
    plain = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        found = read_cue_sheet(plain, part_starts_s)
        for read in _READERS:
            if found is not None:
                break
            found = read(plain)
    except (OverflowError, ValueError, csv.Error) as error:  # thousands of digits, say
        raise SetlistError(
            f"cannot be read ({error})", next_step="Export it again from its program"
        ) from error
    if found is None:
        return None
    if not found:
        raise SetlistError("holds no marker", next_step="Export it again from its program")
    if not all(max(one.start_s, one.stop_s or 0.0) <= _LONGEST_S for one in found):
        raise SetlistError(
            "holds a time that no recording has", next_step="Export it again from its program"
        )
    return sorted(found, key=lambda marker: marker.start_s)
