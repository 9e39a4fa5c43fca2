"""The separator of title and artist: the sign that divides most lines of a list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

_OPEN, _CLOSE = "(（[［【「『《〈〔“{｢«", ")）]］】」』》〉〕”}｣»"
ALWAYS: dict[str, re.Pattern[str]] = {
    "tab": re.compile(r"\s*\t\s*"),
    "double slash": re.compile(r"\s*(?://|／／)\s*"),
    "slash": re.compile(r"\s+[/⁄]\s+|\s*[／⧸∕╱]\s*"),
    "pipe": re.compile(r"\s*[|｜│┃¦∣❘￤┊┆┇┋╎╏]\s*"),
    "dash": re.compile(r"\s+[-–—―‐‑−－─━ｰ]\s+|\s*[─━]+\s*|\s*[－]\s*"),
    "long dash": re.compile(r"\s+[-–—―─━]{2,}\s*|\s*[–—―]{1,2}\s+"),
    "by": re.compile(r"\s+by[\s:：]+", re.IGNORECASE),
    "close slash": re.compile(r"(?<!\d)\s*/\s*|\s*/\s*(?!\d)"),
}
"""Signs that divide a line whatever the rest of the list looks like, the surest first."""

PROVED: dict[str, re.Pattern[str]] = {
    "tilde": re.compile(r"\s+[~〜～∼]\s+"),
    "dot": re.compile(r"\s+[・•·⋅●○*＊+＋=＝@＠>»→⇒▷▶►➤＞☆★♪♫♬🎵🎶🎤🎙◆◇✕✖×♡♥]+\s+"),
    "times": re.compile(r"\s+[xX]\s+"),
    "colon": re.compile(r"\s*：\s*|\s+:\s+|(?<=[^\s\d]):\s+"),
    "of": re.compile(
        r"\s*[,，]\s+(?:by|de|do|da|di|von|par|oleh)\s+|\s+(?:von|oleh)\s+", re.IGNORECASE
    ),
    "comma": re.compile(r"\s*[,，、;；]\s*"),
    "wide blank": re.compile(r"\u3000+|\s{2,}"),
    "underscore": re.compile(r"\s*_+\s*"),
    "close dash": re.compile(r"(?<=\S)[-–—―－‐−](?=\S)"),
}
"""Signs that also occur inside titles: they divide only where they divide nearly every line."""

_QUOTED_FIELD = re.compile(r'(?:^|(?<=[,;\t]))\s*("[^"]+")\s*(?=$|[,;\t])')
"""A field of a table that has the table's separator in it."""
_WEAK = ("long dash", "by", "close slash")
_PROOF_SHARE = 0.7
_PLAIN = re.compile(rf"\w[^{re.escape(_OPEN + _CLOSE)}]*(?<![-–—:：])")
"""A word without brackets and without a sign that divides."""
_MIN_PAIRS, _PAIR_SHARE = 3, 0.6
"""Lines of two words for a blank to divide them."""


def split_outside_brackets(pattern: re.Pattern[str], text: str) -> list[str]:
    """The parts of a text between matches that stand in no brackets; empty parts are left out."""
    if not pattern.search(text):
        return [text.strip()] if text.strip() else []
    depths = _depths(text)
    parts, last = [], 0
    for match in pattern.finditer(text):
        left, right = text[last : match.start()].strip(), text[match.end() :].strip()
        # "Step by Step", "A / A": the same on both sides is one title.
        if depths[match.start()] == 0 and left.casefold() != right.casefold():
            parts.append(text[last : match.start()])
            last = match.end()
    parts.append(text[last:])
    return [part.strip() for part in parts if part.strip()]


@lru_cache(maxsize=512)
def _depths(text: str) -> list[int]:
    """For each character, how many brackets stand open there; unbalanced ones do not count."""
    depths = [0] * (len(text) + 1)
    for match in _QUOTED_FIELD.finditer(text):
        for inside in range(match.start(1), match.end(1)):
            depths[inside] = 1
    stack: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        if character in _OPEN:
            stack.append((_CLOSE[_OPEN.index(character)], index))
        elif stack and character == stack[-1][0]:
            _, first = stack.pop()
            for inside in range(first, index + 1):
                depths[inside] += 1
        elif any(character == close for close, _ in stack):
            while stack[-1][0] != character:
                stack.pop()
            _, first = stack.pop()
            for inside in range(first, index + 1):
                depths[inside] += 1
    return depths


def order_for(texts: Sequence[str]) -> list[re.Pattern[str]]:
    """The separators to try on each text of a list, in order.

    The sure one that divides most lines comes first, then the other sure ones; one of the unsure is
    put before them when it divides nearly every line and no sure one divides half of them.
    """
    counts = dict.fromkeys(ALWAYS, 0)
    for text in texts:
        able = [name for name in ALWAYS if len(split_outside_brackets(ALWAYS[name], text)) > 1]
        # A weak sign inside a part that a sure one has divided divides nothing.
        for name in [name for name in able if name not in _WEAK] or able[:1]:
            counts[name] += 1
    names = sorted(ALWAYS, key=lambda name: -_rank(counts[name], len(texts)))
    if len(texts) > 1 and counts["by"] < 0.6 * len(texts):
        names.remove("by")  # "Stand by Me" among lines that no "by" divides.
    chosen = [ALWAYS[name] for name in names]
    n_divided = max(n for name, n in counts.items() if name not in _WEAK)
    if len(texts) >= 2 and n_divided < 0.5 * len(texts):
        for name, pattern in PROVED.items():
            n_parts = [len(split_outside_brackets(pattern, text)) for text in texts]
            n_alike = sum(n == 2 for n in n_parts)
            if name == "wide blank":  # a table may have more columns: "稻香    周杰伦    中文"
                n_alike = max(Counter(n for n in n_parts if n > 1).values(), default=0)
            if n_alike >= 2 and n_alike >= _PROOF_SHARE * len(texts):
                return [pattern, *chosen]
        blank = _blank_before_artists(texts)
        if blank is not None:
            return [blank, *chosen]
    return chosen


def _blank_before_artists(texts: Sequence[str]) -> re.Pattern[str] | None:
    """Return the blank before the artists where nothing else divides: "稻香 周杰伦".

    Most lines are two words, not both in Latin letters. The last ones differ, and some come again:
    of remarks behind titles ("アカペラ") few differ, of titles of two words none comes again.
    """
    words = [text.split() for text in texts]
    pairs = [
        pair
        for pair in words
        if len(pair) == 2 and not "".join(pair).isascii() and all(map(_PLAIN.fullmatch, pair))
    ]
    behind = Counter(pair[1].casefold() for pair in pairs)
    if len(pairs) < _MIN_PAIRS or len(pairs) < _PAIR_SHARE * len(texts):
        return None
    if len(behind) < max(2, len(pairs) / 2) or max(behind.values()) < 2:
        return None
    longer = Counter(" ".join(more[-2:]).casefold() for more in words if len(more) > 2)
    names = [*behind, *(name for name, n in longer.items() if n > 1)]
    return re.compile(rf"\s+(?=(?:{'|'.join(map(re.escape, names))})$)", re.IGNORECASE)


def _rank(n_divided: int, n_texts: int) -> int:
    """Lines that a sign divides, in coarse steps, so that precedence decides between equals."""
    return round(5 * n_divided / n_texts) if n_texts else 0


def divides(text: str) -> bool:
    """Return whether a sure separator divides the text."""
    return any(len(split_outside_brackets(pattern, text)) > 1 for pattern in ALWAYS.values())
