"""Time stamps as people write them, in whatever width, order and language.

Each way of writing a time is a *form*. Sure forms are stamps wherever they stand; the others (dots
for colons, bare minutes, spaced colons) are stamps only where `forms` has found that the list as a
whole is written so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from utawaku.models.setlist.links import TIME_IN_URL, URL

Form = Literal[
    "clock", "frames", "spelt", "primed", "link",
    "loose", "spaced", "dotted", "short_dotted", "separated", "bare_primed", "minutes", "seconds",
]  # fmt: skip

SURE: tuple[Form, ...] = ("link", "frames", "clock", "spelt", "primed")
PROVED: tuple[Form, ...] = (
    "loose", "spaced", "dotted", "separated", "bare_primed", "short_dotted", "minutes", "seconds",
)  # fmt: skip

_N = r"(?:\d{1,3}|[〇零一二三四五六七八九十百]{1,5})"
_H = r"(?:hours?|hrs?|hr|h|時間|小时|小時|시간|giờ|jam|часа?|часов|ч|std|heures?|horas?)\.?"
_M = r"(?:minutes?|mins?|min|m|分钟|分鐘|分|분|phút|menit|минут[аы]?|мин|minutos?|minuten)\.?"
_S = r"(?:seconds?|secs?|sec|s|秒钟|秒鐘|秒|초|giây|detik|секунд[аы]?|сек|с|segundos?|sekunden)\.?"
_NOT_NOON = r"(?!\s?[ap]\.?m\b)"
_PATTERNS: dict[str, re.Pattern[str]] = {
    form: re.compile(pattern, re.IGNORECASE)
    for form, pattern in {
        "link": rf"{URL.pattern}",
        "frames": r"(?<![\d:;])(?P<h>\d{1,2}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)[:;]\d\d(?![\d:;])",
        "clock": r"(?<!\d[:;])(?<!\d)(?:(?P<h>\d{1,2})[:;])?(?P<m>\d{1,3})[:;](?P<s>[0-5]\d)"
        rf"(?:[.,](?P<f>\d{{1,3}}))?(?!\d|[:;]\d){_NOT_NOON}",
        "spelt": rf"(?<!\d[:;])(?<!\d)(?<![a-z])(?:(?:(?P<h>{_N})\s?{_H}\s?)?(?P<m>{_N})\s?{_M}\s?"
        rf"(?P<s>{_N})\s?{_S}(?![a-z\d])|(?P<h2>{_N})\s?{_H}\s?(?P<m2>{_N})\s?{_M}(?![a-z\d])"
        r"|(?P<h3>\d{1,2})h(?P<m3>[0-5]\d)(?:[m:'](?P<s3>[0-5]\d)s?)?(?![a-z\d]))",
        "primed": r"(?<!\d[:;])(?<!\d)(?:(?P<h>\d{1,2})(?:\s?[°h]\s?"
        r"|:))?(?P<m>\d{1,3})\s?['′’‘´`]\s?"
        r"(?P<s>[0-5]\d)\s?(?:[\"″”“]|''|′′|’’|´´)",
        "loose": r"(?<!\d[:;])(?<!\d)(?P<h>\d{1,2}):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d)(?![\d:;])",
        "spaced": r"(?<!\d : )(?<!\d[:;])(?<!\d)(?:(?P<h>\d{1,2}) ?: )?(?P<m>\d{1,3}) ?: ?"
        r"(?P<s>[0-5]\d)(?! ?:)(?!\d)",
        "dotted": r"(?<![\d.])(?P<h>\d{1,2})\.(?P<m>[0-5]\d)\.(?P<s>[0-5]\d)(?![\d.])",
        "separated": r"(?<![\d\-_,、・/ ])(?P<h>\d{1,2})(?P<sep>[-_,、・ ])(?P<m>[0-5]\d)(?P=sep)"
        r"(?P<s>[0-5]\d)(?![\d])(?!(?P=sep)\d)",
        "bare_primed": r"(?<!\d[:;])(?<!\d)(?:(?P<h>\d{1,2})(?:\s?[°h]\s?"
        r"|:))?(?P<m>\d{1,3})['′’‘´`]"
        r"(?P<s>[0-5]\d)(?!\d)",
        "short_dotted": r"(?<![\d.])(?P<m>\d{1,3})\.(?P<s>[0-5]\d)(?![\d.%])",
        "minutes": rf"(?<!\d[:;])(?<!\d)(?P<m>\d{{1,3}})\s?{_M}(?![a-z\d])",
        "seconds": rf"(?<!\d[:;])(?<!\d)(?P<s>\d{{2,5}})\s?{_S}(?![a-z\d])",
    }.items()
}
_GLUED = re.compile(r"(?<![\d.])(\d{1,3})\.$")

# One character to one character, so that positions in the folded text are positions in the raw.
_WIDTHS = str.maketrans(
    {
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "：": ":",
        "︓": ":",
        "﹕": ":",
        "꞉": ":",
        "∶": ":",
        "；": ";",
        "．": ".",
        "〜": "~",
        "～": "~",
        "∼": "~",
        "˜": "~",
        "－": "-",
        "‐": "-",
        "‑": "-",
        "−": "-",
        "＂": '"',
        "＇": "'",
        "\u3000": " ",
        "\u00a0": " ",
    }
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]")
_DIGITS = {digit: value for value, digit in enumerate("〇一二三四五六七八九")} | {"零": 0}
_RANGE = re.compile(
    r"\s*(?:~|-|–|—|―|→|⇒|-{1,2}>|=>|>|to|until|till|from|hasta|bis|bis zu|sampai|から|至|到"
    r"|부터)\s*",
    re.I,
)
_TIME_OF_TITLE = re.compile(r"の(?=[^\W\d])")
_HALF_OF_DAY = re.compile(r"(?:午前|午後|深夜|早朝|凌晨|上午|下午|오전|오후)$")
_OPEN_RANGE = re.compile(r"\s*(?:~|→|->|から|부터)\s*(?=\s|$|[^\s\w])|\s*[~]\s*")


@dataclass(frozen=True, slots=True)
class Token:
    """One time of a line, at characters `[first, last)`."""

    form: Form
    start_s: float
    first: int
    last: int
    n_parts: int
    slip_s: float | None = None
    """The other reading of `1:02.03`, where a dot slipped in for a colon."""
    number: int | None = None
    """A number and a dot stand right before: numbering, or the hours of the time."""
    number_first: int = 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """A start, perhaps with a stop, at characters `[first, last)` of its line."""

    start_s: float
    stop_s: float | None
    first: int
    last: int


def drop_invisible(text: str) -> str:
    """Return `text` without direction marks, zero-width characters and variation selectors."""
    return _INVISIBLE.sub("", text)


def fold_widths(text: str) -> str:
    """Make full-width digits, colons, tildes and spaces plain, character for character."""
    return text.translate(_WIDTHS)


def find_tokens(line: str, forms: Iterable[Form] = SURE) -> list[Token]:
    """All times of one line in these forms, from left to right; earlier forms win an overlap."""
    line = fold_widths(line)
    tokens: list[Token] = []
    for form in forms:
        for match in _PATTERNS[form].finditer(line):
            token = _token(form, match, line)
            if token is not None and not any(_overlap(token, other) for other in tokens):
                tokens.append(token)
    tokens.sort(key=lambda token: token.first)
    return tokens[:1] + [token for token in tokens[1:] if not _is_word(token, line)]


def _is_word(token: Token, line: str) -> bool:
    """Return whether a later time of a line is part of a title: "25:00の夜", "午前2:30"."""
    if token.form != "clock":
        return False
    return bool(_TIME_OF_TITLE.match(line, token.last) or _HALF_OF_DAY.search(line[: token.first]))


def find_stamps(line: str) -> list[Stamp]:
    """All stamps of one line in the sure forms, from left to right; ranges are taken together."""
    return join_ranges(line, find_tokens(line))


def join_ranges(line: str, tokens: list[Token]) -> list[Stamp]:
    """Stamps of a line's tokens: `5:12 ~ 9:44` is one, and so is the open `5:12 ~`."""
    line = fold_widths(line)
    stamps: list[Stamp] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        index += 1
        stop_s, last = None, token.last
        if index < len(tokens) and _RANGE.fullmatch(line[last : tokens[index].first]):
            following = tokens[index]
            if following.start_s > token.start_s:
                stop_s, last = following.start_s, following.last
                index += 1
        if stop_s is None:
            open_range = _OPEN_RANGE.match(line, last)
            last = open_range.end() if open_range else last
        stamps.append(Stamp(token.start_s, stop_s, token.first, last))
    return stamps


