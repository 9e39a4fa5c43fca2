"""From a search text to a tree.

    query := any ( ("OR" | "|") any )*          either side
    any   := part+                              all of them
    part  := "-" part | "(" query ")" | term    not, group
    term  := word | "quoted" | field operator value
    value := one ( "," one )*                   any of these

`sort:FIELD` (with `+` or `-` behind it for ascending or descending) and `limit:N` stand anywhere
outside brackets. A word without a field is looked for in every text of a song.
"""

import time
from dataclasses import dataclass

from utawaku.library.errors import QueryError
from utawaku.library.query.fields import FIELDS, Field, find_field, nearest_field
from utawaku.library.query.results import (
    DEFAULT_SORT,
    OPERATORS,
    And,
    Node,
    Not,
    Or,
    Query,
    Sort,
    Term,
)
from utawaku.library.query.values import FieldValueError, read_number

MAX_LENGTH = 2000
MAX_DEPTH = 50


@dataclass(frozen=True)
class _Token:
    kind: str
    """`word`, `quoted`, `field`, `(`, `)`, `-` or `or`."""
    text: str
    start: int
    stop: int
    operator: str = ""
    values: tuple[str, ...] = ()


def parse(text: str, *, now: float | None = None) -> Query:
    """Read a search text.

    Args:
        text: as typed.
        now: seconds since the epoch, only to check relative dates.

    Raises:
        QueryError: with the position of what cannot be understood.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"longer than {MAX_LENGTH} characters", position=MAX_LENGTH)
    return _Parser(text, time.time() if now is None else now).query()


class _Parser:
    def __init__(self, text: str, now: float) -> None:
        self.tokens = _tokens(text)
        self.now = now
        self.end = len(text)
        self.at = 0
        self.depth = 0
        self.sort: Sort | None = None
        self.limit: int | None = None

    def query(self) -> Query:
        tree = self.either()
        if self.at < len(self.tokens):
            raise QueryError("this bracket was never opened", position=self.tokens[self.at].start)
        return Query(tree, self.sort or DEFAULT_SORT, self.limit, self.sort is not None)

    def peek(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def either(self) -> Node:
        sides = [self.all_of()]
        while self.peek() == "or":
            token = self.tokens[self.at]
            self.at += 1
            sides.append(self.all_of())
            if any(side == And(()) for side in sides):
                raise QueryError("OR stands between two things", position=token.start)
        return sides[0] if len(sides) == 1 else Or(tuple(sides))

    def all_of(self) -> Node:
        parts: list[Node] = []
        while self.peek() not in ("", ")", "or"):
            part = self.part()
            if part is not None:
                parts.append(part)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def part(self) -> Node | None:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "-":
            if self.peek() in ("", ")", "or"):
                raise QueryError("nothing follows the minus", position=token.start)
            self.descend(token)
            inner = self.part()
            self.depth -= 1
            if inner is None:
                raise QueryError("this cannot be negated", position=token.start)
            return Not(inner)
        if token.kind == "(":
            self.descend(token)
            inner = self.either()
            self.depth -= 1
            if self.peek() != ")":
                raise QueryError("this bracket is never closed", position=token.start)
            self.at += 1
            return inner
        if token.kind == "field":
            return self.term(token)
        return Term("", ":", (token.text,), token.start, token.stop)

    def descend(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError("too many brackets", position=token.start)

    def term(self, token: _Token) -> Node | None:
        name = token.text.casefold()
        behind = token.start + len(token.text) + len(token.operator)
        if name == "sort":
            self.sort = _read_sort(token, behind)
            return None
        if name == "limit":
            self.limit = _read_limit(token, behind)
            return None
        known = find_field(name)
        if known is None:
            near = nearest_field(name)
            hint = f"Did you mean {near}{token.operator}?" if near else "? lists the fields"
            raise QueryError(
                f"there is no field {token.text!r}",
                next_step=f'{hint} In "quotes" it is looked for as text',
                position=token.start,
            )
        self.check(known, token, behind)
        return Term(known.name, token.operator, token.values, token.start, token.stop)

    def check(self, known: Field, token: _Token, behind: int) -> None:
        if token.operator not in known.operators:
            raise QueryError(
                f"{known.name} cannot be compared with {token.operator}",
                next_step=f"Write {known.example}",
                position=behind - len(token.operator),
            )
        if not token.values or not all(token.values):
            raise QueryError(
                f"{known.name}{token.operator} wants a value",
                next_step=f"For example {known.example}" if known.example else "",
                position=behind,
            )
        if known.condition is not None:
            for value in token.values:
                try:
                    known.condition(token.operator, value, self.now)
                except FieldValueError as error:
                    raise QueryError(f"{known.name}: {error}", position=behind) from error


def _read_sort(token: _Token, behind: int) -> Sort:
    word = token.values[0] if token.values else ""
    name = word.strip("+-")
    known = find_field(name)
    if known is None or known.sort is None:
        sortable = [other.name for other in FIELDS.values() if other.sort is not None]
        raise QueryError(
            f"cannot sort by {name!r}" if name else "sort: wants a field",
            next_step=f"Sort by {', '.join(sortable)}",
            position=behind,
        )
    if word.endswith("+"):
        return Sort(known.name, False)
    if word.endswith("-") or word.startswith("-"):
        return Sort(known.name, True)
    return Sort(known.name, known.descending)


def _read_limit(token: _Token, behind: int) -> int:
    try:
        limit = int(read_number(token.values[0] if token.values else ""))
    except ValueError:
        limit = 0
    if limit < 1:
        raise QueryError("limit: wants a number from 1", position=behind)
    return limit


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
        elif char in "()":
            found.append(_Token(char, char, at, at + 1))
            at += 1
        elif char == "|":
            found.append(_Token("or", char, at, at + 1))
            at += 1
        elif char == "-" and at + 1 < len(text) and not text[at + 1].isspace():
            found.append(_Token("-", char, at, at + 1))
            at += 1
        elif char == '"':
            value, stop = _quoted(text, at)
            found.append(_Token("quoted", value, at, stop))
            at = stop
        else:
            token = _word(text, at)
            found.append(token)
            at = token.stop
    # An empty pair of quotes asks for nothing.
    return [token for token in found if token.kind != "quoted" or token.text]


def _word(text: str, start: int) -> _Token:
    at = start
    while at < len(text) and not text[at].isspace() and text[at] not in '"()|':
        operator = next((o for o in OPERATORS if text.startswith(o, at)), "")
        if operator and at > start and text[start:at].isidentifier():
            values, stop = _values(text, at + len(operator))
            return _Token("field", text[start:at], start, stop, operator, values)
        at += 1
    if at == start:  # cannot happen for a word, but a loop must go on
        at += 1
    word = text[start:at]
    return _Token("or" if word == "OR" else "word", word, start, at)


def _values(text: str, start: int) -> tuple[tuple[str, ...], int]:
    values: list[str] = []
    at = start
    while True:
        if text.startswith('"', at):
            value, at = _quoted(text, at)
        else:
            begin = at
            while at < len(text) and not text[at].isspace() and text[at] not in '"(),|':
                at += 1
            value = text[begin:at]
        values.append(value)
        if not text.startswith(",", at):
            return tuple(values) if values != [""] else (), at
        at += 1


def _quoted(text: str, start: int) -> tuple[str, int]:
    value: list[str] = []
    at = start + 1
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            value.append(text[at + 1])
            at += 2
        elif text[at] == '"':
            return "".join(value), at + 1
        else:
            value.append(text[at])
            at += 1
    # Still being typed: take what is there.
    return "".join(value), at
