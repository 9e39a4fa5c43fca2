"""Setlists without times: the titles of an evening in the order in which they were sung.

Singers write such a list below a stream ("1. Title / Artist"). Songs that something else has named
are found in it; a run of unnamed songs between two of them is named by the lines between, where
both are as many.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from utawaku.models.labels.titles import same_song
from utawaku.models.setlist.commenters import author_of, is_by_channel
from utawaku.models.setlist.links import URL
from utawaku.models.setlist.numbering import without_numbers
from utawaku.models.setlist.parse import parse_setlist
from utawaku.models.setlist.sides import read_names, sides_of
from utawaku.models.setlist.stamps import drop_invisible
from utawaku.models.setlist.talk import HEADER, is_talk

MIN_SONGS = 3
"""Lines that make a list; two lines of anything can look like songs."""
MAX_TEXT, MAX_LINE = 50_000, 200
_ARTISTS_SHARE = 0.6
"""Share of the lines with an artist from which numbered lines without a heading are songs."""
_NUMBER = re.compile(
    r"^[\W_]{0,6}[^\W\d_]{0,10}[\W_]{0,3}(?:[0-9０-９一二三四五六七八九十ⅠIVXiv]|[①-㊿❶-➓])", re.M
)
"""A line that may begin with a number, in any form."""
_NOT_SUNG = re.compile(
    r"予定|候補|リクエスト(?:可|でき|受)|歌える|歌いたい|レパートリー|repertoire|planned|requestable"
    r"|can sing"
    r"|可点|点歌列表|點歌列表|曲库|曲庫|신청\s?가능|예정",
    re.IGNORECASE,
)
"""Words of a heading over songs that were not sung, or not yet."""

Name = tuple[str, str]
"""Title and artist; the artist may be empty."""


@dataclass(frozen=True, slots=True)
class OrderedList:
    """Songs of an evening in their order."""

    names: tuple[Name, ...]
    source: str
    """`description` or `comment`."""
    author: str
    by_channel: bool


@dataclass(frozen=True, slots=True)
class OrderedName:
    """A line of a list, and the reason why it names a song."""

    name: Name
    n_anchors: int
    """Songs next to the run that are known and stand in the list: 0 to 2."""


def find_ordered(info: Mapping[str, Any], known_artists: Collection[str] = ()) -> list[OrderedList]:
    """Return the lists without times in the description and comments of a yt-dlp `info` dict.

    The channel's own come first, longer ones before shorter ones. A text with times is left out:
    it is a setlist as any other.
    """
    texts = [(info.get("description"), "description", str(info.get("channel") or ""), True)]
    for comment in info.get("comments") or ():
        own = is_by_channel(comment, info)
        texts.append((comment.get("text"), "comment", author_of(comment), own))
    found = [
        OrderedList(names, source, author, own)
        for text, source, author, own in texts
        if isinstance(text, str) and (names := read_ordered(text, known_artists))
    ]
    return sorted(found, key=lambda one: (not one.by_channel, -len(one.names)))


def read_ordered(text: str, known_artists: Collection[str] = ()) -> tuple[Name, ...]:
    """Return the songs of a list without times, in its order; empty where a text holds none.

    A list is lines without a gap that are numbered from 1, most with an artist, or that stand
    below a heading ("Setlist"). The longest of a text counts.
    """
    text = drop_invisible(text[:MAX_TEXT])
    if text.count("\n") + 1 < MIN_SONGS:  # most comments: they need not be parsed
        return ()
    if not HEADER.search(text) and len(_NUMBER.findall(text)) < MIN_SONGS:
        return ()
    if len(parse_setlist(text)) > 1:
        return ()
    best: tuple[Name, ...] = ()
    heading = ""
    for block in _blocks(text):
        names = _names_of(block, heading, known_artists)
        best = max(best, names, key=len)
        heading = block[-1] if len(block) == 1 else ""
    return best


def read_titles(text: str, known_artists: Collection[str] = ()) -> tuple[Name, ...]:
    """Return the songs of a text that is known to be a list: else each line that is no heading."""
    listed = read_ordered(text, known_artists)
    if listed:
        return listed
    lines = [line.strip() for line in drop_invisible(text[:MAX_TEXT]).splitlines()]
    lines = [line for line in lines if line and len(line) <= MAX_LINE and not HEADER.search(line)]
    names = read_names(lines, sides_of(known_artists))
    return tuple((name.title, name.artist) for name in names if name.title and name.is_song)


def _blocks(text: str) -> list[list[str]]:
    """Lines that no empty line divides."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _names_of(block: Sequence[str], above: str, known_artists: Collection[str]) -> tuple[Name, ...]:
    headings = [above] if above else []
    lines = list(block)
    for index, line in enumerate(block[:-MIN_SONGS]):
        if HEADER.search(line) and not _is_counted([line, block[index + 1]]):
            headings, lines = [line], list(block[index + 1 :])
    headed = any(HEADER.search(heading) for heading in headings)
    numbered = without_numbers(lines)
    counted = [index for index, one in enumerate(numbered) if one.numbered]
    if len(counted) >= MIN_SONGS:
        # What stands before the first number or behind the last one is no part of the list.
        lines = lines[counted[0] : counted[-1] + 1]
        if len(counted) < len(lines):
            return ()
    elif not headed:
        return ()
    if len(lines) < MIN_SONGS or any(_NOT_SUNG.search(heading) for heading in headings):
        return ()
    if any(len(line) > MAX_LINE or URL.search(line) for line in lines):
        return ()
    names = read_names(lines, sides_of(known_artists, headings))
    songs = [name for name in names if name.title and name.is_song and not is_talk(name.title)]
    n_artists = sum(bool(name.artist) for name in songs)
    if len(songs) < MIN_SONGS or (not headed and n_artists < _ARTISTS_SHARE * len(songs)):
        return ()
    return tuple((name.title, name.artist) for name in songs)


