"""The search language: `singer:mio taste>0.7 added:-7d title:夜 -label:unknown sort:taste`.

`fields` is the table of what can be asked, `syntax` makes a tree of a text, `completion` offers
how to go on. `library.store.browse` answers trees from the catalogue.
"""

from library.query.completion import Completion, complete
from library.query.fields import FIELDS, Field
from library.query.syntax import parse
from library.searches import And, Not, Or, Query, Sort, Term, quote

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
