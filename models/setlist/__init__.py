"""Setlists that people wrote: found, read, scored and merged."""

from utawaku.models.setlist.find import find_setlists, merge_setlists
from utawaku.models.setlist.live_chat import titles_in_chat
from utawaku.models.setlist.markers import Marker, read_markers
from utawaku.models.setlist.order import OrderedList, find_ordered, names_by_order, read_titles
from utawaku.models.setlist.parse import lines_of_markers, parse_setlist, read_timed_lines
from utawaku.models.setlist.subtitles import (
    TimedText,
    parse_subtitles,
    read_subtitles,
    shift_text,
    slice_text,
    to_srt,
)
from utawaku.models.setlist.talk import is_talk

__all__ = [
    "Marker",
    "OrderedList",
    "TimedText",
    "find_ordered",
    "find_setlists",
    "is_talk",
    "lines_of_markers",
    "merge_setlists",
    "names_by_order",
    "parse_setlist",
    "parse_subtitles",
    "read_markers",
    "read_subtitles",
    "read_timed_lines",
    "read_titles",
    "shift_text",
    "slice_text",
    "titles_in_chat",
    "to_srt",
]
