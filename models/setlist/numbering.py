"""Numbers in front of songs: proved by counting, whatever signs and words stand around them."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_SIGN = r"[.,、。．:：;)）\]】>»|｜│/／\-–—‐_~・*＊#=→]"
_COUNTER = (
    r"(?:\s?(?:曲目|首目|本目|個目|曲|首|곡째|곡|번째|번|番目|番|回目|つ目)|(?:th|st|nd"
    r"|rd|ª|º|°)(?![^\W\d_]))"
)
_SINGLE = "[①-⑳㉑-㉟㊱-㊿❶-❿⓫-⓴➀-➓⑴-⒇⒈-⒛Ⅰ-Ⅻⅰ-ⅻ㊀-㊉㈠-㈩]"
_KANJI = "[一二三四五六七八九十]{1,3}"
_ROMAN = r"(?:x{0,3}(?:ix|iv|v?i{1,3}|v|x))"
_PRE = r"(?P<pre>[\W_]{0,6}(?:[^\W\d_]{1,10}[.．:：]?[\s\-#№]{0,2}){0,2}[\W_]{0,3}?)"
_POST = rf"(?P<post>{_COUNTER}?\s*(?:[\]\)）】］>》〉」』}}]\s*)?(?:{_SIGN}){{0,3}}\s*)"
_DIGITS = re.compile(rf"^{_PRE}(?P<n>\d{{1,3}})(?!\d){_POST}", re.IGNORECASE)
_OTHERS = re.compile(
    rf"^(?P<pre>[\W_]{{0,6}}(?:第|うた|歌|曲|songs?\s?)?)"
    rf"(?:(?P<keycap>(?:[0-9]\u20e3){{1,2}}|🔟)|(?P<single>{_SINGLE})"
    rf"|(?P<roman>{_ROMAN})(?![^\W_])|(?P<letter>[a-z])(?![^\W_])|(?P<kanji>{_KANJI})(?=\W|曲"
    rf"|首|番)){_POST}",
    re.IGNORECASE,
)
_SURE = re.compile(
    r"^[\W_]{0,4}?(?:"
    r"[#＃№]\s?\d{1,3}(?:\s*[.):：\]、．）】\-–]+|(?=\s|$))"
    r"|[\[(（【<［]\s*(?:曲|song|no\.?|m|tr)?\s*\d{1,3}\s*[\])）】>］]"
    r"|\d{1,3}\s*(?:曲目|首目|곡)\s*[.:：、\-]?"
    r"|第\s*(?:\d{1,3}|[一二三四五六七八九十]{1,3})\s*[曲首]\s*[.:：、\-]?"
    r"|(?:m|en|tr|曲|歌)\s?\.?\s?\d{1,2}\s*(?:[.):：\]、．）】-]|(?=\s|$))"
    r"|(?:no|track|song|encore)\s?\.?\s?\d{1,2}\s*[.):：\]、．）】]"
    r"|\d{1,3}\s*[.)、．）:：](?!\d)"
    rf"|{_SINGLE}|(?:[0-9]\u20e3)+|🔟"
    r")\s*",
    re.IGNORECASE,
)
_LAST = re.compile(
    r"^\W*(?:ラスト|最後|トリ|アンコール|last|final|encore)(?:の?曲|ソング|\s?song)?\s*[:：.、\-]?\s+(?=\w)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"^\W*(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|last|final)\s+songs?\W*$",
    re.IGNORECASE,
)
"""Only before a time: behind one it may be a title."""
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_LETTER_TOO = {1: 9, 5: 22, 10: 24}
"""The Roman numbers of one letter -> that letter's place in the alphabet."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A text without its number, and whether it had one."""

    rest: str
    numbered: bool


@dataclass(frozen=True, slots=True)
class _Head:
    signature: tuple[str, str, str]
    number: int
    rest: str
    bare: bool


def without_numbers(texts: Sequence[str]) -> list[Numbered]:
    """Take the numbers off texts that count up along the list, and the sure ones off any text.

    Numbers count when texts with the same signs and words around them go up one by one: "01.",
    "♪1", "Bài 3:", "3 / ", "曲目三". A text alone loses only what can be no title ("3曲目：").
    """
    counted = _counted(texts)
    read = [
        Numbered(counted[index], True) if index in counted else without_sure_number(text)
        for index, text in enumerate(texts)
    ]
    n_numbered = sum(one.numbered for one in read)
    if n_numbered < 2 or 2 * n_numbered < len(read):
        return read
    # Among numbers, "last" is one, too.
    return [
        one
        if one.numbered or not _LAST.match(one.rest)
        else Numbered(_LAST.sub("", one.rest), True)
        for one in read
    ]


