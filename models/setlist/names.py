"""What stands beside a stamp: numbering, decoration, title, artist; and whether it is a song."""

from __future__ import annotations

import re
from dataclasses import dataclass

from utawaku.models.setlist.talk import is_talk

_OPEN, _CLOSE = "「『《〈“", "」』》〉”"
_TITLE_BRACKET = re.compile(r"[「『《〈“]([^「」『』《》〈〉“”]+)[」』》〉”]")
_HEAVY_BRACKET = re.compile(r"【([^【】]+)】")
_PAREN_TAIL = re.compile(r"^(?P<title>.*\S)\s*[(（](?P<inner>[^()（）]+)[)）]\s*$")
_NUMBER = re.compile(
    r"^\s*(?:"
    r"(?:#|＃|no\.?|№|tr\.?|track|song|m|曲|歌|en(?:core)?)\s*\.?\s*\d{1,3}\s*(?:[.):：\]、．）】-]|(?=\s))"
    r"|[\[(（【<]\s*(?:曲|song|no\.?|m)?\s*\d{1,3}\s*[\])）】>]"
    r"|\d{1,3}\s*(?:曲目|首目|首|곡)\s*[.:：、]?"
    r"|第\s*\d{1,3}\s*[曲首]\s*[.:：、]?"
    r"|\d{1,3}\s*[.)、．）:：](?!\d)"
    r"|[①-⑳㉑-㉟㊱-㊿❶-❿⓫-⓴➀-➓]"
    r"|(?:[0-9]\u20e3|🔟)+"
    r")\s*",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"^\s*(\d{1,3})\s+(?=\S)")
_ENCORE = re.compile(
    r"^\s*[\[(（【<]?\s*(?:encore|en|アンコール|安可|安可曲|앵콜|앙코르|w\s*アンコール)\s*\d*\s*[\])）】>:：.、\-]+\s*",
    re.IGNORECASE,
)
_SONG_PREFIX = re.compile(
    r"^\s*[\[(（【<]?\s*(?:song|sing|歌|曲|唱歌|うた|노래|♪)\s*[\])）】>:：]\s*", re.IGNORECASE
)
_LEADING = re.compile(
    "^[\\s|│├└┃┣┗┝>»・･•◦●○◎◆◇■□▶►▷▸▼▽▲△★☆✩✦✧※*+=_~,.、。:：;\\-–—―→⇒⏩"
    "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff♪♫♬♩🎵🎶]+"
)
_TRAILING = re.compile(
    "(?:[\\s|│>»・･•●○◎◆◇■□★☆✩✦✧※,、;:：→\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff♪♫♬♩]"
    # A dash that closes "-subtitle-" belongs to the title; one after a space does not.
    "|(?<=\\s)[-–—―~〜～]|(?<=\\s)[-–—―~〜～]{2})+$"
)
_MUSIC_SIGN = re.compile("[♪♫♬♩🎵🎶🎤🎼🎙]")
_KEY = r"(?:key|キー)\s*[:：]?\s*[+\-±＋－]?\s*\d{1,2}"
_NOTE_TAIL = re.compile(
    rf"\s*[(（\[【]\s*(?:{_KEY}|key|原キー|初披露|初|new!?|新曲|first time!?|cover|カバー"
    rf"|リクエスト|request)\s*[)）\]】]\s*$|\s+{_KEY}$",
    re.IGNORECASE,
)
_NOT_AN_ARTIST = re.compile(
    r"\b(?:ver|version|acoustic|acapella|a\s?cappella|short|full|size|live|remix|mix|edit|piano"
    r"|cover|inst|instrumental|key|feat|ft|first|second|half|op|ed|again|retake|reprise|theme|ost)\b"
    r"|アカペラ|ショート|フル|サビ|弾き語り|途中|再|初|主題歌|挿入歌|オープニング|エンディング|カバー"
    r"|リクエスト|リベンジ|一番|1番|清唱|翻唱|重唱|무반주|커버",
    re.IGNORECASE,
)
_SEPARATORS = (
    re.compile(r"\s+[/／╱⁄∕]\s+"),
    re.compile(r"\s*[／╱∕]\s*"),
    re.compile(r"\s+[-–—―‐−]\s+"),
    re.compile(r"\s*[|｜]\s*"),
    re.compile(r"\s+[-–—―]{2,}\s*|\s*[–—―]{1,2}\s+"),
    re.compile(r"\s+by\s+", re.IGNORECASE),
    re.compile(r"(?<!\d)\s*/\s*|\s*/\s*(?!\d)"),
)


