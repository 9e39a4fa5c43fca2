"""Titles that differ where a site's limit would make them the same."""

from collections.abc import Collection, Sequence

_ELLIPSIS = "…"
_SHORTEST_END = 12


def shorten(text: str, limit: int) -> str:
    """The text within `limit` characters, with an ellipsis where it was cut; 0 is no limit."""
    if not limit or len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + _ELLIPSIS


def distinct_title(
    text: str, taken: Collection[str], limit: int, *, hints: Sequence[str] = (), ending: str = ""
) -> str:
    """A title within `limit` characters that is not in `taken`.

    The text is cut at its end where that is enough. Else its own end stays, which is where the
    titles of a series differ; else a hint (a date, a song's title) is added, else a number.

    Args:
        text: the whole title.
        taken: titles that others have.
        limit: characters allowed; 0 is no limit.
        hints: what tells this one from others, the best first; empty ones are passed over.
        ending: stays behind everything, such as ` (1/3)`.
    """
    room = limit - len(ending) if limit else 0

    def tries() -> list[str]:
        found = [shorten(text, room)]
        if room and len(text) > room:
            found += [_with_end(text, room, n) for n in range(_SHORTEST_END, room // 2 + 1)]
        found += [_with_hint(text, room, hint) for hint in hints if hint and hint not in text]
        return found

    for title in tries():
        if title + ending not in taken:
            return title + ending
    number = 2
    while (title := _with_hint(text, room, str(number)) + ending) in taken:
        number += 1
    return title


def _with_end(text: str, room: int, n_kept: int) -> str:
    return text[: room - n_kept - 1].rstrip() + _ELLIPSIS + text[-n_kept:].lstrip()


def _with_hint(text: str, room: int, hint: str) -> str:
    added = f" ({shorten(hint, 30)})"
    return shorten(text, room - len(added) if room else 0) + added