def without_sure_number(text: str) -> Numbered:
    """Take a number off that can hardly be a title's own; a title may be nothing but it."""
    match = _SURE.match(text)
    rest = text[match.end() :] if match else ""
    # What follows is an artist when a separator comes first: "No.7 / Aoi".
    if rest.strip(" .-:/／|｜") and not re.match(r"[/／|｜]|[-–—]\s", rest):
        return Numbered(rest, True)
    return Numbered(text, False)


def is_number(text: str) -> bool:
    """Return whether the text is a number in front of a song and nothing else."""
    match = _SURE.match(text) or re.match(r"^\W*\d{1,3}\W*$", text) or _ORDINAL.match(text)
    return bool(match) and not text[match.end() :].strip() if match else False


def _counted(texts: Sequence[str]) -> dict[int, str]:
    """Index -> text without its number, of those that count up."""
    groups: dict[tuple[str, str, str], list[tuple[int, _Head]]] = defaultdict(list)
    n_texts = sum(bool(text.strip()) for text in texts)
    for index, text in enumerate(texts):
        for head in _heads(text):
            groups[head.signature].append((index, head))
    best: dict[int, str] = {}
    for group in sorted(groups.values(), key=len, reverse=True):
        rests = {head.rest.strip().casefold() for _, head in group}
        if len(group) > 1 and len(rests) == 1 and rests != {""}:
            continue  # "一曲目 / Aoi", "二曲目 / Aoi": what repeats is the artist, not every title
        if _counts([head.number for _, head in group], n_texts, bare=group[0][1].bare):
            for index, head in group:
                best.setdefault(index, head.rest)
    return best


def _counts(numbers: Sequence[int], n_texts: int, *, bare: bool) -> bool:
    if len(numbers) < 2:
        return False
    steps = [after - before for before, after in pairwise(numbers)]
    n_up = max(sum(step == 1 for step in steps), sum(step == -1 for step in steps))
    share = n_up / len(steps)
    from_one = len(numbers) >= 3 and share == 1 and numbers[0] in (0, 1)
    if (bare and not from_one) or len(numbers) < 3:
        return share >= 0.7 and len(numbers) >= 0.5 * n_texts
    return share >= 0.6


def _heads(text: str) -> list[_Head]:
    heads = [_head(match, text) for match in (_DIGITS.match(text), _OTHERS.match(text)) if match]
    found = [head for head in heads if head is not None]
    for head in tuple(found):
        letter = _LETTER_TOO.get(head.number) if head.signature[0] == "roman" else None
        if letter is not None:
            found.append(replace(head, signature=("letter", *head.signature[1:]), number=letter))
    return found


def _head(match: re.Match[str], text: str) -> _Head | None:
    kind, number = _number_of(match)
    if kind in ("letter", "roman", "kanji") and not re.search(r"[^\w\s]|[曲首番_]", match["post"]):
        return None
    pre = re.sub(r"\s+", "", match["pre"]).casefold()
    post = re.sub(r"\s+", "", match["post"]).casefold()
    rest = text[match.end() :]
    if kind == "digits" and rest and not match["post"] and (not pre or pre[-1].isalpha()):
        return None  # "7つの星": nothing divides the number from the title.
    return _Head((kind, pre, post), number, rest, bare=not post and not pre)


def _number_of(match: re.Match[str]) -> tuple[str, int]:
    if match.groupdict().get("n"):
        return "digits", int(match["n"])
    if match["keycap"]:
        digits = re.sub(r"\D", "", match["keycap"])
        return "keycap", int(digits) if digits else 10
    if match["single"]:
        return "single", int(unicodedata.numeric(match["single"], 0))
    if match["kanji"]:
        return "kanji", _kanji(match["kanji"])
    if match["roman"]:
        return "roman", _roman(match["roman"].casefold())
    return "letter", ord(match["letter"].casefold()) - ord("a") + 1


def _kanji(text: str) -> int:
    value = 0
    for character in text:
        digit = "一二三四五六七八九".find(character) + 1
        value = (value or 1) * 10 if character == "十" else value + digit
    return value


def _roman(text: str) -> int:
    values = [_ROMAN_VALUES[character] for character in text]
    return sum(
        -value if following > value else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )
