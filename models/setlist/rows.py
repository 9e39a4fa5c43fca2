"""From the lines of a text to rows: a time, perhaps an end, and the words that belong to it.

Where the words stand is decided by the list as a whole: behind the time, before it, on both sides
as columns, or on lines of their own above or below. Words on both sides of a time that are no
columns and no numbers are a sentence: such a line names no song.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from utawaku.models.setlist.forms import rising, tokens_of_lines
from utawaku.models.setlist.links import plain_text
from utawaku.models.setlist.numbering import is_number, without_numbers
from utawaku.models.setlist.parts import on_one_timeline, parted_lines, with_linked_parts
from utawaku.models.setlist.separators import divides
from utawaku.models.setlist.stamps import Token, drop_invisible, fold_widths
from utawaku.models.setlist.talk import HEADER

MAX_SONG_S = 20 * 60.0
"""A second time on a line is a stop only within this time of the first."""

_START_ALONE = re.compile(
    r"\W*(?:starts?|begins?|from|開始(?:時間|時刻)?|始|开始(?:时间)?|시작)\W*", re.IGNORECASE
)
_BRACKETS = {
    "(": ")", "[": "]", "<": ">", "{": "}", "（": "）", "【": "】", "［": "］", "〔": "〕",
    "〈": "〉", "《": "》", "「": "」",
}  # fmt: skip
MAX_LINE = 300
"""Characters of one line that are read; a list with longer lines is none."""

_OPEN_BRACKET, _CLOSE_BRACKET = re.compile(r"[(\[【（［<]\s*$"), re.compile(r"^\s*[)\]】）］>]")
_JOINT = re.compile(
    r"[\s|｜│,，;/／)\]】）］]*(?:~|@|at\s|-|–|—|―|→|⇒|-{1,2}>|=>|>|to|until|till|hasta|bis|sampai|から|至"
    r"|到|부터)?[\s|｜│,，;/／(\[【（［]*",
    re.IGNORECASE,
)
_START_WORD = re.compile(
    r"(?:^|(?<=[\W_]))(?:starts?|started|begins?|from|time(?:\s?stamps?)?|at|開始(?:時間"
    r"|時刻)?|スタート|始|开始(?:时间)?|時間|时间"
    r"|시작|시간|inicio|mulai|début|beginn)\s*[:：=]\s*[\[(（]?\s*$|(?:^|\s)(?:@|at|menit|pada"
    r"|phút|ab|um|à|a las)\s*$",
    re.IGNORECASE,
)
_END_WORD = re.compile(
    r"[\s|｜│,，;/／)\]）]*(?:ends?|ended|stops?|finish(?:es)?|終了(?:時間|時刻)?|終わり|終"
    r"|结束(?:时间)?|結束|종료|끝|fin"
    r"|selesai|ende)\s*[:：=]?\s*[\[(（]?\s*",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:頃|ごろ|あたり|辺り|くらい|ぐらい|左右|쯤)[\s:：、]+(?=\S)")
"""A word right behind a time that is not exact ("5:12頃 Title")."""
_TOLD_INSIDE = re.compile(r"[(（\[【]\s*\w+\s+\w[^)）\]】]*$")
"""A remark in brackets that names a time: "Title (she cries at 9:44)"."""
_END_ALONE = re.compile(
    r"\W*(?:ends?|終了|終わり|おわり|終|まで|结束|結束|끝|까지|fin|ende)\W*", re.IGNORECASE
)
_DECORATION = re.compile(
    "[\\s()\\[\\]（）【】<>「」・:;,.、。/"
    "|｜│├└┃┣┗┝┌╰╭─━~\\-–—―→⇒➤➡►▶▷▼▽▲△●○◎◆◇■□★☆✩✦✧※*+=_•･»«\"'“”"
    "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff♪♫♬♩]*"
)
_COLUMN_END = re.compile(r"[|｜│\t,，;/／]\s*$")
_COLUMN_START = re.compile(r"^\s*[|｜│\t,，;/／]")
_NOTE_BEHIND = re.compile(r"^\s*[(（\[【※*←#＊]|^\s*[-–—]\s")
_INDENT = re.compile(r"^([\s\u3000]*)([└├┗┣┝╰↳»>]+|[-・･*+•]\s)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One stamped entry of a list."""

    start_s: float
    stop_s: float | None
    name: str
    """The words that may be a title and an artist."""
    raw: str
    numbered: bool = False
    sentence: bool = False
    """The time stands in the middle of a sentence."""
    indent: int = 0
    """Depth of the line: leading blanks and signs of a tree."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Group:
    """One time of a line, perhaps with a stop, at characters `[first, last)`."""

    start_s: float
    stop_s: float | None
    first: int
    last: int
    second_s: float | None = None
    """A time right behind it that is a stop or a length."""


@dataclass
class _Line:
    raw: str
    text: str
    groups: list[_Group]
    pieces: list[str]
    indent: int
    numbered: bool = False
    bracketed: bool = False
    """The time stands in brackets."""

    @property
    def lone(self) -> bool:
        return len(self.groups) == 1 and not any(self.pieces)

    @property
    def single(self) -> bool:
        return len(self.groups) == 1


def rows_of(text: str, part_starts_s: Sequence[float] = ()) -> tuple[list[Row], list[str]]:
    """The stamped rows of a text in its order, and its other lines (headings).

    Where the recording is made of parts, a time may name one: `part_starts_s` says where each
    begins, in seconds (see `utawaku.models.setlist.parts`).
    """
    in_parts = len(part_starts_s) > 1
    raws = drop_invisible(with_linked_parts(text) if in_parts else text).splitlines()
    plain = plain_text("\n".join(raws)).split("\n")
    if len(plain) != len(raws):  # HTML breaks make lines
        raws = plain
    raws, texts = ([line[:MAX_LINE].rstrip() for line in lines] for lines in (raws, plain))
    parted = parted_lines(texts, len(part_starts_s)) if in_parts else []
    texts = [line.text for line in parted] or texts
    tokens = tokens_of_lines(texts)
    if parted:
        tokens = on_one_timeline(tokens, parted, part_starts_s)
    lines = [_line(raw, line, found) for raw, line, found in zip(raws, texts, tokens, strict=True)]
    _end_lines(lines)
    _read_second_times(lines)
    _take_off_numbers(lines)
    _blank_constant_words(lines)
    stamped = [line for line in lines if line.groups]
    side = _side(stamped)
    rows: list[Row] = []
    above = _names_stand_above(lines)
    below = _artists_stand_below(lines)
    for index, line in enumerate(lines):
        if not line.groups:
            continue
        if line.lone:
            rows.append(_lone_row(lines, index, above=above))
        elif below and line.single and line.pieces[-1] and index + 1 < len(lines):
            rows.append(_row(line, f"{line.pieces[-1]} / {lines[index + 1].text.strip()}"))
        else:
            rows.extend(_rows_of_line(line, side))
    return rows, [line.text.strip() for line in lines if not line.groups and line.text.strip()]


# --- one line ----------------------------------------------------------------------------------


def _line(raw: str, text: str, tokens: Sequence[Token]) -> _Line:
    blank, sign = _INDENT.match(text).groups()  # type: ignore[union-attr]
    indent = (
        len(blank) + 2 * blank.count("\u3000") + (2 if sign and sign.strip() in "└┗╰↳»>" else 0)
    )
    groups = _grouped(text, tokens)
    return _Line(
        raw.strip(), text, groups, _pieces(text, groups), indent, bracketed=_bracketed(text, groups)
    )


def _bracketed(text: str, groups: Sequence[_Group]) -> bool:
    if len(groups) != 1:
        return False
    before, after = text[: groups[0].first].rstrip(), text[groups[0].last :].lstrip()
    return bool(before and after) and _BRACKETS.get(before[-1]) == after[0]


def _grouped(text: str, tokens: Sequence[Token]) -> list[_Group]:
    """Times that only a joint divides are one: a start and a stop, or a start and a length."""
    folded = fold_widths(text)
    groups: list[_Group] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        group = _Group(token.start_s, None, token.first, token.last)
        index += 1
        if index < len(tokens):
            between = folded[token.last : tokens[index].first]
            if _JOINT.fullmatch(between) or _END_WORD.fullmatch(between):
                second = tokens[index]
                group = replace(group, last=second.last, second_s=second.start_s)
                index += 1
        groups.append(group)
    return groups


def _pieces(text: str, groups: Sequence[_Group]) -> list[str]:
    """The words around the times; brackets around a time and words that announce it go."""
    edges = [0, *(edge for group in groups for edge in (group.first, group.last)), len(text)]
    pieces = [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]
    for i in range(len(groups)):
        before, after = pieces[i].rstrip(" \u3000"), pieces[i + 1].lstrip(" \u3000")
        while before and after and _BRACKETS.get(before[-1]) == after[0]:
            before, after = before[:-1].rstrip(), after[1:].lstrip()
        before, after = (
            re.sub(r"[(\[【（［<]\s*$", "", before),
            re.sub(r"^\s*[)\]】）］>]", "", after),
        )
        pieces[i], pieces[i + 1] = _START_WORD.sub("", before), _ABOUT.sub("", after)
    return ["" if _DECORATION.fullmatch(fold_widths(piece)) else piece for piece in pieces]


# --- second times ------------------------------------------------------------------------------


def _end_lines(lines: list[_Line]) -> None:
    """`Start: 5:12` and `End: 9:44` (`9:44 end`) on lines of their own are one time with a stop."""
    ends = [index for index, line in enumerate(lines) if line.single and _is_end(line)]
    if 3 * len(ends) < sum(bool(line.groups) for line in lines):
        return
    for index in ends:
        line = lines[index]
        first = line.groups[0]
        before = next((other for other in reversed(lines[:index]) if other.text.strip()), None)
        if before is None or len(before.groups) != 1 or before.groups[0].second_s is not None:
            continue
        if before.groups[0].start_s < first.start_s <= before.groups[0].start_s + MAX_SONG_S:
            before.groups[0] = replace(before.groups[0], stop_s=first.start_s)
            if _START_ALONE.fullmatch(before.pieces[0]):
                before.pieces[0] = ""
            line.groups, line.pieces, line.text = [], [line.text], ""


def _is_end(line: _Line) -> bool:
    if _END_WORD.fullmatch(line.text[: line.groups[0].first].lstrip() or "x"):
        return True
    before, after = line.pieces
    return not before and bool(after) and bool(_END_ALONE.fullmatch(after))


def _read_second_times(lines: Sequence[_Line]) -> None:
    """Return whether second times are stops or lengths: all of the list's must fit its starts."""
    _join_behind_names(lines)
    groups = [group for line in lines for group in line.groups if group.second_s is not None]
    # Remarks inside a song have no second time: only lines that have one bound each other.
    pairs = [
        (group.start_s, group.second_s or 0.0, following.start_s if following else None)
        for group, following in zip_longest(groups, groups[1:])
    ]
    if not pairs:
        return
    if _starts_stand_second(pairs):
        for line in lines:
            for place, group in enumerate(line.groups):
                if group.second_s is not None:
                    line.groups[place] = replace(group, start_s=group.second_s, second_s=None)
        return
    stops = _share_fitting(pairs, lengths=False)
    lengths = _share_fitting(pairs, lengths=True)
    as_stops = stops >= 0.8 or stops > lengths
    for line in lines:
        for place, group in enumerate(line.groups):
            second_s = group.second_s
            if second_s is None:
                continue
            if as_stops and group.start_s < second_s <= group.start_s + MAX_SONG_S:
                line.groups[place] = replace(group, stop_s=second_s)


