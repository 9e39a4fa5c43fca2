"""YouTube's chat as pytchat gives it: with `elapsedTime`, or with `timestamp` alone while live."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from utawaku.models.chat.message import ChatMessage, epoch_s, message

_ELAPSED = re.compile(r"(-?)(?:(\d+):)?(\d{1,2}):(\d{2})")


def is_pytchat(record: Any) -> bool:
    """Return True for one message of pytchat."""
    return (
        isinstance(record, dict)
        and "elapsedTime" in record
        and "message" in record
        and isinstance(record.get("author"), Mapping)
    )


def pytchat_message(record: Mapping[str, Any]) -> tuple[ChatMessage | None, bool]:
    """Return one message, and whether its `offset_s` counts from the epoch, not from the start."""
    author = record["author"]
    elapsed = _ELAPSED.fullmatch(str(record.get("elapsedTime") or "").strip())
    at_s = epoch_s(record.get("timestamp"), 1e3) if elapsed is None else _seconds(elapsed)
    found = message(
        at_s,
        author.get("channelId") or author.get("name"),
        record["message"],
        trusted=bool(author.get("isChatOwner") or author.get("isChatModerator")),
    )
    return found, elapsed is None


def _seconds(match: re.Match[str]) -> float:
    sign, hours, minutes, seconds = match.groups()
    at_s = int(hours or 0) * 3600.0 + int(minutes) * 60 + int(seconds)
    return -at_s if sign else at_s
