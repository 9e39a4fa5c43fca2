"""One line's words taken apart: decoration, number, title, artist, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from utawaku.models.setlist.notes import (
    artist_without_notes,
    bracketed_tail,
    is_own_song,
    is_remark,
    is_surely_version,
    is_version,
    is_version_alone,
    labelled_artist,
    split_at_label,
    without_remarks,
    without_remarks_inside,
    without_title_label,
)
from utawaku.models.setlist.numbering import without_sure_number
from utawaku.models.setlist.reactions import is_reaction
from utawaku.models.setlist.separators import ALWAYS, split_outside_brackets
from utawaku.models.setlist.talk import is_talk

_SYMBOLS = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff♪♫♬♩"
_EDGES = re.compile(r"^[\s\-–—―‐−~〜～|｜│:：・、,.。>»→⇒/／]+(?=\S)|[\s|｜│>»、,，;；:：→/／]+$")
_LEADING = re.compile(
    f"^[\\s|│┊┆┇┋╎╏├└┃┗┣┝╰↳»›>･・•‣⁃●◦○◎◆◇■□▶►▷▸◀◁◂◄▼▽▲△✦✧※*+=_~,、。:：;\\-–—―→⇒⏩{_SYMBOLS}]+"
)
_TRAILING = re.compile(
    f"(?:[\\s|│>»･•●◎◆■□▶※,、;:：→\U0001f000-\U0001faff]|(?<=\\s)[・○◇★☆{_SYMBOLS}]+"
    "|(?<=[^\\W\\d_]|[)）」』】])[♪♫♬♩](?=$)"
    "|(?<=[\\s)）」』】])(?:<3+|</3|:[)D3]|;[)]|\\^_?\\^|[xX]D)"
    # A dash that closes "-subtitle-" belongs to the title; one after a space does not.
    "|(?<=\\s)[-–—―~〜～]|(?<=\\s)[-–—―~〜～]{2})+$"
)
_MUSIC_SIGN = re.compile("[♪♫♬♩🎵🎶🎤🎼🎙]")
_ENCORE = re.compile(
    r"^\s*[\[(（【<]?\s*(?:w\s*)?(?:encore|en|アンコール|安可曲?|앵콜|앙코르)\s*\d*\s*[\])）】>:：.、\-]+\s*"
    r"|^\s*(?:アンコール|安可曲?|앵콜|앙코르)\s+(?=\w)",
    re.IGNORECASE,
)
_SONG_TAG = re.compile(
    r"^\s*(?:[\[(（【<［]\s*(?:song|sing(?:ing)?|歌|曲|唱歌|うた|노래|♪|🎵|🎤)\s*[\])）】>］]|♪|唱歌(?=\s*[-–—:：]))"
    r"\s*[-–—:：]?\s*",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"歌|曲|song|encore|アンコール|リクエスト|初|cover|new|medley|メドレー", re.IGNORECASE
)
_QUOTED = re.compile(
    r"[「『《〈“｢][^「」『』《》〈〉“”｢｣]+[」』》〉”｣]|«[^«»]+»|(?<![^\s(（\-–—/:：])\"[^\"]+\"(?![^\s)）\-–—/,，:：])"
)
_OF = re.compile(r"^(?:by|de|von|par|oleh|dari|của|от|di)\s+(?=\S)", re.IGNORECASE)
_OUTCRY = re.compile(r"(?:[いるた]|[!！wｗ笑草])$")
"""Ends of what viewers say of a moment, and hardly of an artist's name ("泣き虫")."""
_WHOSE = re.compile(r"(?<=\S)\s?(?:さん|さま|様|氏)の$")
_LEADERS = re.compile(r"(?:\s[.．…‥·・_]{2,}|[.．]{4,}|[…‥]{2,}|[・·]{2,})\s*$")
_SINGER_TAG = re.compile(r"^【[^【】]+】\s*(?=\S)")
_HEAVY = re.compile(r"【([^【】]+)】")
_SENTENCE_BRACKET = re.compile(r"[~〜～、。!！?？]")


Taken = tuple[str, str, str, str, tuple[str, ...]]
"""The division of a text: title, artist, words in brackets behind, and the parts."""