def _starts_stand_second(pairs: Sequence[tuple[float, float, float | None]]) -> bool:
    """Return whether lengths stand before the starts ("[4:05] @ 0:30"): only the second times
    rise.
    """
    firsts, seconds = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return len(pairs) >= 2 and rising(seconds) == 1 and rising(firsts) < 0.7


def _share_fitting(pairs: Sequence[tuple[float, float, float | None]], *, lengths: bool) -> float:
    fitting = 0
    for start_s, second_s, following_s in pairs:
        stop_s = start_s + second_s if lengths else second_s
        limit_s = following_s + 10 if following_s is not None and following_s > start_s else None
        fits = start_s < stop_s <= start_s + MAX_SONG_S and (limit_s is None or stop_s <= limit_s)
        fitting += fits
    return fitting / len(pairs)


def _join_behind_names(lines: Sequence[_Line]) -> None:
    """`5:12 Title 9:44` and `5:12 Title (4:32)`: the second time belongs to the first."""
    for line in lines:
        if len(line.groups) == 2 and _END_ALONE.fullmatch(line.pieces[2]):
            line.pieces[2] = ""
    able = [
        line
        for line in lines
        if len(line.groups) == 2
        and line.groups[0].second_s is None
        and line.pieces[1]
        and not _TOLD_INSIDE.search(line.pieces[1])
        and (not line.pieces[0] or is_number(line.pieces[0]))
        and (not line.pieces[2] or _NOTE_BEHIND.match(line.pieces[2]))
    ]
    singles = sum(line.single for line in lines)
    if not able or len(able) < sum(len(line.groups) > 1 for line in lines) - singles:
        return
    for line in able:
        first, second = line.groups
        if second.start_s > first.start_s + MAX_SONG_S:
            continue
        line.groups = [replace(first, second_s=second.start_s)]
        line.pieces = [line.pieces[0], f"{line.pieces[1].rstrip(' ([（【-–~|｜')} {line.pieces[2]}"]
        line.pieces[1] = line.pieces[1].strip()


