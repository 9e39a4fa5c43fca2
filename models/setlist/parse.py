"""From a text that a person wrote to setlist lines.

The times are found first (`forms`), then the words that belong to them (`rows`); then the list as a
whole decides what one line cannot: whether leading numbers count, what divides title and artist,
which side is the artist (`sides`), and which lines are talk (`songs_of_list`).
"""

from __future__ import annotations

import math
import re
import statistics
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from utawaku.library.errors import SetlistError
from utawaku.library.records import SetlistLine
from utawaku.models.labels.titles import title_key
from utawaku.models.setlist.markers import Marker
from utawaku.models.setlist.names import Name
from utawaku.models.setlist.rows import Row, rows_of
from utawaku.models.setlist.sides import read_names, sides_of
from utawaku.models.setlist.songs_of_list import songs_among
from utawaku.models.setlist.stamps import drop_invisible, fold_widths
from utawaku.models.setlist.subtitles import TimedText
from utawaku.models.setlist.talk import is_talk

MANY_CUES, BRIEF_S = 30, 12.0
"""So many subtitles that mostly show so briefly are the words that are sung."""

_LEADING_END = re.compile(r"[\s\-–—~〜→]*(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)[)\]】]?\s+(?=\S)")
_CORRECTION = re.compile(
    r"\W*(?:訂正|修正|正しくは|更正|勘误|勘誤|corrections?|corrected|fixed|정정)(?![^\W\d_])",
    re.IGNORECASE,
)
_CORRECTED_BY_S = 120.0
_UNKNOWN = re.compile(
    r"\W*(?:(?:曲名|曲|タイトル|歌名|title|song|제목|곡명)?\s?(?:不明|わからず|分からない|わからない|わかりません|未知|不知道|不详|不詳"
    r"|unknown(?: song| title)?|unidentified|모름|불명)|\(?[?？]{2,}\)?)\W*",
    re.IGNORECASE,
)
"""Words in a title's place of who did not know the song: a name for nothing, and no talk."""
_TOUCH_S = 0.1
"""Spans of which one begins so near the end of another touch: programs round to frames."""
_END_SLACK_S = 5.0
"""By so much the end of an entry may lie behind the start of the next one."""
MAX_TEXT = 200_000
"""Characters of one text that are read; a comment of a site is never that long."""


def parse_setlist(
    text: str, *, known_artists: Collection[str] = (), part_starts_s: Sequence[float] = ()
) -> list[SetlistLine]:
    """Read every stamped line of `text`, sorted by start, one line per start.

    Talk, opening and announcements are kept with `is_song=False`. Text without stamps gives [].
    `known_artists` are names that the library has: they help to tell the artist's side.
    `part_starts_s` are where the parts of the recording begin, in seconds: "P2 3:20" is 3:20 of the
    second one. Without them it is 3:20.
    """
    rows, headings = rows_of(text[:MAX_TEXT], part_starts_s)
    return _decided(rows, headings, known_artists)


def read_timed_lines(
    timed: Iterable[TimedText], *, known_artists: Collection[str] = ()
) -> list[SetlistLine]:
    """A setlist from texts that carry their times, such as subtitles: one song a cue.

    The text is read as a written line is ("01. Title / Artist"; a title above its artist). A cue's
    end is kept as the song's. Raises SetlistError when the cues are the words of songs.
    """
    cues = list(timed)
    if len(cues) >= MANY_CUES and statistics.median(c.stop_s - c.start_s for c in cues) < BRIEF_S:
        raise SetlistError(
            f"{len(cues)} cues of a few seconds are words, not a list of songs",
            next_step="Give subtitles that show each song's title, or a list of times and titles",
        )
    rows = []
    for cue in cues:
        raw = " / ".join(part.strip() for part in cue.text.splitlines() if part.strip())
        stop_s = cue.stop_s if cue.stop_s > cue.start_s else None
        rows.append(Row(cue.start_s, stop_s, drop_invisible(raw), raw))
    return _decided(rows, (), known_artists)


def lines_of_markers(
    markers: Iterable[Marker], *, known_artists: Collection[str] = ()
) -> list[SetlistLine]:
    """Return the setlist that markers of another program are, sorted by start.

    A name is read as a written line is, unless the format tells the artist apart. A marker without
    a name is a song whose title nobody told. Spans with parts of a second were set on the sound,
    and are cut just there. Spans that touch are chapters, with the talk in them, and tell no end.
    """
    timed = _without_shared_ends(sorted(markers, key=lambda one: one.start_s))
    on_sound = any(one.start_s % 1 or (one.stop_s or 0) % 1 for one in timed)
    rows, lines = [], []
    for one in timed:
        if one.name and not one.artist:
            rows.append(Row(one.start_s, one.stop_s, drop_invisible(one.name), one.name))
            continue
        words = " / ".join(filter(None, (one.name, one.artist)))
        is_song = not (one.name and is_talk(one.name))
        lines.append(SetlistLine(one.start_s, one.name, one.artist, one.stop_s, words, is_song))
    lines += _decided(rows, (), known_artists)
    return [
        replace(line, is_cut=on_sound and line.stop_s is not None)
        for line in sorted(lines, key=lambda line: line.start_s)
    ]