_LAST_DIVIDES = (ALWAYS["close slash"], ALWAYS["by"])
"""Signs that also stand inside titles ("Day by Day by X", "1/3 of a Sea/X")."""


@dataclass(frozen=True, slots=True)
class Name:
    """A line's words taken apart."""

    title: str
    artist: str
    is_song: bool
    marked: bool
    """It was numbered, bracketed, had an artist or a note sign: more than a remark."""
    how: str = ""
    """The way in which title and artist were told apart: `label`, `quoted`, `heavy`, `sides`
    (a separator) or "" for a title alone."""
    paren: str = ""
    """Words in brackets at the end that may be the artist; the whole list decides."""
    fields: tuple[str, ...] = field(default=(), repr=False)
    """The parts that a separator made."""
    words: str = field(default="", repr=False)
    """All words, without decoration."""


def read_name(text: str, separators: Sequence[re.Pattern[str]] = ()) -> Name:
    """Take the words beside a time apart, by what one line alone can tell."""
    words, marked = undecorated(text)
    how, title, artist, paren, fields = _split(words, separators or tuple(ALWAYS.values()))
    of_version = is_surely_version(bracketed_tail(title)[1])
    marked = marked or of_version or without_title_label(title) != title
    title = _clean_title(_SINGER_TAG.sub("", title) if how == "sides" else title)
    artist = artist_without_notes(_trim(artist)) if artist else ""
    artist = "" if is_own_song(artist) else artist
    marked = marked or bool(how)
    talk = how not in ("quoted", "heavy") and is_talk(title) and (not artist or is_talk(artist))
    return Name(
        title, artist, bool(title) and not talk, marked and not talk, how, paren, fields, words
    )


def undecorated(text: str) -> tuple[str, bool]:
    """Words without numbers, tags and signs around them, and whether those mark a song."""
    marked = bool(_MUSIC_SIGN.search(text))
    rest = text.strip()
    for _ in range(4):  # "♪ 01. 【歌】" comes in any order
        before = rest
        rest = _LEADERS.sub("", _EDGES.sub("", rest)) or rest
        rest = _without_leading_signs(rest)
        read = without_sure_number(rest)
        rest, marked = read.rest, marked or read.numbered
        for pattern in (_ENCORE, _SONG_TAG):
            stripped = pattern.sub("", rest, count=1)
            # A title may be nothing but such a sign: then it stays.
            if stripped != rest and stripped.strip(" .-:/"):
                rest, marked = stripped, True
        if rest == before:
            break
    return without_remarks(_without_trailing_signs(without_remarks_inside(rest))), marked


def _without_leading_signs(text: str) -> str:
    """Signs in front go unless they are the title: "☆ / Aoi"."""
    rest = _LEADING.sub("", text)
    if not rest or re.match(r"[/／]\s", rest):
        return text
    return rest


def _without_trailing_signs(text: str) -> str:
    return _TRAILING.sub("", text) or text


def _trim(text: str) -> str:
    trimmed = _without_trailing_signs(_without_leading_signs(_EDGES.sub("", text.strip())))
    return trimmed.strip(" /／") or text.strip()


def _clean_title(text: str) -> str:
    title = _trim(text) if text else ""
    head, inner = bracketed_tail(title)
    spoken = " " in inner or _OUTCRY.search(inner)
    if head and spoken and is_reaction(inner):  # "Title (she cried)"
        title = head
    title = without_title_label(without_remarks(_unquoted(title)))
    return _unquoted(title)


def _unquoted(text: str) -> str:
    whole = _QUOTED.fullmatch(text) or _HEAVY.fullmatch(text)
    return text[1:-1].strip() if whole else text


def _split(text: str, separators: Sequence[re.Pattern[str]]) -> Taken:
    """Return how it was divided, title, artist, words in brackets behind, and the parts."""
    labelled = split_at_label(text)
    if labelled:
        return "label", labelled[0], labelled[1], "", labelled
    strong = [separator for separator in separators if separator not in _LAST_DIVIDES]
    return (
        _of_separators(text, strong)
        or _of_quotes(text)
        or _of_heavy_brackets(text)
        or _of_labelled_tail(text)
        or _of_separators(text, [s for s in separators if s in _LAST_DIVIDES])
        or _of_tail(text)
    )


