"""YouTube's chat as yt-dlp saves it: one JSON action a line, replayed or saved while live.

A replay keeps `videoOffsetTimeMsec` inside of `replayChatItemAction`; a chat saved while live keeps
it beside. Paid messages come twice, as a message and as a ticker: only the message is read. What a
moderator pins comes again as a banner, and counts as the moderator's. A message that was held back
stands in the place of its placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from utawaku.models.chat.message import ChatMessage, as_list, dig, message

_RENDERERS = (
    "liveChatTextMessageRenderer",
    "liveChatPaidMessageRenderer",
    "liveChatMembershipItemRenderer",
    "liveChatPaidStickerRenderer",
)
_BANNER = ("addBannerToLiveChatCommand", "bannerRenderer", "liveChatBannerRenderer", "contents")
_BEFORE_START = re.compile(r"-(?:(\d+):)?(\d{1,2}):(\d{2})")


def is_youtube(record: Any) -> bool:
    """Return True for a line of a YouTube chat, one without words included."""
    known = ("replayChatItemAction", "videoOffsetTimeMsec", "clickTrackingParams")
    return isinstance(record, dict) and any(key in record for key in known)


def youtube_messages(record: dict[str, Any]) -> Iterator[ChatMessage]:
    """Yield the messages of one line."""
    replay = record.get("replayChatItemAction")
    offset_ms = dig(replay, "videoOffsetTimeMsec") or record.get("videoOffsetTimeMsec")
    try:
        offset_s = int(str(offset_ms)) / 1000
    except (TypeError, ValueError, OverflowError):
        return
    for action in as_list(dig(replay, "actions")):
        pinned = dig(action, *_BANNER)
        item = (
            dig(action, "addChatItemAction", "item")
            or dig(action, "replaceChatItemAction", "replacementItem")
            or pinned
        )
        renderer = next((found for kind in _RENDERERS if (found := dig(item, kind))), None)
        found = message(
            _before_start(renderer) if offset_s == 0 else offset_s,
            dig(renderer, "authorExternalChannelId") or dig(renderer, "authorName", "simpleText"),
            _text_of(as_list(dig(renderer, "message", "runs"))),
            trusted=_is_trusted(renderer) or item is pinned,
        )
        if found is not None:
            yield found


def _before_start(renderer: Any) -> float:
    """Read the second of a message at offset 0, which may be from before the start."""
    shown = dig(renderer, "timestampText", "simpleText")
    match = _BEFORE_START.fullmatch(shown.strip()) if isinstance(shown, str) else None
    if match is None:
        return 0.0
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return -float(hours * 3600 + minutes * 60 + seconds)


def _text_of(runs: list[Any]) -> str:
    """Return the words; only of a message without words the pictures, as character or `:name:`."""
    words = "".join(text for run in runs if isinstance(text := dig(run, "text"), str))
    return words if words.strip() else "".join(_picture(dig(run, "emoji")) for run in runs)


def _picture(emoji: Any) -> str:
    names = [name for name in as_list(dig(emoji, "shortcuts")) if isinstance(name, str)]
    character = dig(emoji, "emojiId")
    if dig(emoji, "isCustomEmoji") or not isinstance(character, str):
        return names[0] if names else ""
    return character


def _is_trusted(renderer: Any) -> bool:
    badges = as_list(dig(renderer, "authorBadges"))
    icons = (dig(badge, "liveChatAuthorBadgeRenderer", "icon", "iconType") for badge in badges)
    return any(icon in ("OWNER", "MODERATOR") for icon in icons)
