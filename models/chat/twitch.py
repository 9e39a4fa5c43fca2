"""Chats as TwitchDownloader, twitch-dl (Twitch) and chat-downloader (several sites) save them.

TwitchDownloader writes the names of Twitch's old interface, twitch-dl those of its present one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from utawaku.models.chat.message import ChatMessage, as_list, dig, message

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


def twitch_messages(record: dict[str, Any]) -> Iterator[ChatMessage]:
    """Yield the messages of a whole file; `commenter` is null for accounts that are gone."""
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
            yield found


def is_chat_downloader(record: Any) -> bool:
    """Return True for one message of chat-downloader."""
    return isinstance(record, dict) and "message" in record and "time_in_seconds" in record


def chat_downloader_message(record: dict[str, Any]) -> ChatMessage | None:
    """Read one message; one saved while live says only when, not where in the recording."""
    author = record.get("author")
    if isinstance(author, str):  # the name alone, as versions before 0.1 wrote it
        author = {"name": author}
    badges = as_list(dig(author, "badges"))
    titles = (str(dig(badge, "title") or dig(badge, "name")).casefold() for badge in badges)
    return message(
        record.get("time_in_seconds"),
        dig(author, "id") or dig(author, "name"),
        record.get("message"),
        trusted=any(title in _TRUSTED for title in titles),
    )


def chat_lines(messages: Iterable[ChatMessage]) -> str:
    """Return messages as chat-downloader saves them, one JSON object a line, for `read_chat`."""
    lines = []
    for one in messages:
        badges = [{"title": "moderator"}] if one.trusted else []
        author = {"id": one.author, "badges": badges}
        record = {"time_in_seconds": one.offset_s, "message": one.text, "author": author}
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    return "".join(lines)
