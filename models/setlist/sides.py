"""Title and artist told apart by the list as a whole.

The separator that divides most lines comes first. Words in brackets at the end are artists when
most lines have them. The left side holds the artists when it repeats under several titles while the
right one does not, when the library knows it, or when a heading says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from utawaku.models.labels.titles import artist_key, title_key
from utawaku.models.setlist.names import Name, read_name
from utawaku.models.setlist.notes import (
    artist_without_notes,
    bracketed_tail,
    is_surely_version,
    is_version,
    without_remarks,
)
from utawaku.models.setlist.numbering import without_numbers
from utawaku.models.setlist.reactions import is_reaction
from utawaku.models.setlist.separators import divides, order_for
from utawaku.models.setlist.talk import is_talk

_ARTIST_WORD = (
    r"(?:アーティスト名?|歌手名?|原唱|artists?|singers?|가수|penyanyi|ca\s?sĩ|artiste|cantante)"
)
_TITLE_WORD = (
    r"(?:曲名|タイトル|歌名|曲|歌(?![手い唄])|うた|titles?|songs?|tracks?|제목|곡명|곡|노래|judul|lagu"
    r"|bài(?:\s?hát)?|titre)"
)
_JOINT = r"\s*[)）」\]]?\s*[-–—/／|｜,\t:：]\s*[(（「\[]?\s*"
_ARTIST_FIRST = re.compile(rf"{_ARTIST_WORD}{_JOINT}{_TITLE_WORD}", re.IGNORECASE)
_TITLE_FIRST = re.compile(rf"{_TITLE_WORD}{_JOINT}{_ARTIST_WORD}", re.IGNORECASE)
_HONORIFIC = re.compile(r"(?<=..)\s?(?:さん|さま|様|氏|先生|님)$")
_SHORT_HONORIFIC = re.compile(r"(?<=.)\s?(?:さん|さま|様|님)$|(?<=..)\s?(?:氏|先生)$")
"""The same behind a name of one character, for lists in which most artists have it."""
_POSSESSIVE = re.compile(r"(?<=..)の$")
_CONSTANT_LABEL = re.compile(r"^\s*([^\W\d_][^:：\d]{0,14}?)\s*[:：]\s*(?=\S)")
_FOREIGN = re.compile("[\u0400-\u04ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LATIN = re.compile(r"[A-Za-z]{2}")
_SIGN = re.compile("[\u2600-\u27bf♡♥★☆♪♫♬♩◆◇●○•・]")


@dataclass(frozen=True, slots=True)
class Sides:
    """Facts beside the list itself."""

    known_artists: frozenset[str] = frozenset()
    """Folded names (`artist_key`) of artists that the library has."""
    headings: tuple[str, ...] = ()


def sides_of(known_artists: Collection[str] = (), headings: Sequence[str] = ()) -> Sides:
    """Fold the known artists' names for comparison."""
    keys = (artist_key(artist) for artist in known_artists)
    return Sides(frozenset(key for key in keys if key), tuple(headings))


def read_names(texts: Sequence[str], sides: Sides, numbered: Sequence[bool] = ()) -> list[Name]:
    """Title and artist of each text, which belong to one list."""
    has_number = list(numbered) or [False] * len(texts)
    if 2 * sum(has_number) < len(texts) or len(texts) < 2:
        read = without_numbers(texts)
        texts = [one.rest for one in read]
        has_number = [before or now.numbered for before, now in zip(has_number, read, strict=True)]
    texts = _without_constant_sign(_without_singers(_without_constant_label(texts)))
    words = [without_remarks(text.strip(" \u3000-–—|｜:：")) for text in texts]
    named = [text for text in words if not is_talk(text) and not is_reaction(text)]
    separators = order_for(named or words)
    names = [read_name(text, separators) for text in texts]
    names = [
        replace(name, marked=name.marked or (number and name.is_song))
        for name, number in zip(names, has_number, strict=True)
    ]
    names = _without_readings(_longer_titles(names))
    names = _artists_in_brackets(names)
    return _without_honorifics(_artist_first(names, sides))