# --- the list as a whole -----------------------------------------------------------------------


def _take_off_numbers(lines: Sequence[_Line]) -> None:
    heads = [line for line in lines if line.groups and line.pieces[0]]
    for line, read in zip(heads, without_numbers([h.pieces[0] for h in heads]), strict=True):
        if read.numbered or is_number(line.pieces[0]):
            line.numbered = True
            rest = read.rest if read.numbered else ""
            line.pieces[0] = "" if _DECORATION.fullmatch(fold_widths(rest)) else rest


def _blank_constant_words(lines: Sequence[_Line]) -> None:
    """A word that stands before most times of the list ("Menit", "at") belongs to the times."""
    heads = [line for line in lines if line.single and line.pieces[0] and line.pieces[-1]]
    words = Counter(line.pieces[0].strip().casefold() for line in heads)
    if not words:
        return
    word, n = words.most_common(1)[0]
    if n >= 2 and n >= 0.6 * len(heads):
        for line in heads:
            if line.pieces[0].strip().casefold() == word:
                line.pieces[0] = ""


def _side(stamped: Sequence[_Line]) -> str:
    """Return where most lines have their words: "after", "before", "both" (columns), "between" of
    title and artist (the time, in brackets), or "" for neither.
    """
    counts: Counter[str] = Counter()
    for line in stamped:
        if not line.single or line.lone:
            continue
        before, after = bool(line.pieces[0]), bool(line.pieces[1])
        if before and after:
            columns = _COLUMN_END.search(line.pieces[0]) and _COLUMN_START.match(line.pieces[1])
            note = _NOTE_BEHIND.match(line.pieces[1])
            counts["both" if columns else "before" if note else "sentence"] += 1
        else:
            counts["before" if before else "after"] += 1
    if not counts:
        return ""
    n_between = sum(line.bracketed and all(line.pieces) for line in stamped)
    if n_between >= 3 and n_between >= 0.8 * counts.total():
        return "between"
    side, n = counts.most_common(1)[0]
    return side if side != "sentence" and n >= counts["sentence"] else ""