def _is_counted(lines: Sequence[str]) -> bool:
    return all(one.numbered for one in without_numbers(lines))


def names_by_order(known: Sequence[Name | None], listed: Sequence[Name]) -> dict[int, OrderedName]:
    """Name the unnamed of an evening's songs by a list of their order.

    Args:
        known: title and artist of each song in the order of the evening; None where unnamed.
        listed: title and artist of each line of the list.

    Returns:
        index of a song -> its line. A run of unnamed songs is named where exactly as many lines
        lie between the songs around it; known songs that the list lacks end a run and name nothing.
    """
    anchors = _anchors(known, listed)
    places = [(-1, -1), *anchors, (len(known), len(listed))]
    named: dict[int, OrderedName] = {}
    for (song_before, line_before), (song_after, line_after) in pairwise(places):
        songs = range(song_before + 1, song_after)
        lines = range(line_before + 1, line_after)
        if len(songs) != len(lines) or any(known[index] is not None for index in songs):
            continue
        n_anchors = (song_before >= 0) + (song_after < len(known))
        for song, line in zip(songs, lines, strict=True):
            named[song] = OrderedName(listed[line], n_anchors)
    return named


def _anchors(known: Sequence[Name | None], listed: Sequence[Name]) -> list[tuple[int, int]]:
    """Known songs and their lines, in the order of both: the longest chain that rises."""
    pairs = []
    for song, name in enumerate(known):
        if name is None:
            continue
        lines = [line for line, other in enumerate(listed) if same_song(*name, *other)]
        if len(lines) == 1:  # one that is listed twice tells no place
            pairs.append((song, lines[0]))
    ends: list[int] = []  # lines at the ends of the best chains, by length
    chains: list[list[tuple[int, int]]] = []
    for song, line in pairs:
        place = bisect_left(ends, line)
        chain = [*(chains[place - 1] if place else []), (song, line)]
        if place == len(ends):
            ends.append(line)
            chains.append(chain)
        else:
            ends[place], chains[place] = line, chain
    return chains[-1] if chains else []