def _without_constant_label(texts: Sequence[str]) -> list[str]:
    """A word and a colon before most names ("Song: ", "曲名：") belong to no name."""
    matches = [_CONSTANT_LABEL.match(text) for text in texts]
    labels = Counter(match[1].casefold() for match in matches if match)
    if not labels:
        return list(texts)
    label, n = labels.most_common(1)[0]
    if re.search(_ARTIST_WORD, label, re.IGNORECASE):
        return list(texts)
    # Any other word may be an artist who is sung all evening.
    if not re.search(_TITLE_WORD, label, re.IGNORECASE) or n < max(2, 0.6 * len(texts)):
        return list(texts)
    return [
        text[match.end() :] if match and match[1].casefold() == label else text
        for text, match in zip(texts, matches, strict=True)
    ]


def _without_singers(texts: Sequence[str]) -> list[str]:
    """Drop who sang before "Singer: Title / Artist", where a few names take turns on all lines."""
    matches = [_CONSTANT_LABEL.match(text) for text in texts]
    singers = Counter(match[1].casefold() for match in matches if match)
    n_divided = sum(
        bool(match) and divides(text[match.end() :])  # type: ignore[union-attr]
        for text, match in zip(texts, matches, strict=True)
    )
    if len(texts) < 4 or n_divided < 0.8 * len(texts) or 2 * len(singers) > len(texts):
        return list(texts)
    return [
        text[match.end() :] if match else text for text, match in zip(texts, matches, strict=True)
    ]


def _without_constant_sign(texts: Sequence[str]) -> list[str]:
    """Drop a sign that nearly every text ends with ("♡"); behind one title it is a part of it."""
    ends = [text.rstrip()[-1:] for text in texts]
    sign, n = Counter(ends).most_common(1)[0] if texts else ("", 0)
    n_names = sum(not (is_talk(text) or is_reaction(text)) for text in texts)
    if n < max(3, 0.8 * n_names) or not _SIGN.fullmatch(sign):
        return list(texts)
    return [
        text.rstrip().rstrip(sign) or text if end == sign else text
        for text, end in zip(texts, ends, strict=True)
    ]


def _longer_titles(names: Sequence[Name]) -> list[Name]:
    """`Title - Remix - Artist`: the last part is the artist where other lines say so."""
    artists = {artist_key(name.artist) for name in names if name.how and len(name.fields) == 2}
    out = []
    for name in names:
        if name.how == "sides" and len(name.fields) == 3:
            second, third = (artist_key(artist_without_notes(f)) for f in name.fields[1:])
            if third in artists and second not in artists:
                cut = name.words.rfind(name.fields[2])
                title = name.words[:cut].rstrip(" \t-–—/／|｜")
                name = replace(name, title=title, artist=artist_without_notes(name.fields[2]))
        out.append(name)
    return out


def _without_readings(names: Sequence[Name]) -> list[Name]:
    """Keep the title in its own letters where most titles have a reading in Latin ones beside.

    "夜明けの歌 (Yoake no Uta) / X" and "Yoake no Uta (夜明けの歌) / X".
    """
    songs = [name for name in names if name.is_song and name.artist]
    written = {id(name): own for name in songs if (own := _own_letters(name.title))}
    if len(written) < 3 or len(written) < 0.6 * len(songs):
        return list(names)
    return [replace(name, title=written.get(id(name), name.title)) for name in names]


def _own_letters(title: str) -> str:
    """Return the side of "title (reading)" that is in no Latin letters; empty for other titles."""
    head, inner = bracketed_tail(title)
    if not head or is_surely_version(inner):
        return ""
    foreign = [bool(_FOREIGN.search(side)) for side in (head, inner)]
    latin = [bool(_LATIN.search(side)) and not _FOREIGN.search(side) for side in (head, inner)]
    if foreign[0] and latin[1]:
        return head
    return inner if latin[0] and foreign[1] else ""


def _artists_in_brackets(names: Sequence[Name]) -> list[Name]:
    """`Title (Artist)` is taken apart when most lines without an artist are written so."""
    artists = {artist_key(name.artist) for name in names if name.artist}
    bare = [name for name in names if name.is_song and not name.artist]
    # "Ed Sheeran" has the word for an ending in it, "泣き虫" one for a moment: the others decide
    # about such tails.
    judged = [name for name in bare if not (is_version(name.paren) or is_reaction(name.paren))]
    tails = [name for name in judged if name.paren]
    usual = len(tails) >= 2 and 2 * len(tails) >= len(judged)
    out = []
    for name in names:
        if name.paren and (usual or artist_key(name.paren) in artists):
            head, inner = bracketed_tail(name.title)
            if head:
                name = replace(
                    name, title=head, artist=artist_without_notes(inner), paren="",
                    marked=True, how="brackets", is_song=True,
                )  # fmt: skip
        out.append(name)
    return out


