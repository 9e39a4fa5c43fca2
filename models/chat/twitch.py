"""Chats as TwitchDownloader (Twitch) and chat-downloader (several sites) save them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from utawaku.models.chat.message import ChatMessage, as_list, dig, message

_TRUSTED = frozenset({"broadcaster", "moderator", "owner"})


def is_twitch_downloader(record: Any) -> bool:
    """Return True for a whole file of TwitchDownloader."""
    return isinstance(record, dict) and isinstance(record.get("comments"), list)


def twitch_downloader_messages(record: dict[str, Any]) -> Iterator[ChatMessage]:
    """Yield the messages of a whole file; `commenter` is null for accounts that are gone."""
    for comment in record["comments"]:
        commenter = dig(comment, "commenter")
        badges = as_list(dig(comment, "message", "user_badges"))
        found = message(
            dig(comment, "content_offset_seconds"),
            dig(commenter, "name") or dig(commenter, "display_name"),
            dig(comment, "message", "body"),
            trusted=any(dig(badge, "_id") in _TRUSTED for badge in badges),
        )
        if found is not None:
            yield found


def is_chat_downloader(record: Any) -> bool:
    """Return True for one message of chat-downloader."""
    return isinstance(record, dict) and "message" in record and "time_in_seconds" in record


def chat_downloader_message(record: dict[str, Any]) -> ChatMessage | None:
    """Read one message; one saved while live says only when, not where in the recording."""
    author = record.get("author")
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
