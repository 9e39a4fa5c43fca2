"""The columns that a table of songs can have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utawaku.library.language import msg, tr
from utawaku.library.records import Song
from utawaku.library.words import word
from utawaku.tui.text import bar, clock, shown


@dataclass(frozen=True)
class Column:
    """The display of one field of a song."""

    name: str
    title: str
    width: int
    """Least width in cells."""
    text: Callable[[Song], str]
    weight: int = 0
    """Share of the room that is left over; 0 stays at its width."""
    right: bool = False
    look: str = ""
    """Component class of `Rows` it is drawn in."""
    sort: str = ""
    """Field of the search language that a click on its title sorts by."""
    priority: int = 5
    """The highest leave first when the terminal is narrow."""
    middle: bool = False
    """True where long texts are cut in the middle: they differ at their end."""


def mark(song: Song) -> str:
    """The grade as one sign."""
    return {1: "♥", -1: "×", 0: "·"}.get(song.grade, " ") if song.grade is not None else " "


def _stars(song: Song) -> str:
    return "★" * (song.stars or 0)


def _taste(song: Song) -> str:
    return "" if song.taste is None else f"{bar(song.taste, 4)}{round(song.taste * 100):3}"


def title_of(song: Song) -> str:
    """The title, or where the song stands in its stream."""
    if song.title:
        return shown(song.title)
    return tr(
        "unknown {clock} · {stream_title}",
        clock=clock(song.start_s),
        stream_title=shown(song.stream_title),
    )


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("title", msg("Title"), 16, title_of, weight=4, sort="title", priority=0),
        Column(
            "artist", msg("Artist"), 10, lambda s: shown(s.artist), weight=3, sort="artist",
            priority=2, look="muted",
        ),
        Column(
            "singer", msg("Singer"), 10, lambda s: shown(s.singer), weight=2, sort="singer",
            priority=1,
        ),
        Column(
            "length", msg("Length"), 6, lambda s: clock(s.duration_s), right=True, sort="length",
            look="muted", priority=3,
        ),
        Column(
            "date", msg("Date"), 10, lambda s: s.uploaded_on, sort="date", look="muted",
            priority=6,
        ),
        Column("taste", msg("Taste"), 7, _taste, sort="taste", look="accent", priority=4),
        Column("stars", msg("Stars"), 5, _stars, sort="stars", look="warn", priority=5),
        Column(
            "plays", msg("Plays"), 5, lambda s: str(s.play_count or ""), right=True, sort="plays",
            look="muted", priority=7,
        ),
        Column(
            "bpm", "BPM", 4, lambda s: f"{s.bpm:.0f}" if s.bpm else "", right=True, sort="bpm",
            look="muted", priority=8,
        ),
        Column("key", msg("Key"), 4, lambda s: shown(s.key), sort="key", look="muted", priority=8),
        Column(
            "channel", msg("Channel"), 10, lambda s: shown(s.channel), weight=2, sort="channel",
            look="muted", priority=8,
        ),
        Column(
            "stream", msg("Stream"), 12, lambda s: shown(s.stream_title), weight=3, sort="stream",
            look="muted", priority=9, middle=True,
        ),
        Column(
            "source", msg("Named by"), 9, lambda s: word(s.label_source) or "–", look="muted",
            priority=9,
        ),
        Column(
            "confidence", msg("Cut"), 4, lambda s: f"{round(s.confidence * 100)}%", right=True,
            sort="confidence", look="muted", priority=9,
        ),
    )
}  # fmt: skip

DEFAULT = ("title", "artist", "singer", "length", "date", "taste", "stars")


DETAILS_FROM = 112
"""Cells of width from which the details stand beside the table unasked."""


def details_width(width: int) -> int:
    """Return the cells of the details pane beside the table, for a terminal of this width."""
    return min(72, max(38, width // 4))


def lay_out(columns: Sequence[Column], width: int, *, gap: int = 2) -> list[tuple[Column, int]]:
    """Widths of the columns that fit in `width` cells; the least important are left out."""
    kept = list(columns)
    while len(kept) > 1 and sum(c.width for c in kept) + gap * (len(kept) - 1) > width:
        kept.remove(max(kept, key=lambda c: c.priority))
    spare = max(0, width - sum(c.width for c in kept) - gap * (len(kept) - 1))
    weights = sum(c.weight for c in kept)
    widths = []
    for column in kept:
        share = spare * column.weight // weights if weights else 0
        widths.append(column.width + share)
    left = width - sum(widths) - gap * (len(kept) - 1)
    for index, column in enumerate(kept):
        if column.weight and left > 0:
            widths[index] += left
            break
    return list(zip(kept, widths, strict=True))
