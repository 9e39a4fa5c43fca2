"""Titles and artists compared: folding, similarity, and the wrappings that karaoke labels add.

Originals are always kept for showing; what is here only decides whether two names mean one song.
Kana are folded to one script (a comment writes ひらがな where the release writes カタカナ), Chinese
characters to simplified ones, width and case are dropped, bracketed remarks ("feat. X", "acoustic
ver.") do not count.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from utawaku.library.han import simplified
from utawaku.library.romanize import variants

_BRACKETED = re.compile(r"[(\[{<【〔〈《]([^()\[\]{}<>【】〔〕〈〉《》]*)[)\]}>】〕〉》]")
_REMARK = re.compile(
    r"\b(?:feat|ft|featuring|with|prod|cover(?:ed)?|ver|version|remaster(?:ed)?|remix|mix|edit|live"
    r"|acoustic|piano|instrumental|inst|karaoke|off vocal|short|full|tv size|size|key|original"
    r"|from)\b"
    r"|カバー|弾き語り|アコースティック|ピアノ|カラオケ|ショート|フル|初披露|初|原曲|歌ってみた|翻唱|伴奏|커버",
    re.IGNORECASE,
)
_FEATURING = re.compile(r"\s+(?:feat\.?|ft\.?|featuring)\s+.*$", re.IGNORECASE)
_LONG_MARKS = str.maketrans({"〜": "~", "～": "~", "∼": "~", "’": "'", "‘": "'", "＆": "&"})
_LATIN = re.compile(r"[a-z0-9]+")
_WITHOUT_READING = re.compile(r"[\u3400-\u9fff\uac00-\ud7af]")
"""Chinese characters and Hangul, of which no reading is known here."""
_KATAKANA_FIRST, _KATAKANA_LAST, _KANA_DISTANCE = 0x30A1, 0x30F6, 0x60


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A karaoke label's title taken apart."""

    title: str
    artist: str
    """The original artist where the label named one, else empty."""
    is_karaoke: bool


@lru_cache(maxsize=16_384)
def title_key(title: str) -> str:
    """Fold a title so that spellings of one song compare equal. May be empty for symbols only."""
    text = unicodedata.normalize("NFKC", title).translate(_LONG_MARKS)
    text = _BRACKETED.sub(lambda m: " " if _REMARK.search(m.group(1)) else f" {m.group(1)} ", text)
    text = _FEATURING.sub("", text)
    key = _letters(text)
    # A title that is nothing but a remark ("Live", "Mix") stays itself.
    return key or _letters(unicodedata.normalize("NFKC", title))


@lru_cache(maxsize=16_384)
def artist_key(artist: str) -> str:
    """Fold an artist's name; guests ("feat. X") and a leading "The" do not count."""
    text = unicodedata.normalize("NFKC", artist)
    text = _FEATURING.sub("", text)
    key = _letters(text)
    return key[3:] if key.startswith("the") and len(key) > 5 else key


def _letters(text: str) -> str:
    folded = []
    for character in unicodedata.normalize("NFKD", simplified(text).casefold()):
        if unicodedata.category(character)[0] not in "LN" and character not in "\u3099\u309a":
            continue
        code = ord(character)
        if _KATAKANA_FIRST <= code <= _KATAKANA_LAST:
            character = chr(code - _KANA_DISTANCE)
        folded.append(character)
    # Composed again, or the voicing marks of kana and the parts of Hangul would count as letters.
    return unicodedata.normalize("NFKC", "".join(folded))


def similarity(left: str, right: str) -> float:
    """Return how alike two folded keys are, in [0, 1]; containment of a long key counts as
    alike.
    """
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    shorter, longer = sorted((left, right), key=len)
    ratio = SequenceMatcher(None, left, right, autojunk=False).ratio()
    if len(shorter) >= 4 and shorter in longer:
        return max(ratio, 0.85)
    return ratio


