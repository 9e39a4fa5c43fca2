"""The order of hits: how well each matches what was typed."""

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import sqlalchemy as sa
from sqlalchemy import ARRAY

from utawaku.library.query.fields import FIELDS
from utawaku.library.query.results import And, Node, Or, Term
from utawaku.library.schema import song_search
from utawaku.library.store.connections import batches

WORST = 8
"""Place of a song that holds the text only in tags or the stream's title, or nearly."""
MAX_AT_ONCE = 5000
MAX_KEPT = 32
_COLUMNS = ("title", "artist", "singer", "aliases")


class RankedHits:
    """The hits of the latest searches in order of match, for when a letter is taken back."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Node, tuple[np.ndarray, np.ndarray]] = OrderedDict()

    def of(self, connection: sa.Connection, tree: Node, numbers: np.ndarray) -> np.ndarray | None:
        """Return `numbers`, the best match first; None where `tree` asks for no text.

        Both are int64 (n_songs,); equal matches keep their order.
        """
        wanted = texts_of(tree)
        if not wanted:
            return None
        before, ranked = self._kept.get(tree, (None, numbers))
        if before is None or not np.array_equal(before, numbers):
            ranked = by_match(connection, numbers, wanted)
        self._kept[tree] = numbers, ranked
        self._kept.move_to_end(tree)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return ranked

    def clear(self) -> None:
        """Forget all: a song was added, named or removed."""
        self._kept.clear()


def texts_of(node: Node) -> list[tuple[str, ...]]:
    """Return the texts that a search asks for, each in all spellings; not what it excludes."""
    if isinstance(node, Term):
        field = FIELDS.get(node.field)
        if node.operator != ":" or (field is not None and field.name not in _COLUMNS):
            return []
        from utawaku.library.query.spellings import spellings_of

        return [tuple(one for value in node.values for one in spellings_of(value))]
    if isinstance(node, And | Or):
        return [text for part in node.parts for text in texts_of(part)]
    return []


def by_match(
    connection: sa.Connection, numbers: np.ndarray, wanted: Sequence[tuple[str, ...]]
) -> np.ndarray:
    """Return int64 (n_songs,): the numbers, the best match first; equal ones keep their order."""
    texts = [[text for text in spellings if text] for spellings in wanted]
    place = _place(tuple(len(spellings) for spellings in texts))
    values = {
        name: value
        for which, spellings in enumerate(texts)
        for spelling, text in enumerate(spellings)
        for name, value in _values(which, spelling, text)
    }
    found: dict[int, int] = {}
    for some in batches(numbers.tolist(), MAX_AT_ONCE):
        query = sa.select(song_search.c.number, place).where(_among(connection, some))
        # Past SQLAlchemy's rows, which would cost more than the database does.
        rows = connection.execute(query, values).cursor
        found.update(rows.fetchall() if rows is not None else ())
    worst = WORST * len(wanted)
    places = np.array([found.get(number, worst) for number in numbers.tolist()], np.int64)
    return numbers[np.argsort(places, kind="stable")]


def _among(connection: sa.Connection, numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    if connection.dialect.name != "sqlite":
        return song_search.c.number == sa.func.any(sa.literal(list(numbers), ARRAY(sa.BigInteger)))
    # One value and not thousands: taking a statement apart costs more than answering it.
    listed = sa.func.json_each(json.dumps(list(numbers))).table_valued("value")
    return song_search.c.number.in_(sa.select(listed.c.value))


_PATTERNS = {"start": "{}%", "word": "% {}%", "inside": "%{}%", "line": "%\n{}\n%"}
"""Patterns of LIKE for the place of a text in a column."""


def _values(which: int, spelling: int, text: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters of one spelling: the text, and each pattern with it."""
    yield f"same_{which}_{spelling}", text
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    for name, pattern in _PATTERNS.items():
        yield f"{name}_{which}_{spelling}", pattern.format(escaped)


@lru_cache(256)
def _place(n_spellings: tuple[int, ...]) -> sa.ColumnElement[int]:
    """Return how well a song matches all texts, 0 the best, as an expression with parameters.

    It is kept for each number of texts and of their spellings: to build it costs more than to
    answer it, at every key that is typed.
    """
    places = (_place_of(which, n) for which, n in enumerate(n_spellings))
    return sum(places, start=sa.literal(0))


def _place_of(which: int, n_spellings: int) -> sa.ColumnElement[int]:
    """Return how well a song matches one text in any of its spellings, 0 the best; all folded."""
    title, artist, singer, aliases = (song_search.c[name] for name in _COLUMNS)
    lines = "\n" + aliases + "\n"

    def is_(column: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        return [column == sa.bindparam(f"same_{which}_{n}") for n in range(n_spellings)]

    def like(pattern: str, column: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        names = (f"{pattern}_{which}_{n}" for n in range(n_spellings))
        return [column.like(sa.bindparam(name), escape="/") for name in names]

    checks = (
        is_(title),
        like("line", lines),
        like("start", title),
        [*is_(artist), *is_(singer)],
        like("word", title),
        [*like("start", artist), *like("start", singer)],
        like("inside", title),
        [*like("inside", artist), *like("inside", singer), *like("inside", aliases)],
    )
    cases = ((sa.or_(*check, sa.false()), place) for place, check in enumerate(checks))
    return sa.case(*cases, else_=WORST)
