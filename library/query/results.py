"""Records of a parsed search and of its results.

`library.query` makes them of a text, `library.store.browse` answers them; a screen that shows them
need load neither.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

OPERATORS = (":", "=", "!=", "<=", ">=", "<", ">")
"""Signs between a field and its value."""


@dataclass(frozen=True)
class Term:
    """One thing asked: a field, an operator and values of which any will do."""

    field: str
    """Name of the field; empty for a word that may stand anywhere."""
    operator: str
    values: tuple[str, ...]
    start: int = dataclasses.field(default=0, compare=False)
    stop: int = dataclasses.field(default=0, compare=False)
    """Its position in the text."""


@dataclass(frozen=True)
class Not:
    """Everything that does not satisfy `part`."""

    part: "Node"


@dataclass(frozen=True)
class And:
    """Everything that satisfies all parts; without parts, everything."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Or:
    """Everything that satisfies any part."""

    parts: "tuple[Node, ...]"


Node = Term | Not | And | Or


@dataclass(frozen=True)
class Sort:
    """In which order."""

    field: str
    descending: bool


DEFAULT_SORT = Sort("added", True)


@dataclass(frozen=True)
class Query:
    """A search, understood."""

    tree: Node
    sort: Sort = DEFAULT_SORT
    limit: int | None = None
    sorted_by_user: bool = False
    """True where the text says how to sort."""

    @property
    def is_everything(self) -> bool:
        """True when nothing is asked."""
        return self.tree == And(())


@dataclass(frozen=True)
class Listing:
    """The results of a search, in order."""

    query: Query
    numbers: np.ndarray
    """int64 (n_songs,): numbers of the songs."""
    version: int
    """Of the catalogue when it was asked; see `Browser.version`."""
    copies: np.ndarray | None = None
    """int64 (n_songs,): where copies are grouped, how many each row stands for."""
    ranked: bool = False
    """True where songs stand by how well they match, and not in the query's order."""

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class FacetValue:
    """One value of a field and how many of the songs have it."""

    value: str
    n_songs: int


def quote(value: str) -> str:
    """Write a value so that it is read back as it is."""
    if value and not any(char.isspace() or char in '"(),|' for char in value):
        plain = not value.startswith("-") and value != "OR"
        if plain and not any(operator in value for operator in OPERATORS):
            return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