@dataclass(frozen=True, slots=True)
class Name:
    """A line's text taken apart."""

    title: str
    artist: str
    is_song: bool
    marked: bool
    """It was numbered, bracketed, had an artist or a note sign: more than a remark."""
    bare_number: int | None = None
    """A leading number with only a space after it: numbering, or part of the title."""
    paren: str = ""
    """A bracketed tail that may be the artist; the whole list decides."""


def read_name(text: str) -> Name:
    """Take the text beside a stamp apart; the raw text is kept by the caller."""
    number = None
    marked = bool(_MUSIC_SIGN.search(text))
    rest = text.strip()
    for _ in range(4):  # "♪ 01. 【歌】" comes in any order
        before = rest
        rest = _LEADING.sub("", rest) or rest
        for pattern in (_NUMBER, _ENCORE, _SONG_PREFIX):
            stripped = pattern.sub("", rest, count=1)
            # A title may be nothing but such a sign ("No. 1", "歌:"): then it stays.
            if stripped != rest and stripped.strip(" .-:/"):
                rest, marked = stripped, True
        if rest == before:
            break
    bare = _BARE_NUMBER.match(rest)
    if bare:
        number = int(bare[1])
    rest = _strip_tail(rest)
    title, artist, paren, bracketed = _split(rest)
    marked = marked or bracketed or bool(artist)
    talk = (not artist or is_talk(artist)) and not bracketed and is_talk(title)
    return Name(title, artist, bool(title) and not talk, marked and not talk, number, paren)


def _strip_tail(text: str) -> str:
    while True:
        shorter = _TRAILING.sub("", text)
        shorter = _NOTE_TAIL.sub("", shorter) or shorter
        if shorter == text or not shorter:
            return text
        text = shorter


def _split(text: str) -> tuple[str, str, str, bool]:
    """Title, artist, a tail in parentheses, whether brackets marked the title."""
    bracket = _TITLE_BRACKET.search(text)
    if bracket:
        around = _trim(f"{text[: bracket.start()]} {text[bracket.end() :]}")
        before, after = _trim(text[: bracket.start()]), _trim(text[bracket.end() :])
        # "Artist「Title」" and "「Title」Artist", but also "「Title」(cover)" and "Lemon「米津」"
        artist = after or before
        if artist and _NOT_AN_ARTIST.search(artist):
            artist = before if artist == after and not _NOT_AN_ARTIST.search(before) else ""
        if not (before and after) or not around:
            return bracket[1].strip(), _unparen(artist), "", True
    heavy = _HEAVY_BRACKET.search(text)
    if heavy:
        outside = _trim(f"{text[: heavy.start()]} {text[heavy.end() :]}")
        if not outside:
            return heavy[1].strip(), "", "", True
        divided = any(separator.search(outside) for separator in _SEPARATORS[:4])
        if heavy.end() == len(text) and not _NOT_AN_ARTIST.search(heavy[1]) and not divided:
            return outside, heavy[1].strip(), "", True
        if heavy.start() == 0 and _TAG.search(heavy[1]) is None:
            return heavy[1].strip(), _unparen(outside), "", True
        text = outside
    for separator in _SEPARATORS:
        parts = [part.strip() for part in separator.split(text)]
        parts = [part for part in parts if part]
        if len(parts) < 2:
            continue
        if separator is _SEPARATORS[-1] and len(parts) > 2:
            # Slashes without spaces may belong to the title: the last one separates.
            cut = text.rfind("/")
            parts = [text[:cut].strip(), text[cut + 1 :].strip()]
        return _trim(parts[0]), _trim(parts[1]), "", False
    tail = _PAREN_TAIL.match(text)
    if tail and not _NOT_AN_ARTIST.search(tail["inner"]):
        return text, "", tail["inner"].strip(), False
    return text, "", "", False


_TAG = re.compile(
    r"歌|曲|song|encore|アンコール|リクエスト|初|cover|new|medley|メドレー", re.IGNORECASE
)


def _trim(text: str) -> str:
    return _strip_tail(_LEADING.sub("", text.strip()).strip(" /／:：")).strip(" /／")


def _unparen(text: str) -> str:
    inner = re.fullmatch(r"[(（\[]([^()（）\[\]]+)[)）\]]", text.strip())
    return (inner[1] if inner else text).strip()


def split_paren(title: str) -> tuple[str, str]:
    """`Title (Artist)` as two; used once the whole list has shown that this is its habit."""
    tail = _PAREN_TAIL.match(title)
    return (tail["title"].strip(), tail["inner"].strip()) if tail else (title, "")


def drop_bare_number(title: str) -> str:
    """A title without its leading number; used once the list has shown that it counts."""
    return _BARE_NUMBER.sub("", title)