def _without_shared_ends(markers: Sequence[Marker]) -> Sequence[Marker]:
    n_touch = sum(
        one.stop_s is not None and abs(after.start_s - one.stop_s) <= _TOUCH_S
        for one, after in pairwise(markers)
    )
    if 2 * n_touch <= len(markers) - 1:
        return markers
    return [replace(one, stop_s=None) for one in markers]


def read_entries(
    entries: Iterable[tuple[float, str]], *, known_artists: Collection[str] = ()
) -> list[SetlistLine]:
    """A setlist from times and words that stand apart, such as chapters: `(start_s, words)`.

    yt-dlp makes chapters of the lines of a description, and of "0:12 - 3:40 Title" one that is
    named "3:40 Title": a time between an entry's start and the next one's is its end.
    """
    timed = list(entries)
    starts_s = [*sorted({start_s for start_s, _words in timed}), math.inf]
    rows = []
    for start_s, words in timed:
        next_s = starts_s[bisect_right(starts_s, start_s)]
        stop_s, name = _end_before(drop_invisible(words), start_s, next_s)
        rows.append(Row(start_s, stop_s, name, words))
    return _decided(rows, (), known_artists)


def _end_before(words: str, start_s: float, next_s: float) -> tuple[float | None, str]:
    """Return the end that stands before the name of an entry, and the name."""
    found = _LEADING_END.match(fold_widths(words))
    if found is None:
        return None, words
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    stop_s = float(hours * 3600 + minutes * 60 + seconds)
    if not start_s < stop_s <= next_s + _END_SLACK_S:
        return None, words
    return stop_s, words[found.end() :]


def _corrected(lines: Sequence[SetlistLine]) -> list[SetlistLine]:
    """Drop the lines that another one of the text corrects: "訂正 10:25 Title"."""
    right = [line for line in lines if line.is_song and _CORRECTION.match(line.raw)]
    return [
        line
        for line in lines
        if _CORRECTION.match(line.raw) or not any(_corrects(one, line) for one in right)
    ]


def _corrects(right: SetlistLine, wrong: SetlistLine) -> bool:
    """Return whether two lines are of one song: the same moment, or one title a little apart."""
    apart_s = abs(right.start_s - wrong.start_s)
    same_title = title_key(right.title) == title_key(wrong.title)
    return apart_s <= _END_SLACK_S or (apart_s <= _CORRECTED_BY_S and same_title)


def listlikeness(text: str, *, part_starts_s: Sequence[float] = ()) -> float:
    """Share of the stamped lines of `text` that look like list entries and not like remarks."""
    rows, _ = rows_of(text[:MAX_TEXT], part_starts_s)
    names = _names(rows, (), ())
    named = [(row, name) for row, name in zip(rows, names, strict=True) if name.title]
    entries = sum(n.marked or r.numbered or not n.is_song for r, n in named)
    return entries / len(named) if named else 0.0


def _names(
    rows: Sequence[Row], headings: Sequence[str], known_artists: Collection[str]
) -> list[Name]:
    """The names of all rows; sentences take no part in what the list decides."""
    lists = [row for row in rows if not row.sentence]
    sides = sides_of(known_artists, headings)
    read = iter(read_names([r.name for r in lists], sides, [r.numbered for r in lists]))
    alone = iter(read_names([row.name], sides)[0] for row in rows if row.sentence)
    return [next(alone) if row.sentence else next(read) for row in rows]


def _decided(
    rows: Sequence[Row], headings: Sequence[str], known_artists: Collection[str]
) -> list[SetlistLine]:
    """Return what the list as a whole says about its lines; sorted, one line per start."""
    names = _names(rows, headings, known_artists)
    songs = songs_among(rows, names, headings)
    lines = [
        SetlistLine(row.start_s, name.title, name.artist, row.stop_s, row.raw, is_song)
        for row, name, is_song in zip(rows, names, songs, strict=True)
        if not _UNKNOWN.fullmatch(name.title)
    ]
    unique: dict[float, SetlistLine] = {}
    for line in sorted(
        _corrected(lines), key=lambda line: (line.start_s, not line.is_song, not line.title)
    ):
        unique.setdefault(line.start_s, line)
    return list(unique.values())
