"""Messages that tell when they were written, and their place in the recording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from utawaku.library.errors import SetlistError
from utawaku.models.chat.message import ChatMessage

_BEFORE_S = 2 * 3600.0
"""Waiting viewers write up to this time before a broadcast begins."""
_AFTER_S = 600.0
_DAY_S = 86_400.0
_NAME_IT = (
    "Put the time when the recording began into its name, as in `2026-11-20 20-30-15 Title.mkv`, "
    "or into `release_timestamp` of its .info.json, and ingest it again"
)


@dataclass
class ClockChat:
    """Messages whose `offset_s` counts from a clock's zero, not from the recording's start."""

    dated: list[ChatMessage] = field(default_factory=list)
    """Seconds since the epoch."""
    undated: list[ChatMessage] = field(default_factory=list)
    """Seconds since midnight on this machine's clock."""


def placed(
    chat: ClockChat, started_at: float | None, length_s: float | None
) -> Iterable[ChatMessage]:
    """Return the messages that were written during the recording or shortly before it.

    Args:
        chat: messages with clock times.
        started_at: start of the recording, in seconds since the epoch; None where unknown.
        length_s: length of the recording in seconds, where it is known.

    Raises:
        SetlistError: the start is not known, or nothing was written around that time.
    """
    if not chat.dated and not chat.undated:
        return []
    if started_at is None:
        raise SetlistError(
            "tells times of day, and when the recording began is not known",
            next_step=_NAME_IT,
        )
    start = datetime.fromtimestamp(started_at)
    start_clock_s = start.hour * 3600 + start.minute * 60 + start.second + start.microsecond / 1e6
    offsets = [(one, one.offset_s - started_at) for one in chat.dated] + [
        (one, (one.offset_s - start_clock_s + _BEFORE_S) % _DAY_S - _BEFORE_S)
        for one in chat.undated
    ]
    end_s = _DAY_S if length_s is None else length_s + _AFTER_S
    kept = [replace(one, offset_s=at_s) for one, at_s in offsets if -_BEFORE_S <= at_s <= end_s]
    if not any(one.offset_s >= 0 for one in kept):
        raise SetlistError(
            f"is of another time than the recording, which began at {start:%Y-%m-%d %H:%M:%S}",
            next_step=_NAME_IT,
        )
    return kept
