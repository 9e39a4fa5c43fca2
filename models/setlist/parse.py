"""From a text that a person wrote to setlist lines.

A line is read by itself first; then the list as a whole decides what one line cannot: whether
leading numbers count, whether brackets at the end hold artists, which side of the separator is the
artist, whether titles stand above or below their stamps, and which unmarked lines are talk.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from utawaku.library.errors import SetlistError
from utawaku.library.records import SetlistLine
from utawaku.models.labels.titles import artist_key
from utawaku.models.setlist.names import Name, drop_bare_number, read_name, split_paren
from utawaku.models.setlist.stamps import Stamp, drop_invisible, find_stamps, fold_widths
from utawaku.models.setlist.subtitles import TimedText
from utawaku.models.setlist.talk import is_talk

MANY_CUES, BRIEF_S = 30, 12.0
"""So many subtitles that mostly show so briefly are the words that are sung."""

MAX_SONG_S = 20 * 60.0
"""A second stamp at the end of a line is a stop only within this time of the first."""

_EMPTY = re.compile(r"[\s()\[\]（）【】<>「」・:;,./|~\-–—]*")
_BRACKETS = {"(": ")", "[": "]", "<": ">", "{": "}", "（": "）", "【": "】", "［": "］"}


@dataclass(frozen=True)
class _Entry:
    stamp: Stamp
    name: Name
    raw: str


def parse_setlist(text: str) -> list[SetlistLine]:
    """Read every stamped line of `text`, sorted by start, one line per start.

    Talk, opening and announcements are kept with `is_song=False`. Text without stamps gives [].
    """
    entries: list[_Entry] = []
    for raw, stamps, pieces in _rows(text):
        entries.extend(_entries_of(raw, stamps, pieces))
    return _decided(entries)


def read_timed_lines(timed: Iterable[TimedText]) -> list[SetlistLine]:
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
    entries = []
    for cue in cues:
        raw = " / ".join(part.strip() for part in cue.text.splitlines() if part.strip())
        stamp = Stamp(cue.start_s, cue.stop_s if cue.stop_s > cue.start_s else None, 0, 0)
        entries.append(_Entry(stamp, read_name(drop_invisible(raw)), raw))
    return _decided(entries)


def _decided(entries: list[_Entry]) -> list[SetlistLine]:
    """What the list as a whole says about its lines; sorted, one line per start."""
    entries = _drop_counting(entries)
    entries = _artists_in_parens(entries)
    entries = _artist_first(entries)
    lines = [_line(entry, entries) for entry in entries]
    unique: dict[float, SetlistLine] = {}
    for line in sorted(lines, key=lambda line: (line.start_s, not line.title)):
        unique.setdefault(line.start_s, line)
    return list(unique.values())


def structure(text: str) -> float:
    """Share of the stamped lines of `text` that look like list entries and not like remarks."""
    names = [
        entry.name
        for raw, stamps, pieces in _rows(text)
        for entry in _entries_of(raw, stamps, pieces)
    ]
    named = [name for name in names if name.title]
    return sum(name.marked or not name.is_song for name in named) / len(named) if named else 0.0


def _rows(text: str) -> list[tuple[str, list[Stamp], list[str]]]:
    """Each stamped line with the texts around its stamps; lone stamps take a neighbouring line."""
    lines = [line.strip() for line in drop_invisible(text).splitlines()]
    stamps = [find_stamps(line) for line in lines]
    rows = []
    names_above = _names_stand_above(lines, stamps)
    artists_below = _artists_stand_below(lines, stamps)
    for index, (line, found) in enumerate(zip(lines, stamps, strict=True)):
        if not found:
            continue
        pieces = _pieces(line, found)
        raw = line
        if len(found) == 1 and not any(pieces):
            neighbour = _neighbour(lines, stamps, index, above=names_above)
            if neighbour:
                raw, pieces = f"{line} {neighbour}", ["", neighbour]
        elif artists_below and index + 1 < len(lines) and lines[index + 1]:
            raw, pieces = (
                f"{line} / {lines[index + 1]}",
                [pieces[0], f"{pieces[1]} / {lines[index + 1]}"],
            )
        rows.append((raw, found, pieces))
    return rows


def _pieces(line: str, stamps: Sequence[Stamp]) -> list[str]:
    edges = [0, *(edge for stamp in stamps for edge in (stamp.first, stamp.last)), len(line)]
    pieces = [line[edges[i] : edges[i + 1]].strip() for i in range(0, len(edges), 2)]
    for i in range(len(stamps)):
        # Brackets around the stamp itself belong to no name.
        if (
            pieces[i]
            and pieces[i][-1] in _BRACKETS
            and pieces[i + 1][:1] == _BRACKETS[pieces[i][-1]]
        ):
            pieces[i], pieces[i + 1] = pieces[i][:-1].strip(), pieces[i + 1][1:].strip()
    return ["" if _EMPTY.fullmatch(fold_widths(piece)) else piece for piece in pieces]


def _lone(line: str, stamps: Sequence[Stamp]) -> bool:
    return len(stamps) == 1 and not any(_pieces(line, stamps))


def _names_stand_above(lines: Sequence[str], stamps: Sequence[list[Stamp]]) -> bool:
    lone = [i for i, line in enumerate(lines) if _lone(line, stamps[i])]
    if not lone:
        return False

    def is_name(index: int) -> bool:
        return 0 <= index < len(lines) and bool(lines[index]) and not stamps[index]

    return sum(is_name(i - 1) for i in lone) > sum(is_name(i + 1) for i in lone)


def _artists_stand_below(lines: Sequence[str], stamps: Sequence[list[Stamp]]) -> bool:
    """Whether each line `stamp title` is followed by exactly one line, which must be the artist."""
    stamped = [i for i, found in enumerate(stamps) if found]
    if len(stamped) < 2:
        return False

    def has_one_below(index: int) -> bool:
        below = [bool(lines[j]) and not stamps[j] for j in range(index + 1, len(lines))][:2]
        title = _pieces(lines[index], stamps[index])[-1]
        alone = len(stamps[index]) == 1 and bool(title) and not read_name(title).artist
        return alone and below[:1] == [True] and below[1:] != [True]

    return sum(map(has_one_below, stamped)) >= 0.8 * len(stamped)


def _neighbour(
    lines: Sequence[str], stamps: Sequence[list[Stamp]], index: int, *, above: bool
) -> str:
    step = -1 if above else 1
    texts: list[str] = []
    place = index + step
    while 0 <= place < len(lines) and lines[place] and not stamps[place] and len(texts) < 3:
        texts.append(lines[place])
        place += step
    if above:
        texts = texts[:1]
    # Two lines after a stamp are title and artist; more are a paragraph, of which the first counts.
    if len(texts) == 2:
        return " / ".join(texts)
    return texts[0] if texts else ""


def _entries_of(raw: str, stamps: Sequence[Stamp], pieces: Sequence[str]) -> list[_Entry]:
    before, after = pieces[0], list(pieces[1:])
    if len(stamps) == 2 and not after[1]:
        first, second = stamps
        gap_s = second.start_s - first.start_s
        if after[0] and not read_name(before).title and 0 < gap_s <= MAX_SONG_S:
            # "0:05:12 Title 0:09:44": a start, a name, a stop.
            joined = replace(first, stop_s=second.start_s)
            return [_Entry(joined, read_name(after[0]), raw)]
    if before and not after[-1]:
        # "Title 0:05:12 Other 0:09:44": names stand before their stamps.
        names = [before, *after[:-1]]
    else:
        names = after
        if len(stamps) == 1 and before and not _is_prefix(before):
            names = [f"{before} {after[0]}" if _EMPTY.fullmatch(after[0]) else after[0]]
    return [_Entry(stamp, read_name(name), raw) for stamp, name in zip(stamps, names, strict=True)]


def _is_prefix(text: str) -> bool:
    name = read_name(text)
    return not name.title or name.title.isdigit()


def _drop_counting(entries: list[_Entry]) -> list[_Entry]:
    """Leading bare numbers go when they count up along the list."""
    numbers = [entry.name.bare_number for entry in entries if entry.name.bare_number is not None]
    steps = sum(after - before == 1 for before, after in itertools.pairwise(numbers))
    if len(numbers) < 2 or steps < 0.7 * (len(numbers) - 1) or len(numbers) < 0.5 * len(entries):
        return entries
    dropped = []
    for entry in entries:
        name = entry.name
        if name.bare_number is not None:
            title = drop_bare_number(name.title)
            talk = not name.artist and is_talk(title)
            name = replace(name, title=title, marked=not talk, is_song=not talk)
        dropped.append(replace(entry, name=name))
    return dropped


def _artists_in_parens(entries: list[_Entry]) -> list[_Entry]:
    """`Title (Artist)` is taken apart when most song lines are written so."""
    songs = [entry for entry in entries if entry.name.is_song]
    parens = sum(bool(entry.name.paren) for entry in songs)
    if parens < 2 or parens < 0.5 * len(songs):
        return entries
    out = []
    for entry in entries:
        if entry.name.paren:
            title, artist = split_paren(entry.name.title)
            name = replace(entry.name, title=title, artist=artist, paren="", marked=True)
            entry = replace(entry, name=name)
        out.append(entry)
    return out


def _artist_first(entries: list[_Entry]) -> list[_Entry]:
    """Swap the sides when the left ones repeat and the right ones do not: those are artists.

    An artist comes several times in an evening, a title seldom. Brackets already said which is
    which, so only lines that a separator divided are looked at.
    """
    divided = [e for e in entries if e.name.artist and not re.search("[「『《“]", e.raw)]
    left = Counter(artist_key(entry.name.title) for entry in divided)
    right = Counter(artist_key(entry.name.artist) for entry in divided)
    repeated_left = sum(count - 1 for count in left.values())
    repeated_right = sum(count - 1 for count in right.values())
    if repeated_left < 2 or repeated_left < 2 * repeated_right + 1:
        return entries
    swapped = {
        id(entry): replace(
            entry, name=replace(entry.name, title=entry.name.artist, artist=entry.name.title)
        )
        for entry in divided
    }
    return [swapped.get(id(entry), entry) for entry in entries]


def _line(entry: _Entry, entries: Sequence[_Entry]) -> SetlistLine:
    name = entry.name
    marked = sum(other.name.marked for other in entries)
    claimed = sum(other.name.is_song for other in entries)
    # Among marked songs an unmarked line is a remark ("0:45:10 she sneezed").
    remark = not name.marked and marked >= 3 and marked >= 0.6 * claimed
    return SetlistLine(
        start_s=entry.stamp.start_s,
        title=name.title,
        artist=name.artist,
        stop_s=entry.stamp.stop_s,
        raw=entry.raw,
        is_song=name.is_song and not remark,
    )
