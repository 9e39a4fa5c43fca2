"""Completion of a half-typed search."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from utawaku.library.query.fields import FIELDS, find_field
from utawaku.library.query.results import OPERATORS, quote

Values = Callable[[str, str], Iterable[tuple[str, str]]]
"""(field name, what is typed so far) to values of the catalogue, each with a note."""

_PERIODS = (
    ("-1d", "since yesterday"),
    ("-7d", "in the last week"),
    ("-30d", "in the last month"),
    ("-1y", "in the last year"),
    ("today", ""),
)
_DATED = ("added", "played", "date")


@dataclass(frozen=True)
class Completion:
    """Put `text` in place of `[start, stop)`."""

    start: int
    stop: int
    text: str
    note: str = ""
    example: str = ""


def complete(
    text: str, caret: int, values: Values | None = None, *, limit: int = 8
) -> list[Completion]:
    """Ways to go on at the caret, the likeliest first.

    Args:
        text: the search as typed so far.
        caret: 0-based position of the caret.
        values: where values of text fields (singers, tags ...) come from.
        limit: at most so many.
    """
    start = caret
    while start > 0 and not (text[start - 1].isspace() or text[start - 1] in "(|"):
        start -= 1
    if text[:start].count('"') % 2:
        return []
    if text.startswith("-", start):
        start += 1
    word = text[start:caret]
    name, operator, value = _split(word)
    if operator:
        begin = caret - len(value)
        return _of_value(name, value, begin, caret, values)[:limit]
    if not word:
        return []
    found = [
        Completion(start, caret, f"{field.name}:", field.help, field.example)
        for field in FIELDS.values()
        if any(known.startswith(word.casefold()) for known in (field.name, *field.aliases))
    ]
    if "sort".startswith(word.casefold()):
        found.append(Completion(start, caret, "sort:", "in which order", "sort:taste"))
    return found[:limit]


def _split(word: str) -> tuple[str, str, str]:
    for at in range(len(word)):
        for operator in OPERATORS:
            if word.startswith(operator, at):
                value = word[at + len(operator) :]
                return word[:at], operator, value.rpartition(",")[2]
    return word, "", ""


def _of_value(
    name: str, value: str, start: int, stop: int, values: Values | None
) -> list[Completion]:
    if name.casefold() == "sort":
        return [
            Completion(start, stop, f"{field.name} ", field.help)
            for field in FIELDS.values()
            if field.sort is not None and field.name.startswith(value.casefold())
        ]
    field = find_field(name)
    if field is None:
        return []
    if field.words:
        offered: Iterable[tuple[str, str]] = ((word, "") for word in field.words)
    elif field.name in _DATED:
        offered = _PERIODS
    elif values is not None and field.searched:
        return [
            Completion(start, stop, f"{quote(word)} ", note)
            for word, note in values(field.name, value.lstrip('"'))
        ]
    else:
        return []
    return [
        Completion(start, stop, f"{word} ", note)
        for word, note in offered
        if word.startswith(value.casefold())
    ]
