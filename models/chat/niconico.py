"""Niconico's comments: JSON of the site as yt-dlp keeps it, JSON and XML of its older interface.

The older interface counts `vpos` in hundredths of a second, the present one `vposMs` in
thousandths. Comments of a broadcast's host are `premium` 2 and 3; those that begin with a slash
are commands to the player (gifts, polls, adverts).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from utawaku.models.chat.elements import has_root, read_elements
from utawaku.models.chat.message import ChatMessage, as_list, dig, message

_HOST = frozenset({"2", "3", "6", "7"})
"""`premium` of the host and the site; 1 is a viewer who pays."""


def is_niconico_xml(head: str) -> bool:
    """Return True where the first thousand characters look like comments of Niconico."""
    return has_root(head, "packet")


def niconico_xml_messages(text: str) -> list[ChatMessage]:
    """Read the comments of a file; a broken one is left out, the rest is read on.

    Raises:
        SetlistError: the text declares a document type, which these files never do.
    """
    found = (
        _older({**element.attrib, "content": element.text})
        for element in read_elements(text, "packet", "chat")
        if element.tag == "chat"
    )
    return [one for one in found if one is not None]


def niconico_comments(record: Any) -> Iterable[Any] | None:
    """Return what of a JSON value is comments of Niconico; None where nothing is."""
    threads = as_list(dig(record, "data", "threads")) or as_list(dig(record, "threads"))
    if threads:
        return list(_of_threads(threads))
    rows = record if isinstance(record, list) else [record]
    found = [row for row in rows if _is_comment(row)]
    return found or None


def niconico_messages(comments: Iterable[Any]) -> Iterator[ChatMessage]:
    """Yield the messages among comments."""
    for comment in comments:
        older = comment.get("chat", comment)
        found = _older(older) if dig(older, "vpos") is not None else _newer(comment)
        if found is not None:
            yield found


def _is_comment(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    older = row.get("chat", row)
    return ("vposMs" in row and "body" in row) or dig(older, "vpos") is not None


def _of_threads(threads: Iterable[Any]) -> Iterator[dict[str, Any]]:
    for thread in threads:
        by_owner = dig(thread, "fork") == "owner"
        for comment in as_list(dig(thread, "comments")):
            if _is_comment(comment):
                yield {**comment, "by_owner": by_owner}


def _newer(comment: dict[str, Any]) -> ChatMessage | None:
    at_s = _seconds(comment["vposMs"], 1000)
    by_owner = bool(comment.get("by_owner"))
    return message(at_s, comment.get("userId"), comment["body"], trusted=by_owner)


def _older(chat: dict[str, Any]) -> ChatMessage | None:
    by_host = str(chat.get("premium")) in _HOST
    text = chat.get("content")
    if by_host and isinstance(text, str) and text.startswith("/"):
        return None
    return message(_seconds(chat.get("vpos"), 100), chat.get("user_id"), text, trusted=by_host)


def _seconds(count: Any, per_s: int) -> float | None:
    try:
        return float(count) / per_s
    except (TypeError, ValueError, OverflowError):
        return None
