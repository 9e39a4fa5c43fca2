"""Times that name a part of a recording ("P2 3:20"), put on the one timeline of all its parts.

A video on Bilibili may have several parts (分P), and who comments on it says which one a time
belongs to: "P2 3:20", "2P 3:20", "【P2】3:20", "第二P 3:20", "3:20 (P2)", a heading "P2" above the
times, or a link with `?p=2&t=200`. A time that names no part belongs to the part that was named
last, and before any was named to the first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from utawaku.models.setlist.stamps import Token, find_tokens, fold_widths

_WIDE = str.maketrans("Ｐｐ＃", "Pp#")
_KANJI = "一二三四五六七八九十"
_NAME = (
    r"(?:第\s?(?:\d{1,3}|[一二三四五六七八九十])\s?(?:P(?:art)?|部分|段|個?パート|个视频)"
    r"|(?<![^\W_])(?:分?P(?:art)?[.\s]{0,2}\d{1,3}(?!\d)|\d{1,3}\s?P(?![a-z])|パート\s?\d{1,3}(?!\d)))"
)
_JOINT = r"[\s:：,，、.。|｜│/／>→\-–—_~@#]{0,4}"
_OPEN, _CLOSE = r"[\[(（【［〔「『<《]", r"[\])）】］〕」』>》]"
_MARK = rf"(?:{_OPEN}\s?{_NAME}\s?{_CLOSE}|{_NAME}){_JOINT}"
_TIME = rf"(?=(?:{_OPEN}\s?)?(?:\d{{1,3}}\s?[:;.'′’h°分時时]\s?\d|https?://))"
_AT_TIME = re.compile(rf"{_MARK}{_TIME}|(?<![^\W_])\d{{1,3}}#{_TIME}", re.IGNORECASE)
_AT_HEAD = re.compile(rf"[^\w\[(（【［〔「『<《]*{_MARK}", re.IGNORECASE)
_BEHIND_TIME = re.compile(
    rf"(?<![\w:])(?P<time>\d{{1,3}}(?:[:;]\d{{2}}){{1,2}}|\d{{1,3}}分\d{{1,2}}秒)\s?"
    rf"(?P<part>{_OPEN}\s?{_NAME}\s?{_CLOSE})",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?<![(\"'=\w])https?://[^\s<>()]*[?&]p=(\d{1,3})(?=[^\s<>()]*[?&]t=|&)[^\s<>()]*"
    r"|(?<![(\"'=\w])https?://[^\s<>()]*[?&]t=[^\s<>()&]*&p=(\d{1,3})[^\s<>()]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PartedLine:
    """One line without the names of parts, and from which character on which part counts."""

    text: str
    marks: tuple[tuple[int, int], ...] = field(default=())
    """Pairs of a place in `text` and the number of a part, counted from 1, from left to right."""


def with_linked_parts(text: str) -> str:
    """Return `text` with the part that a link names written before it."""
    return _LINK.sub(lambda match: f"P{match[1] or match[2]} {match[0]}", text)


def parted_lines(lines: Sequence[str], n_parts: int) -> list[PartedLine]:
    """Take the names of parts off lines; a number above `n_parts` names no part."""
    return [_parted(line, n_parts) for line in lines]


def on_one_timeline(
    tokens_of_lines: Sequence[Sequence[Token]],
    lines: Sequence[PartedLine],
    starts_s: Sequence[float],
) -> list[list[Token]]:
    """Move each time by the start of its part, `starts_s`, in seconds on the joined timeline."""
    part = 1
    moved: list[list[Token]] = []
    for tokens, line in zip(tokens_of_lines, lines, strict=True):
        places = [place for place, _ in line.marks]
        before = part
        moved.append([])
        for token in tokens:
            n_marks = bisect_right(places, token.first)
            part = line.marks[n_marks - 1][1] if n_marks else before
            by_s = starts_s[part - 1]
            slip_s = None if token.slip_s is None else token.slip_s + by_s
            moved[-1].append(replace(token, start_s=token.start_s + by_s, slip_s=slip_s))
        part = line.marks[-1][1] if line.marks else before
    return moved


def _parted(line: str, n_parts: int) -> PartedLine:
    line = _with_parts_first(line, n_parts)
    folded = fold_widths(line).translate(_WIDE)
    n_times = len(find_tokens(folded))
    head = _AT_HEAD.match(folded)
    found = [*([head] if head else []), *_AT_TIME.finditer(folded, head.end() if head else 0)]
    text, marks, last = "", [], 0
    for match in found:
        number = _number(match[0])
        if not 1 <= number <= n_parts:
            continue
        text += line[last : match.start()]
        marks.append((len(text), number))
        last = match.end()
    text += line[last:]
    # "P2:03 Title" is the time 2:03 behind a P, not part 2.
    if len(find_tokens(text)) < n_times:
        return PartedLine(line)
    return PartedLine(text, tuple(marks))


def _with_parts_first(line: str, n_parts: int) -> str:
    """Return the line with a part in brackets behind a time, "3:20 (P2)", put before it."""
    folded = fold_widths(line).translate(_WIDE)
    text, last = "", 0
    for match in _BEHIND_TIME.finditer(folded):
        if 1 <= _number(match["part"]) <= n_parts:
            time, part = (line[slice(*match.span(name))] for name in ("time", "part"))
            text += f"{line[last : match.start()]}{part} {time}"
            last = match.end()
    return text + line[last:]


def _number(name: str) -> int:
    """Return the number in the name of a part; 0 where there is none."""
    digits = re.search(r"\d+", name)
    if digits:
        return int(digits[0])
    kanji = next((character for character in name if character in _KANJI), "")
    return _KANJI.find(kanji) + 1 if kanji else 0