def _of_separators(text: str, separators: Sequence[re.Pattern[str]]) -> Taken | None:
    for separator in separators:
        parts = split_outside_brackets(separator, text)
        parts = _without_sign_parts(parts)
        if len(parts) > 1 and is_version_alone(parts[-1]):
            parts = parts[:-1]
            if len(parts) == 1:
                return _of_tail(parts[0])
        if len(parts) < 2:
            continue
        if separator in _LAST_DIVIDES and len(parts) > 2:
            cut = text.rfind(parts[-1])
            parts = [text[:cut].rstrip(" /").removesuffix(" by"), parts[-1]]
        return _of_parts(parts)
    return None


def _of_labelled_tail(text: str) -> Taken | None:
    head, inner = bracketed_tail(text)
    if head and labelled_artist(inner):
        return "label", head, labelled_artist(inner), "", (head, inner)
    return None


def _of_tail(text: str) -> Taken:
    head, inner = bracketed_tail(text)
    if head and not is_surely_version(inner) and not _SENTENCE_BRACKET.search(inner):
        return "", text, "", inner, ()
    return "", text, "", "", ()


def _without_sign_parts(parts: Sequence[str]) -> list[str]:
    """Of more than two parts, those that are nothing but signs divide nothing."""
    if len(parts) <= 2:
        return list(parts)
    return [part for part in parts if re.search(r"\w", part)] or list(parts)


def _of_parts(parts: Sequence[str]) -> Taken:
    """Quotes and labels say which part is which; else the sides do."""
    left, right = parts[0], parts[1]
    fields = tuple(parts)
    if labelled_artist(_trim(left)) and not labelled_artist(_trim(right)):
        return "label", right, left, "", fields
    if labelled_artist(right):
        return "label", left, labelled_artist(right), "", fields
    quoted = [bool(_QUOTED.fullmatch(without_remarks(part))) for part in (left, right)]
    if quoted == [False, True]:
        return "quoted", right, left, "", fields
    if quoted == [True, False]:
        return "quoted", left, right, "", fields
    return "sides", left, _unbracketed(right), "", fields


def _of_quotes(text: str) -> Taken | None:
    match = _QUOTED.search(text)
    if not match:
        return None
    before, after = _trim(text[: match.start()]), _trim(text[match.end() :])
    if not before and _QUOTED.match(after):  # "《A》《B》串烧": several titles are one medley
        return "quoted", text, "", "", (text,)
    behind = after.strip("()（）[]【】")
    if before and after and not is_remark(behind) and not is_surely_version(behind):
        return None
    title = match[0][1:-1].strip()
    # "Artist「Title」" and "「Title」Artist", but also "「Title」(cover)"
    for words in (_OF.sub("", after), _WHOSE.sub("", before)):
        artist = _unbracketed(artist_without_notes(words)) if words else ""
        if artist and not is_remark(artist) and not is_version(artist):
            return "quoted", title, labelled_artist(artist) or artist, "", (title, artist)
    return "quoted", title, "", "", (title,)


def _of_heavy_brackets(text: str) -> Taken | None:
    heavy = _HEAVY.search(text)
    if not heavy:
        return None
    inner = heavy[1].strip()
    outside = _trim(f"{text[: heavy.start()]} {text[heavy.end() :]}")
    if not outside:
        return "heavy", inner, "", "", (inner,)
    if heavy.end() == len(text) and not is_version(inner) and not is_remark(inner):
        return "heavy", outside, labelled_artist(inner) or inner, "", (outside, inner)
    if heavy.start() == 0 and not _TAG.search(inner):
        return "heavy", inner, _unbracketed(outside), "", (inner, outside)
    return "", outside, "", "", ()


def _unbracketed(text: str) -> str:
    inner = re.fullmatch(r"[(（\[［【]([^()（）\[\]［］【】]+)[)）\]］】]", text.strip())
    return (inner[1] if inner else text).strip()
