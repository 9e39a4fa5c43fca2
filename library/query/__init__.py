"""The search language: `singer:mio taste>0.7 added:-7d title:夜 -label:unknown sort:taste`.

`fields` is the table of what can be asked, `syntax` makes a tree of a text, `completion` offers
how to go on. `utawaku.library.store.browse` answers trees from the catalogue.
"""

from utawaku.library.query.completion import Completion, complete
from utawaku.library.query.fields import FIELDS, Field
from utawaku.library.query.results import And, Not, Or, Query, Sort, Term, quote
from utawaku.library.query.syntax import parse

__all__ = [
    "FIELDS",
    "And",
    "Completion",
    "Field",
    "Not",
    "Or",
    "Query",
    "Sort",
    "Term",
    "complete",
    "parse",
    "quote",
]