def same_song(
    title_a: str, artist_a: str, title_b: str, artist_b: str, *, tolerance: float = 0.8
) -> bool:
    """Return whether two labels mean one song; a missing artist agrees with any.

    Different artists with an equal title are two songs, unless one name holds the other. Names in
    kana are compared with Latin ones by their romaji. Other names in two scripts cannot be
    compared: they agree where the titles are equal. Titles with different numbers ("Part 1", "Part
    2") are two songs.
    """
    left, right = title_key(title_a), title_key(title_b)
    if _likeness(title_a, left, title_b, right) < tolerance or _numbers_differ(left, right):
        return False
    by_left, by_right = artist_key(artist_a), artist_key(artist_b)
    if not by_left or not by_right or by_left in by_right or by_right in by_left:
        return True
    if _likeness(artist_a, by_left, artist_b, by_right) >= 0.6:
        return True
    unread = by_left if _LATIN.fullmatch(by_right) else by_right
    in_two_scripts = bool(_LATIN.fullmatch(by_left)) != bool(_LATIN.fullmatch(by_right))
    return in_two_scripts and left == right and bool(_WITHOUT_READING.search(unread))


def _likeness(text_a: str, left: str, text_b: str, right: str) -> float:
    """Return the similarity of two keys, or that of their romaji where one alone is in Latin."""
    plain = similarity(left, right)
    if plain or bool(_LATIN.fullmatch(left)) == bool(_LATIN.fullmatch(right)):
        return plain
    kana, latin = (text_b, left) if _LATIN.fullmatch(left) else (text_a, right)
    return max((similarity(_letters(one), latin) for one in variants(kana)), default=0.0)


def _numbers_differ(left: str, right: str) -> bool:
    """Return whether both keys hold numbers, and others."""
    numbers = re.findall(r"\d+", left), re.findall(r"\d+", right)
    return all(numbers) and numbers[0] != numbers[1]


_STYLE = re.compile(
    r"[(\[（【〔]?\s*(?:(?:originally\s+)?(?:performed|made\s+famous|made\s+popular|recorded)\s+by"
    r"|in\s+the\s+style\s+of|as\s+made\s+famous\s+by|tribute\s+to|原曲歌手|原唱"
    r"|オリジナル・?(?:アーティスト|歌手|歌唱))\s*[:：]?\s*"
    r"(?P<artist>[^()\[\]（）【】〔〕]+?)\s*(?:[)\]）】〕]|$)",
    re.IGNORECASE,
)
_KARAOKE_REMARK = re.compile(
    r"\s*[(\[（【〔][^()\[\]（）【】〔〕]*(?:karaoke|カラオケ|instrumental|off\s*vocal|backing\s+track"
    r"|minus\s+one|オフボーカル|ガイドメロディ|オルゴール|伴奏|원키|반주|노래방)[^()\[\]（）【】〔〕]*[)\]）】〕]",
    re.IGNORECASE,
)
_KARAOKE_TAIL = re.compile(
    r"\s*[-–—~〜～]\s*(?:(?:karaoke|instrumental|off\s*vocal|backing\s+track)\b"
    r"|カラオケ|オフボーカル|オルゴール|伴奏).*$",
    re.IGNORECASE,
)
_KARAOKE_ARTIST = re.compile(
    r"karaoke|カラオケ|backing\s+track|tribute|sing\s*king|party\s+tyme|sunfly|zoom\s+entertainments"
    r"|歌っちゃ王|オルゴール|ameritz|stingray\s+music|노래방|금영|kumyoung",
    re.IGNORECASE,
)


def unwrap_karaoke(title: str, artist: str) -> Unwrapped:
    """Take "Song (In the Style of Artist) [Karaoke Version]" apart.

    When the label does not name the original artist, a karaoke publisher's name is dropped rather
    than passed off as the artist; any other artist stays.
    """
    original = ""
    rest = title
    found = _STYLE.search(rest)
    if found:
        original = re.split(r"\s*[-–—]\s*karaoke\b", found["artist"], flags=re.IGNORECASE)[0]
        rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    without = _KARAOKE_TAIL.sub("", _KARAOKE_REMARK.sub(" ", rest))
    publisher = bool(_KARAOKE_ARTIST.search(artist))
    is_karaoke = bool(found) or publisher or without.strip() != rest.strip()
    clean = re.sub(r"\s+", " ", without).strip(" -–—~") or title
    if original:
        return Unwrapped(clean, original.strip(" \"'"), is_karaoke)
    return Unwrapped(clean, "" if publisher else artist, is_karaoke)
