"""The order of hits: how well each matches what was typed."""

from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from utawaku.library.query.fields import FIELDS
from utawaku.library.query.results import And, Node, Or, Term
from utawaku.library.query.spellings import spellings_of
from utawaku.library.schema import song_search
from utawaku.library.store.connections import batches

WORST = 8
"""Place of a song that holds the text only in tags or the stream's title, or nearly."""
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
    place = {int(number): WORST * len(wanted) for number in numbers}
    columns = [song_search.c[name] for name in ("number", *_COLUMNS)]
    for some in batches([int(number) for number in numbers], 500):
        query = sa.select(*columns).where(song_search.c.number.in_(some))
        for number, title, artist, singer, aliases in connection.execute(query):
            place[number] = sum(
                min(place_of(text, title, artist, singer, aliases) for text in texts)
                for texts in wanted
            )
    places = np.array([place[int(number)] for number in numbers])
    return numbers[np.argsort(places, kind="stable")]


def place_of(text: str, title: str, artist: str, singer: str, aliases: str) -> int:
    """Return how well a song matches one text, 0 the best; all folded."""
    if not text:
        return WORST
    lines = aliases.split("\n")
    checks = (
        title == text,
        text in lines,
        title.startswith(text),
        artist == text or singer == text,
        f" {text}" in title,
        artist.startswith(text) or singer.startswith(text),
        text in title,
        text in artist or text in singer or text in aliases,
    )
    return next((place for place, holds in enumerate(checks) if holds), WORST)