def _rows_of_line(line: _Line, side: str) -> list[Row]:
    if not line.single:
        return _several(line)
    before, after = line.pieces
    if not before or not after:
        return [_row(line, after or before)]
    if _COLUMN_END.search(before) and _COLUMN_START.match(after) and side in ("both", ""):
        return [_row(line, f"{before} {after.lstrip()[1:]}")]
    if side == "between" and line.bracketed:
        return [_row(line, f"{before} / {after}")]
    if side == "before":
        return [replace(_row(line, before), note=after)]
    if side == "" and _NOTE_BEHIND.match(after):
        return [replace(_row(line, before), note=after)]
    if side == "after" and _is_short(before):
        return [_row(line, after)]
    return [replace(_row(line, after), sentence=True)]


def _is_short(before: str) -> bool:
    """Words before a time that mark it ("EN", "New!", "Last song") and are no sentence."""
    word = before.strip()
    return (
        len(word) <= 10
        and len(word.split()) <= 2
        and not re.search(r"\d|[月日年時はにをでがも]", word)
        and not word.endswith((",", "、", "。", "!!"))
    )


def _several(line: _Line) -> list[Row]:
    """Several times on a line: names follow their times, or stand before them; else a sentence."""
    before, after = line.pieces[0], line.pieces[1:]
    names = after
    if before and not is_number(before) and not HEADER.search(before):
        names = line.pieces[:-1]
        if line.pieces[-1]:
            return [
                Row(group.start_s, group.stop_s, name, line.raw, sentence=True)
                for group, name in zip(line.groups, after, strict=True)
            ]
    words = without_numbers(names)
    return [
        Row(group.start_s, group.stop_s, read.rest, line.raw, read.numbered, indent=line.indent)
        for group, read in zip(line.groups, words, strict=True)
    ]


