"""Song names in the live chat replay: viewers type the title when they know the song.

Two habits are read. Someone pastes stamps into the chat: that text is parsed like a comment. And
while a song begins, several viewers (or one moderator's bot) write its title: a message that comes
from enough people within a short burst, and at no other time of the stream, names what is sung.
Cheers come in bursts too, but all evening long, which is how they are told apart.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.errors import SetlistError
from utawaku.library.records import SetlistLine
from utawaku.models.labels.titles import title_key
from utawaku.models.setlist.names import read_name

BURST_S = 90.0
"""Titles are typed within this time of each other."""

MIN_SPEAKERS = 3
MIN_SPEAKERS_MARKED = 2
"""Enough when the message looks like a setlist line: brackets, an artist, a note sign."""

_MAX_TITLE = 60
_CHEER = re.compile(
    r"^(?:[8８]{2,}|[wｗ]+|草+|lol+|lmao|gg|hi+|hello|nice|wow+|yay+|ok|op|ed|きた[ーぁあ!！]*|ｷﾀ.*|かわいい|可愛い"
    r"|すき|好き|うま[いっ]*|上手い?|最高|神|助かる|たすかる|おつ.*|お疲れ.*|こん.{0,6}|ありがと.*|はい|いいね|え|お+|あ+|ｱ+|ㅋ+|ㅠ+"
    r"|哈+|好听|好聽|可爱|可愛|晚上好|초.*|굿)[!！?？~〜～ー。.wｗ]*$",
    re.IGNORECASE,
)
_NOW_SINGING = re.compile(
    r"^(?:now\s+(?:playing|singing)|np|current\s+song|♪|🎵|🎶|曲名|今の曲|セトリ|正在唱|지금\s*노래)\s*[::：]?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the replay."""

    offset_s: float
    """When it was written, from the start of the recording; negative before it."""
    author: str
    """A stable identifier of who wrote it, else the shown name."""
    text: str
    trusted: bool = False
    """By the channel's owner or a moderator."""


def read_live_chat(path: Path) -> list[ChatMessage]:
    """Read yt-dlp's `live_chat.json`: one JSON action a line. Damaged lines are skipped.

    Raises SetlistError when the file cannot be opened, or no line of a non-empty file is JSON.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            messages: list[ChatMessage] = []
            n_lines = n_read = 0
            for line in lines:
                if not line.strip():
                    continue
                n_lines += 1
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                n_read += 1
                messages.extend(_messages(record))
    except OSError as error:
        raise SetlistError(f"cannot be read ({error.strerror})", subject=str(path)) from error
    if n_lines and not n_read:
        raise SetlistError(
            "is not a live chat replay", subject=str(path), next_step="Download the chat again"
        )
    return messages


def _messages(record: Any) -> Iterable[ChatMessage]:
    replay = _dig(record, "replayChatItemAction")
    try:
        offset_s = int(_dig(replay, "videoOffsetTimeMsec")) / 1000
    except (TypeError, ValueError):
        return
    for action in _dig(replay, "actions") or ():
        item = _dig(action, "addChatItemAction", "item")
        for kind in ("liveChatTextMessageRenderer", "liveChatPaidMessageRenderer"):
            renderer = _dig(item, kind)
            runs = _dig(renderer, "message", "runs") or ()
            text = "".join(str(_dig(run, "text") or "") for run in runs).strip()
            if text:
                author = _dig(renderer, "authorExternalChannelId") or _dig(
                    renderer, "authorName", "simpleText"
                )
                yield ChatMessage(offset_s, str(author or ""), text, _is_trusted(renderer))


def _is_trusted(renderer: Any) -> bool:
    for badge in _dig(renderer, "authorBadges") or ():
        icon = _dig(badge, "liveChatAuthorBadgeRenderer", "icon", "iconType")
        if icon in ("OWNER", "MODERATOR"):
            return True
    return False


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def titles_in_chat(messages: Sequence[ChatMessage]) -> list[tuple[SetlistLine, dict[str, Any]]]:
    """The lines that viewers' title calls give, by time, each with its evidence.

    `start_s` is when the first of them wrote: some seconds after the song began, never a boundary.
    """
    groups: dict[str, list[tuple[ChatMessage, SetlistLine, bool]]] = defaultdict(list)
    for message in messages:
        called = _called(message)
        if called is not None:
            line, marked = called
            groups[title_key(line.title)].append((message, line, marked))
    found = []
    for calls in groups.values():
        calls.sort(key=lambda call: call[0].offset_s)
        burst = [c for c in calls if c[0].offset_s - calls[0][0].offset_s <= BURST_S]
        if len(burst) < 0.8 * len(calls):
            continue  # Said all evening: a cheer, a greeting, an inside joke.
        speakers = {message.author for message, _, _ in burst}
        marked = any(mark for _, _, mark in burst)
        trusted = any(message.trusted and mark for message, _, mark in burst)
        enough = MIN_SPEAKERS_MARKED if marked else MIN_SPEAKERS
        if trusted or len(speakers) >= enough:
            best = max((line for _, line, _ in burst), key=lambda line: len(line.artist))
            line = SetlistLine(
                max(burst[0][0].offset_s, 0.0), best.title, best.artist, raw=burst[0][0].text
            )
            found.append((line, {"speakers": len(speakers), "by_moderator": trusted}))
    return sorted(found, key=lambda pair: pair[0].start_s)


def _called(message: ChatMessage) -> tuple[SetlistLine, bool] | None:
    text = message.text.strip()
    if len(text) > _MAX_TITLE or "\n" in text or _CHEER.match(text):
        return None
    announced = _NOW_SINGING.sub("", text)
    name = read_name(announced)
    if not name.is_song or len(title_key(name.title)) < 2:
        return None
    return SetlistLine(0.0, name.title, name.artist), name.marked or announced != text
