"""The lines of a list that are songs: each line's marks, weighed against the whole list.

The weights are log-odds. A line by itself is likely a song; a list in which most songs are
numbered or carry an artist makes a line without that an unlikely one, the more so when it is
indented, stands close behind the line before, or tells of a moment. A list in which nothing is
marked and many lines tell of moments holds no songs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from utawaku.models.labels.titles import artist_key
from utawaku.models.setlist.names import Name
from utawaku.models.setlist.reactions import is_reaction
from utawaku.models.setlist.rows import Row
from utawaku.models.setlist.talk import HEADER, is_surely_talk, is_talk

_MEDLEYS = re.compile(r"メドレー|medley|串烧|串燒|메들리", re.IGNORECASE)
_PRIOR = 1.6
_NUMBERED, _ARTIST, _QUOTED, _SIGN, _STOP = 4.0, 3.0, 2.0, 1.0, 2.0
_MEDLEY = 2.0
_NOT_LIKE_THE_OTHERS = -3.1
"""The less so, the fewer lines show the habit."""
_REACTION, _ALL_REACTIONS, _TALK, _SENTENCE = -2.0, -3.0, -8.0, -6.0
_INDENTED, _CLOSE_BEHIND, _FAR = -2.5, -1.5, 2.0
CLOSE_S = 75.0
_FAR_S = 170.0


@dataclass(frozen=True, slots=True)
class _Habits:
    """The marks that the list's songs carry."""

    numbered: bool
    artists: bool
    signs: bool
    quotes: bool
    n_marked: int
    base_indent: int
    moments: float
    """Share of the unmarked lines that tell of a moment."""
    artists_twice: frozenset[str]
    """Artists of two lines."""

    def sings(self, name: Name) -> bool:
        """Return whether a line that reads like talk ("Opening / The Lanterns") has an artist."""
        if name.artist and is_talk(name.artist):  # "Intro/Greetings"
            return False
        if is_surely_talk(name.title):
            return bool(name.artist) and artist_key(name.artist) in self.artists_twice
        return bool(name.artist)


def songs_among(rows: Sequence[Row], names: Sequence[Name], headings: Sequence[str]) -> list[bool]:
    """Return whether each row is a song; rows in the order of the text."""
    likely = [name.is_song and not row.sentence for row, name in zip(rows, names, strict=True)]
    habits = _habits(rows, names, likely)
    headed = any(HEADER.search(heading) for heading in headings)
    times = sorted((row.start_s, index) for index, row in enumerate(rows))
    before = {index: start - last for (last, _), (start, index) in pairwise(times)}
    after = {index: following - start for (start, index), (following, _) in pairwise(times)}
    return [
        bool(name.title)
        and _log_odds(row, name, habits, before.get(index), after.get(index), headed=headed) > 0
        for index, (row, name) in enumerate(zip(rows, names, strict=True))
    ]


def _habits(rows: Sequence[Row], names: Sequence[Name], likely: Sequence[bool]) -> _Habits:
    songs = [(r, n) for r, n, song in zip(rows, names, likely, strict=True) if song]
    n_artists = sum(bool(n.artist) for _, n in songs)
    n_numbered = sum(r.numbered for r, _ in songs)
    quotes = 2 * sum(n.how == "quoted" for _, n in songs) >= len(songs)
    n_signs = sum(_is_marked(r, n, quotes=quotes) for r, n in songs)
    bare = [n for r, n in songs if not _is_marked(r, n, quotes=quotes)]
    moments = sum(is_reaction(n.title) for n in bare) / len(bare) if bare else 0.0
    # Remarks may outnumber the songs: three marked lines are a habit where few lines could be bare
    # songs, that is, where most of the others are indented or tell of moments.
    n_bare_songs = sum(not is_reaction(n.title) for n in bare)

    def habit(n_marked: int) -> bool:
        n_others = len(songs) - n_marked
        return (
            n_marked >= 2 and (n_marked >= 0.6 * len(songs) or n_marked >= 2 * n_bare_songs > 0)
        ) or (n_marked >= 3 and n_others > 0 and n_marked >= n_bare_songs)

    marked = [r.indent for r, n in songs if _is_marked(r, n, quotes=quotes)]
    depths = marked or [r.indent for r, _ in songs]
    return _Habits(
        habit(n_numbered),
        habit(n_artists),
        habit(n_signs),
        quotes,
        max(n_numbered, n_artists, n_signs),
        min(depths, default=0),
        moments,
        frozenset(key for key, n in Counter(artist_key(n.artist) for n in names).items() if n > 1),
    )


def _is_marked(row: Row, name: Name, *, quotes: bool) -> bool:
    """Return whether a line has more than bare words; a quotation among lines without one has
    not.
    """
    if row.numbered or name.artist:
        return True
    spoken = name.how == "quoted" and not quotes and re.search('["“]', row.raw)
    return name.marked and not spoken


def _log_odds(
    row: Row,
    name: Name,
    habits: _Habits,
    before_s: float | None,
    after_s: float | None,
    *,
    headed: bool,
) -> float:
    total = _PRIOR
    marked = _is_marked(row, name, quotes=habits.quotes)
    if row.sentence:
        total += _SENTENCE
    # A number makes a song of "Opening", unless the other songs have artists besides.
    numbered_song = row.numbered and not habits.artists
    if is_talk(name.title) and not numbered_song and not habits.sings(name):
        total += _TALK
    total += _STOP * (row.stop_s is not None)
    total += _NUMBERED * row.numbered + _ARTIST * bool(name.artist)
    total += _MEDLEY * bool(_MEDLEYS.search(name.title))
    # Brackets around a name among numbered songs with artists head a singer's part.
    heads = habits.numbered and habits.artists and not (row.numbered or name.artist)
    total += (_QUOTED * (name.how in ("quoted", "heavy")) + _SIGN) * (marked and not heads)
    lacks = (habits.numbered and not row.numbered) or (habits.artists and not name.artist)
    lacks = lacks or (habits.signs and not marked)
    if not lacks:
        total += headed
    elif not (row.numbered or name.artist):
        total += _NOT_LIKE_THE_OTHERS * habits.n_marked / (habits.n_marked + 2)
        if before_s is not None and before_s < CLOSE_S:
            total += _CLOSE_BEHIND
        elif not heads and (before_s or 0) >= _FAR_S and (after_s or 0) >= _FAR_S:
            total += _FAR
    if not marked and is_reaction(name.title):
        total += _REACTION + _ALL_REACTIONS * (habits.moments >= 0.4)
    elif not marked and habits.moments >= 0.4 and not headed:
        total += _ALL_REACTIONS
    if row.indent > habits.base_indent and not row.numbered:
        total += _INDENTED * (1 if not name.artist else 0.3)
    return total