def _artist_first(names: Sequence[Name], sides: Sides) -> list[Name]:
    """Swap the sides where the artist stands on the left."""
    divided = [name for name in names if name.how == "sides" and name.artist]
    heavy = [name for name in names if name.how == "heavy" and name.artist]
    swap_sides = _left_score(divided, names, sides) > 0
    swap_heavy = _repeats(heavy) > 0
    artists = _settled_artists(names, swap_sides) | sides.known_artists
    titles = Counter(title_key(n.artist if swap_sides else n.title) for n in divided)
    out = []
    for name in names:
        if name.how == "heavy" and name.artist and swap_heavy:
            name = _swapped(name)
        elif name.how == "sides" and name.artist:
            left, right = artist_key(name.title), artist_key(name.artist)
            odd = (right if swap_sides else left) in artists and (
                (left if swap_sides else right) not in artists
            )
            # One line the other way round: its title side is an artist of other lines.
            if odd and titles[title_key(name.artist if swap_sides else name.title)] < 2:
                out.append(name if swap_sides else _swapped(name))
                continue
            name = _swapped(name) if swap_sides else name
        out.append(name)
    return out


def _without_honorifics(names: Sequence[Name]) -> list[Name]:
    """Drop "さん" and its like behind artists where most have it: one alone may be a name."""
    names = _without_possessives(names)
    given = [name for name in names if name.artist]
    polite = [name for name in given if _HONORIFIC.search(name.artist)]
    if len(polite) < 2 or 2 * len(polite) < len(given):
        return list(names)
    return [replace(name, artist=_SHORT_HONORIFIC.sub("", name.artist)) for name in names]


def _without_possessives(names: Sequence[Name]) -> list[Name]:
    """Drop "の" between artist and quoted title where all have it: one alone may be a name."""
    quoted = [name for name in names if name.how == "quoted" and name.artist]
    whose = {artist_key(name.artist) for name in quoted if _POSSESSIVE.search(name.artist)}
    if len(whose) < 2 or not all(_POSSESSIVE.search(name.artist) for name in quoted):
        return list(names)
    return [
        replace(name, artist=_POSSESSIVE.sub("", name.artist)) if name.how == "quoted" else name
        for name in names
    ]


def _settled_artists(names: Sequence[Name], swapped: bool) -> frozenset[str]:
    """Artists that two lines of the list, or its quotes and labels, name."""
    counts: Counter[str] = Counter()
    for name in names:
        if name.how in ("label", "quoted", "brackets") and name.artist:
            counts[artist_key(name.artist)] += 2
        elif name.how == "sides":
            counts[artist_key(name.title if swapped else name.artist)] += 1
    return frozenset(key for key, n in counts.items() if key and n >= 2)


def _left_score(divided: Sequence[Name], names: Sequence[Name], sides: Sides) -> float:
    """Above 0 where the left sides are the artists."""
    headings = "\n".join(sides.headings[:12])
    score = 0.0
    if _ARTIST_FIRST.search(headings):
        score += 3
    elif _TITLE_FIRST.search(headings):
        score -= 3
    told = {artist_key(n.artist) for n in names if n.how in ("label", "quoted", "brackets")}
    known = (sides.known_artists | told) - {""}
    for name in divided:
        left, right = artist_key(name.title) in known, artist_key(name.artist) in known
        score += left - right
    return score + 1.5 * _repeats(divided)


def _repeats(names: Sequence[Name]) -> int:
    """Return how many more times the left sides repeat than the right ones, under other
    partners.
    """
    pairs = {(artist_key(name.title), artist_key(name.artist)) for name in names}
    left = Counter(pair[0] for pair in pairs if pair[0])
    right = Counter(pair[1] for pair in pairs if pair[1])
    return sum(left.values()) - len(left) - (sum(right.values()) - len(right))


def _swapped(name: Name) -> Name:
    title = without_remarks(name.fields[1]) if len(name.fields) > 1 else name.artist
    return replace(name, title=title, artist=artist_without_notes(name.title))
