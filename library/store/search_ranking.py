"""The order of hits: how well each matches what was typed."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from utawaku.library.query.fields import FIELDS
from utawaku.library.query.results import And, Node, Or, Term
from utawaku.library.query.spellings import spellings_of
from utawaku.library.schema import song_search
from utawaku.library.store.connections import batches

WORST = 8
"""Place of a song that holds the text only in tags or the stream's title, or nearly."""
MAX_AT_ONCE = 5000
_COLUMNS = ("title", "artist", "singer", "aliases")


def texts_of(node: Node) -> list[tuple[str, ...]]:
    """Return the texts that a search asks for, each in all spellings; not what it excludes."""
    if isinstance(node, Term):
        field = FIELDS.get(node.field)
        if node.operator != ":" or (field is not None and field.name not in _COLUMNS):
            return []
        return [tuple(one for value in node.values for one in spellings_of(value))]
    if isinstance(node, And | Or):
        return [text for part in node.parts for text in texts_of(part)]
    return []


def by_match(
    connection: sa.Connection, numbers: np.ndarray, wanted: Sequence[tuple[str, ...]]
) -> np.ndarray:
    """Return int64 (n_songs,): the numbers, the best match first; equal ones keep their order."""
    place = sum((_place_of(texts) for texts in wanted), start=sa.literal(0))
    found: dict[int, int] = {}
    for some in batches(numbers.tolist(), MAX_AT_ONCE):
        query = sa.select(song_search.c.number, place).where(_among(connection, some))
        # Past SQLAlchemy's rows, which would cost more than the database does.
        rows = connection.execute(query).cursor
        found.update(rows.fetchall() if rows is not None else ())
    worst = WORST * len(wanted)
    places = np.array([found.get(number, worst) for number in numbers.tolist()], np.int64)
    return numbers[np.argsort(places, kind="stable")]


def _among(connection: sa.Connection, numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    if connection.dialect.name != "sqlite":
        return song_search.c.number.in_(numbers)
    # One value and not thousands: taking a statement apart costs more than answering it.
    listed = sa.func.json_each(json.dumps(list(numbers))).table_valued("value")
    return song_search.c.number.in_(sa.select(listed.c.value))


def _place_of(texts: Sequence[str]) -> sa.ColumnElement[int]:
    """Return how well a song matches one text in any of its spellings, 0 the best; all folded."""
    title, artist, singer, aliases = (song_search.c[name] for name in _COLUMNS)
    lines = "\n" + aliases + "\n"

    def any_of(*conditions: Callable[[str], sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
        return sa.or_(*(condition(text) for text in texts if text for condition in conditions),
                      sa.false())  # fmt: skip

    def holds(column: sa.ColumnElement[str], before: str = "", after: str = "") -> Any:
        return lambda text: column.contains(f"{before}{text}{after}", autoescape=True)

    def starts(column: sa.ColumnElement[str]) -> Any:
        return lambda text: column.startswith(text, autoescape=True)

    checks = (
        any_of(lambda text: title == text),
        any_of(holds(lines, "\n", "\n")),
        any_of(starts(title)),
        any_of(lambda text: artist == text, lambda text: singer == text),
        any_of(holds(title, " ")),
        any_of(starts(artist), starts(singer)),
        any_of(holds(title)),
        any_of(holds(artist), holds(singer), holds(aliases)),
    )
    return sa.case(*((check, place) for place, check in enumerate(checks)), else_=WORST)