def _row(line: _Line, name: str) -> Row:
    group = line.groups[0]
    return Row(
        group.start_s, group.stop_s, name, line.raw, numbered=line.numbered, indent=line.indent
    )


# --- names on lines of their own ---------------------------------------------------------------


def _is_name(lines: Sequence[_Line], index: int) -> bool:
    return 0 <= index < len(lines) and bool(lines[index].text.strip()) and not lines[index].groups


def _names_stand_above(lines: Sequence[_Line]) -> bool:
    lone = [index for index, line in enumerate(lines) if line.groups and line.lone]
    return sum(_is_name(lines, i - 1) for i in lone) > sum(_is_name(lines, i + 1) for i in lone)


def _artists_stand_below(lines: Sequence[_Line]) -> bool:
    """Return whether each line `time title` is followed by exactly one line, which must be the
    artist.
    """
    stamped = [index for index, line in enumerate(lines) if line.groups]
    if len(stamped) < 2:
        return False

    def has_one_below(index: int) -> bool:
        line = lines[index]
        alone = line.single and bool(line.pieces[-1]) and not divides(line.pieces[-1])
        return alone and _is_name(lines, index + 1) and not _is_name(lines, index + 2)

    return sum(map(has_one_below, stamped)) >= 0.8 * len(stamped)


def _lone_row(lines: Sequence[_Line], index: int, *, above: bool) -> Row:
    """A time alone with the lines next to it: the title, or the title and the artist."""
    step = -1 if above else 1
    texts: list[str] = []
    place = index + step
    while _is_name(lines, place) and len(texts) < 3:
        texts.append(lines[place].text.strip())
        place += step
    if above:
        bounded = place < 0 or not lines[place].text.strip() or bool(lines[place].groups)
        texts = texts[::-1] if bounded and len(texts) == 2 else texts[:1]
    # Two lines after a time are title and artist; more are a paragraph, of which the first counts.
    name = " / ".join(texts) if len(texts) == 2 else texts[0] if texts else ""
    line = lines[index]
    return replace(_row(line, name), raw=f"{line.raw} {name}".strip())