def _overlap(a: Token, b: Token) -> bool:
    return a.first < b.last and b.first < a.last


def _token(form: Form, match: re.Match[str], line: str) -> Token | None:
    if form == "link":
        return _link_token(match)
    groups = match.groupdict()
    hours, minutes, seconds = (
        next((groups[name] for name in (key, f"{key}2", f"{key}3") if groups.get(name)), None)
        for key in ("h", "m", "s")
    )
    values = [_number(part) for part in (hours, minutes, seconds)]
    if (hours is not None and values[1] > 59) or (form == "spelt" and values[2] > 59):
        return None
    total = float(values[0] * 3600 + values[1] * 60 + values[2])
    fraction = groups.get("f") or ""
    slip_s = None
    if len(fraction) == 2 and hours is None and values[1] < 24 and int(fraction) < 60:
        slip_s = float(values[1] * 3600 + values[2] * 60 + int(fraction))
    glued = _GLUED.search(line[: match.start()]) if form == "clock" else None
    return Token(
        form,
        total,
        match.start(),
        match.end(),
        3 if hours is not None else 2,
        slip_s,
        int(glued[1]) if glued else None,
        glued.start() if glued else 0,
    )


def _link_token(match: re.Match[str]) -> Token | None:
    time = TIME_IN_URL.search(match[0])
    if time is None or not any(time.groups()):
        return None
    hours, minutes, seconds = (int(time[name] or 0) for name in ("h", "m", "s"))
    total = float(hours * 3600 + minutes * 60 + seconds)
    return Token("link", total, match.start(), match.end(), 1)


def _number(text: str | None) -> int:
    if not text:
        return 0
    if text.isdecimal():
        return int(text)
    value = 0
    digit = 0
    for character in text:
        if character == "十":
            value, digit = value + (digit or 1) * 10, 0
        elif character == "百":
            value, digit = value + (digit or 1) * 100, 0
        else:
            digit = digit * 10 + _DIGITS[character]
    return value + digit
