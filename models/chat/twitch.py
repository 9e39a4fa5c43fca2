"""Chats as TwitchDownloader, twitch-dl (Twitch) and chat-downloader (several sites) save them.

TwitchDownloader writes the names of Twitch's old interface, twitch-dl those of its present one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from utawaku.models.chat.message import ChatMessage, as_list, dig, epoch_s, message

_LONGEST_S = 1e9
_TRIM_S = 60.0
"""A trimmed recording may be longer than was asked for: it begins and ends with whole pieces."""
_TRUSTED = frozenset({"broadcaster", "moderator", "owner"})


def is_twitch(record: Any) -> bool:
    """Return True for a whole file of TwitchDownloader or twitch-dl."""
    comments = record.get("comments") if isinstance(record, dict) else None
    if not isinstance(comments, list):
        return False
    # Comments below a video are kept in such lists as well: those are said at no second of it.
    return not comments or any(
        dig(comment, key) is not None
        for comment in comments
        for key in ("content_offset_seconds", "contentOffsetSeconds")
    )


def twitch_messages(record: dict[str, Any], length_s: float | None) -> Iterator[ChatMessage]:
    """Yield the messages of a whole file; `commenter` is null for accounts that are gone.

    Args:
        length_s: length of the recording, where it is known.
    """
    trimmed_s = _trimmed_s(dig(record, "video"), length_s)
    for comment in record["comments"]:
        said, commenter = dig(comment, "message"), dig(comment, "commenter")
        at_s = dig(comment, "content_offset_seconds")
        names = (dig(commenter, key) for key in ("name", "login", "display_name", "displayName"))
        badges = [*as_list(dig(said, "user_badges")), *as_list(dig(said, "userBadges"))]
        words = [dig(piece, "text") for piece in as_list(dig(said, "fragments"))]
        found = message(
            dig(comment, "contentOffsetSeconds") if at_s is None else at_s,
            next((name for name in names if name), None),
            dig(said, "body") or "".join(word for word in words if isinstance(word, str)),
            trusted=any(
                dig(badge, key) in _TRUSTED for badge in badges for key in ("_id", "setID")
            ),
        )
        if found is not None:
            yield replace(found, offset_s=found.offset_s - trimmed_s) if trimmed_s else found


def _trimmed_s(video: Any, length_s: float | None) -> float:
    """Return where in the broadcast the recording of a trimmed chat begins, in seconds.

    TwitchDownloader trims both alike, and counts the chat's times from the start of the broadcast.
    A recording that is longer than the trimmed part is the whole broadcast.
    """
    start_s, stop_s = dig(video, "start"), dig(video, "end")
    if not (isinstance(start_s, int | float) and isinstance(stop_s, int | float)):
        return 0.0
    if not 0 < start_s < stop_s < _LONGEST_S:
        return 0.0
    is_whole = length_s is not None and length_s > stop_s - start_s + _TRIM_S
    return 0.0 if is_whole else float(start_s)


def is_chat_downloader(record: Any) -> bool:
    """Return True for one message of chat-downloader."""
    if not isinstance(record, dict) or "message" not in record:
        return False
    return "time_in_seconds" in record or ("timestamp" in record and "message_type" in record)


def chat_downloader_message(record: dict[str, Any]) -> tuple[ChatMessage | None, bool]:
    """Return one message, and whether its `offset_s` counts from the epoch, not from the start.

    One saved while live says only when it was written, in millionths of a second.
    """
    author = record.get("author")
    if isinstance(author, str):  # the name alone, as versions before 0.1 wrote it
        author = {"name": author}
    badges = as_list(dig(author, "badges"))
    titles = (str(dig(badge, "title") or dig(badge, "name")).casefold() for badge in badges)
    at_s = record.get("time_in_seconds")
    found = message(
        epoch_s(record.get("timestamp"), 1e6) if at_s is None else at_s,
        dig(author, "id") or dig(author, "name"),
        record.get("message"),
        trusted=any(title in _TRUSTED for title in titles),
    )
    return found, at_s is None


def chat_lines(messages: Iterable[ChatMessage]) -> str:
    """Return messages as chat-downloader saves them, one JSON object a line, for `read_chat`."""
    lines = []
    for one in messages:
        badges = [{"title": "moderator"}] if one.trusted else []
        author = {"id": one.author, "badges": badges}
        record = {"time_in_seconds": one.offset_s, "message": one.text, "author": author}
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    return "".join(lines)
