"""Time stamps as people write them, in whatever width, order and language."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOCK = re.compile(
    r"(?<![\d:.])(?:(?P<h>\d{1,2}):)?(?P<m>\d{1,3}):(?P<s>[0-5]\d)(?:\.\d{1,3})?(?![\d:])"
    r"(?!\s?[ap]\.?m\b)",
    re.IGNORECASE,
)
_SPELT = re.compile(
    r"(?<![\d:])(?:(?P<h>\d{1,2})\s?(?:h|時間|小时|小時|시간)\s?)?(?P<m>\d{1,3})\s?(?:m|分|분)"
    r"\s?(?P<s>[0-5]?\d)\s?(?:s|秒|초)(?![a-z\d])",
    re.IGNORECASE,
)
_RANGE = re.compile(r"\s*(?:~|-|–|—|―|→|->|=>|to|until|から|至|부터)\s*", re.IGNORECASE)
_OPEN_RANGE = re.compile(r"\s*(?:~|→|->|から|부터)\s*(?=\s|$|[^\s\w])|\s*[~]\s*")

# One character to one character, so that positions in the folded text are positions in the raw.
_WIDTHS = str.maketrans(
    {
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        "：": ":",
        "︓": ":",
        "﹕": ":",
        "꞉": ":",
        "∶": ":",
        "．": ".",
        "〜": "~",
        "～": "~",
        "∼": "~",
        "˜": "~",
        "－": "-",
        "‐": "-",
        "‑": "-",
        "\u3000": " ",
        "\u00a0": " ",
        "\t": " ",
    }
)
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A start, perhaps with a stop, at characters `[first, last)` of its line."""

    start_s: float
    stop_s: float | None
    first: int
    last: int


def drop_invisible(text: str) -> str:
    """Without direction marks, zero-width characters and variation selectors."""
    return _INVISIBLE.sub("", text)


def fold_widths(text: str) -> str:
    """Full-width digits, colons, tildes and spaces made plain, character for character."""
    return text.translate(_WIDTHS)


def find_stamps(line: str) -> list[Stamp]:
    """All stamps of one line, from left to right; ranges are taken together."""
    line = fold_widths(line)
    found = sorted(
        [*_CLOCK.finditer(line), *_SPELT.finditer(line)], key=lambda match: match.start()
    )
    stamps: list[Stamp] = []
    index = 0
    while index < len(found):
        match = found[index]
        start_s = _seconds(match)
        index += 1
        if start_s is None:
            continue
        stop_s, last = None, match.end()
        if index < len(found) and _RANGE.fullmatch(line[last : found[index].start()]):
            stop_s = _seconds(found[index])
            if stop_s is not None and stop_s > start_s:
                last = found[index].end()
                index += 1
            else:
                stop_s = None
        if stop_s is None:
            open_range = _OPEN_RANGE.match(line, last)
            last = open_range.end() if open_range else last
        stamps.append(Stamp(start_s, stop_s, match.start(), last))
    return stamps


def _seconds(match: re.Match[str]) -> float | None:
    hours, minutes, seconds = (int(match[name] or 0) for name in ("h", "m", "s"))
    if match["h"] is not None and minutes > 59:
        return None
    return float(hours * 3600 + minutes * 60 + seconds)
