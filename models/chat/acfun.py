"""AcFun's danmaku in JSON, as the site answers and as programs keep its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from utawaku.models.chat.message import ChatMessage, as_list, dig, message

_WRITTEN = (None, 0)
"""`danmakuType` of plain text; others are placed pictures and programs."""


def acfun_rows(record: Any) -> list[Any] | None:
    """Return what of a JSON value is danmaku of AcFun; None where nothing is.

    A page of the site holds them in `danmakus`; programs keep pages or rows in lists.
    """
    pages = record if isinstance(record, list) else [record]
    rows = [
        row
        for page in pages
        for row in as_list(dig(page, "danmakus")) or [page]
        if isinstance(row, dict) and "position" in row and isinstance(row.get("body"), str)
    ]
    is_page = any(isinstance(dig(page, "danmakus"), list) for page in pages)
    return rows if rows or is_page else None


def acfun_messages(rows: Iterable[Any]) -> Iterator[ChatMessage]:
    """Yield the messages among rows; `position` counts milliseconds."""
    for row in rows:
        if row.get("danmakuType") not in _WRITTEN:
            continue
        try:
            at_s = float(row["position"]) / 1000
        except (TypeError, ValueError, OverflowError):
            continue
        found = message(at_s, row.get("userId"), row["body"])
        if found is not None:
            yield found
