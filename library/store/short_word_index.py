"""The searchable text of every song in memory, for words that are too short for the index.

The trigram index answers from three characters on. One or two, which is a whole word in Japanese
and every search that is just being typed, would need a look at each row of the table: 40 ms with
100,000 songs, against 2 to 10 ms here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import sqlalchemy as sa

from utawaku.library.schema import SEARCHED, song_search
from utawaku.library.store.text_changes import state_of

_BORDER = 0x1E
"""Stands behind each song's text. Folding takes it for white space, so no text holds it."""


@dataclass(frozen=True)
class _Lines:
    """One field of all songs, one text behind the other."""

    text: np.ndarray
    """uint8 (n_bytes,): UTF-8."""
    ends: np.ndarray
    """int64 (n_songs,): where each song's text ends."""

    @classmethod
    def of(cls, joined: bytes | None) -> Self:
        text = np.frombuffer(joined or b"", np.uint8)
        return cls(text, np.flatnonzero(text == _BORDER))

    def holding(self, word: bytes) -> np.ndarray:
        """bool (n_songs,): which texts hold `word`."""
        n_places = max(0, len(self.text) - len(word) + 1)
        found = self.text[:n_places] == word[0]
        for at, byte in enumerate(word[1:], start=1):
            found &= self.text[at : at + n_places] == byte
        places = np.flatnonzero(found)
        if len(places) > len(self.ends):
            # Fewer songs than places: for each song, how many places lie before its end.
            before = np.searchsorted(places, self.ends)
            return np.diff(before, prepend=0) > 0
        mask = np.zeros(len(self.ends), bool)
        mask[np.searchsorted(self.ends, places)] = True
        return mask


@dataclass(frozen=True)
class Words:
    """A picture of `song_search` at one moment; `state` says whether it still holds."""

    state: int
    numbers: np.ndarray
    """int64 (n_songs,)"""
    fields: dict[str, _Lines]

    @classmethod
    def read(cls, connection: sa.Connection) -> Self | None:
        """Read all of it; None where a text holds what parts two texts."""
        state = state_of(connection)
        if connection.dialect.name == "sqlite":
            row = _joined_by_sqlite(connection)
        else:
            row = _joined_by_postgres(connection)
        numbers = np.array((row[0] or "").split(), np.int64)
        fields = dict(zip(SEARCHED, map(_Lines.of, row[1:]), strict=True))
        if any(len(lines.ends) != len(numbers) for lines in fields.values()):
            return None
        return cls(state, numbers, fields)

    def find(self, word: str, field: str = "") -> np.ndarray:
        """int64 (n,): numbers of the songs that hold `word` (folded, not empty).

        Args:
            word: what to look for.
            field: one of `SEARCHED`; without it in any of them.
        """
        wanted = word.encode("utf-8", "surrogatepass")
        mask = np.zeros(len(self.numbers), bool)
        for name in (field,) if field else SEARCHED:
            mask |= self.fields[name].holding(wanted)
        return self.numbers[mask]


def _joined_by_sqlite(connection: sa.Connection) -> Sequence[Any]:
    """Numbers as text, and each field as bytes; each text with a border behind it."""
    # SQLite joins the rows by itself, off the interpreter's lock: a screen goes on meanwhile.
    border = f"char({_BORDER})"
    joined = ", ".join(f"cast(group_concat({name} || {border}, '') as blob)" for name in SEARCHED)
    return connection.exec_driver_sql(
        f"select group_concat(number, ' '), {joined} from {song_search.name}"
    ).one()


def _joined_by_postgres(connection: sa.Connection) -> Sequence[Any]:
    """The same; all aggregates see the rows in one order."""
    joined = ", ".join(f"string_agg({name} || chr({_BORDER}), '')" for name in SEARCHED)
    row = connection.exec_driver_sql(
        f"SELECT string_agg(number::text, ' '), {joined} FROM {song_search.name}"
    ).one()
    return [row[0], *((text or "").encode() for text in row[1:])]
