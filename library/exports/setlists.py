"""Setlists for people: timestamps and names, one song a line."""

from collections.abc import Sequence
from typing import Protocol

from utawaku.library.text import clean_line
from utawaku.library.time_format import clock, long_clock


class NamedSpan(Protocol):
    """A song as a list needs it; `records.Song` and `records.SongSpan` both are."""

    @property
    def start_s(self) -> float:
        """Start in seconds."""

    @property
    def stop_s(self) -> float:
        """Stop in seconds."""

    @property
    def title(self) -> str:
        """Title, empty if unknown."""

    @property
    def artist(self) -> str:
        """Artist, empty if unknown."""


def hms(time_s: float, *, short: bool = False) -> str:
    """`HH:MM:SS` of a time, rounded down so that a link never starts late.

    `short` leaves out what is zero in front, as video sites write it: `1:02:03`, `2:03`.
    """
    return clock(time_s) if short else long_clock(time_s, hour_digits=2)


def name_of(song: NamedSpan, number: int, *, separator: str = " / ") -> str:
    """`Title / Artist` on one clean line, `Song 3` for one without a name."""
    names = [clean_line(song.title) or f"Song {number}", clean_line(song.artist)]
    return separator.join(name for name in names if name)


def song_list(songs: Sequence[NamedSpan], *, with_stop: bool = False) -> str:
    """One line a song: `HH:MM:SS Title / Artist`, or `HH:MM:SS - HH:MM:SS Title / Artist`."""
    lines = []
    for number, song in enumerate(songs, 1):
        stop = f" - {hms(song.stop_s)}" if with_stop else ""
        lines.append(f"{hms(song.start_s)}{stop} {name_of(song, number)}\n")
    return "".join(lines)


def setlist_comment(songs: Sequence[NamedSpan], *, title: str = "", with_stop: bool = False) -> str:
    """A numbered setlist as people leave it under a video; the site makes the times links.

    `with_stop` writes where each song ends too: `1. 5:12 - 9:44 Title / Artist`.
    """
    width = 2 if len(songs) > 9 else 1
    lines = [f"{clean_line(title)}\n"] if clean_line(title) else []
    for number, song in enumerate(songs, 1):
        time = hms(song.start_s, short=True)
        if with_stop:
            time += f" - {hms(song.stop_s, short=True)}"
        lines.append(f"{number:0{width}}. {time} {name_of(song, number)}\n")
    return "".join(lines)
