"""The one form that every chat is read into: author, second, text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from utawaku.library.text import clean_text

_MAX_TEXT = 2_000
_MAX_AUTHOR = 200


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a chat."""

    offset_s: float
    """Time of writing in seconds from the start of the recording; negative before it."""
    author: str
    """A stable identifier of who wrote it, else the shown name; empty where the form has neither.
    """
    text: str
    trusted: bool = False
    """By the channel's owner or a moderator."""


def message(offset_s: Any, author: Any, text: Any, *, trusted: bool = False) -> ChatMessage | None:
    """Build a message from what a file holds; None where it has no time or no words."""
    try:
        at_s = float(offset_s)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(at_s) or not isinstance(text, str):
        return None
    shown = _clean(text, _MAX_TEXT).strip()
    if not shown:
        return None
    name = author if isinstance(author, str | int) and not isinstance(author, bool) else ""
    return ChatMessage(at_s, _clean(str(name), _MAX_AUTHOR).strip(), shown, trusted)


def epoch_s(stamp: Any, per_s: float) -> float | None:
    """Return the seconds of a count since the epoch with `per_s` parts a second; None for none."""
    is_count = isinstance(stamp, int | float) and not isinstance(stamp, bool)
    return float(stamp) / per_s if is_count and stamp > 0 else None


def dig(value: Any, *keys: str) -> Any:
    """Follow `keys` through nested dictionaries; None where the path ends."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and nothing for anything else."""
    return value if isinstance(value, list) else []


def _clean(text: str, longest: int) -> str:
    text = text[:longest]
    # Cleaning costs 20 us a message; a chat has 100,000, of which nearly all are clean.
    return text if text.isprintable() else clean_text(text, keep_lines=True)
