"""Forms of time stamps in a list, proved by the list as a whole.

`4.58` may be a time, a price or a version. When most lines of a list begin or end with such a
number and the numbers rise, they are times. One odd line of a list of clocks ("0.10.20", "1:02.03")
is read so that it lies between its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from utawaku.models.setlist.stamps import PROVED, Form, Token, find_tokens

RISING_SHARE = 0.7
"""Of neighbouring lines, so many must rise for an uncertain form to be times."""

_HEAD = re.compile(r"[\W_]*(?:[^\W\d_]{0,10}\W{0,3}\d{0,3}[^\W\d_]{0,3}[\W_]*)?")
_TAIL = re.compile(r"[\W_]*")
_SLIPS: tuple[Form, ...] = ("loose", "dotted", "spaced", "separated", "bare_primed")


def tokens_of_lines(lines: Sequence[str]) -> list[list[Token]]:
    """The times of each line, in the forms that the list as a whole proves."""
    sure = [find_tokens(line) for line in lines]
    n_sure = sum(map(bool, sure))
    proved = _proved_form(lines, sure, n_sure)
    if proved is not None:
        found = [
            tokens or find_tokens(line, (proved,)) for line, tokens in zip(lines, sure, strict=True)
        ]
    else:
        found = _with_slips(lines, sure) if n_sure >= 2 else sure
    return _hours_or_numbers(_slipped_dots(found))


def rising(times_s: Sequence[float]) -> float:
    """Share of neighbours that rise; 1 for fewer than two times."""
    steps = [after > before for before, after in pairwise(times_s)]
    return sum(steps) / len(steps) if steps else 1.0


def _proved_form(lines: Sequence[str], sure: Sequence[list[Token]], n_sure: int) -> Form | None:
    best: tuple[int, Form] | None = None
    for form in PROVED:
        placed = [
            token
            for line, others in zip(lines, sure, strict=True)
            if not others
            for token in find_tokens(line, (form,))[:1]
            if _at_an_edge(line, token)
        ]
        if len(placed) < 2 or len(placed) <= n_sure or (best and len(placed) <= best[0]):
            continue
        if rising([token.start_s for token in placed]) >= RISING_SHARE:
            best = (len(placed), form)
    return best[1] if best else None


def _at_an_edge(line: str, token: Token) -> bool:
    return bool(_HEAD.fullmatch(line[: token.first]) or _TAIL.fullmatch(line[token.last :]))


def _with_slips(lines: Sequence[str], sure: Sequence[list[Token]]) -> list[list[Token]]:
    """Lines without a sure time get an uncertain one that lies between their neighbours'."""
    found = [list(tokens) for tokens in sure]
    starts = [tokens[0].start_s if tokens else None for tokens in sure]
    for index, line in enumerate(lines):
        if found[index] or not line.strip():
            continue
        before = next((s for s in reversed(starts[:index]) if s is not None), 0.0)
        after = next((s for s in starts[index + 1 :] if s is not None), before + 1800.0)
        for token in find_tokens(line, _SLIPS)[:1]:
            if before < token.start_s < after and _at_an_edge(line, token):
                found[index] = [token]
    return found


def _slipped_dots(found: list[list[Token]]) -> list[list[Token]]:
    """`1:02.03` among lines with hours, out of order as minutes, in order as hours."""
    if not any(token.slip_s is not None for tokens in found for token in tokens):
        return found
    firsts = [tokens[0] for tokens in found if tokens]
    n_long = sum(token.n_parts == 3 for token in firsts)
    if 2 * n_long <= sum(token.slip_s is None for token in firsts):
        return found
    last_s = 0.0
    out = []
    for tokens in found:
        read = []
        for token in tokens:
            if token.slip_s is not None and token.start_s < last_s < token.slip_s:
                token = replace(token, start_s=token.slip_s)
            last_s = token.start_s
            read.append(token)
        out.append(read)
    return out


def _hours_or_numbers(found: list[list[Token]]) -> list[list[Token]]:
    """`01.04:58` is the first song at 4:58 when such numbers count up, else a time with hours."""
    glued = [t for tokens in found for t in tokens if t.number is not None and t.n_parts == 2]
    numbers = [token.number or 0 for token in glued]
    n_steps = sum(after - before == 1 for before, after in pairwise(numbers))
    if len(glued) < 2 or 2 * n_steps > len(numbers) - 1:
        return found
    whole = [(token.number or 0) * 3600 + token.start_s for token in glued]
    if rising(whole) < RISING_SHARE or rising([t.start_s for t in glued]) >= rising(whole):
        return found
    return [
        [
            replace(t, start_s=t.number * 3600 + t.start_s, first=t.number_first)
            if t.number is not None and t.n_parts == 2
            else t
            for t in tokens
        ]
        for tokens in found
    ]
