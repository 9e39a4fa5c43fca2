"""Song names in the live chat replay: viewers type the title when they know the song.

Two habits are read. Someone pastes stamps into the chat: that text is parsed like a comment. And
while a song begins, several viewers (or one moderator's bot) write its title: a message that comes
from enough people within a short burst, and at no other time of the stream, names what is sung.
Cheers come in bursts too, but all evening long, which is how they are told apart.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from utawaku.library.records import SetlistLine
from utawaku.models.chat import ChatMessage
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
_EXCLAMATION = re.compile(
    r"(?:(?:きた|きちゃ|きたこれ)[あぁっ]*|だ[あぁっ]*|じゃん|やん|やった|かな|かも|ですか?|か|ね|よ|w+|草|すき|好き|神曲?"
    r"|最高|助かる|たすかる|うれしい|嬉しい|まって|待って|やば[いっ]*|来了|來了|好听|好聽)+$"
)
"""Words of joy behind a title, as `title_key` folds them."""
_EMOTE = re.compile(r":_?[A-Za-z][\w-]*:")
"""A channel's own picture, which stands for no title."""
_Call = tuple[ChatMessage, SetlistLine, bool]
"""A message, what it names, and whether it is marked as a name."""
_NOW_SINGING = re.compile(
    r"^(?:now\s+(?:playing|singing)|np|current\s+song|♪|🎵|🎶|曲名|今の曲|セトリ|正在唱|지금\s*노래)\s*[::：]?\s*",
    re.IGNORECASE,
)


def titles_in_chat(messages: Sequence[ChatMessage]) -> list[tuple[SetlistLine, dict[str, Any]]]:
    """The lines that viewers' title calls give, by time, each with its evidence.

    `start_s` is when the first of them wrote: some seconds after the song began, never a boundary.
    """
    groups: dict[str, list[_Call]] = defaultdict(list)
    for message in messages:
        called = _called(message)
        if called is not None:
            line, marked = called
            groups[title_key(line.title)].append((message, line, marked))
    found = []
    for calls in _with_exclamations(groups):
        calls.sort(key=lambda call: call[0].offset_s)
        burst = [c for c in calls if c[0].offset_s - calls[0][0].offset_s <= BURST_S]
        if len(burst) < 0.8 * len(calls):
            continue  # Said all evening: a cheer, a greeting, an inside joke.
        speakers = {message.author or message for message, _, _ in burst}
        marked = any(mark for _, _, mark in burst)
        trusted = any(message.trusted and mark for message, _, mark in burst)
        enough = MIN_SPEAKERS_MARKED if marked else MIN_SPEAKERS
        if trusted or len(speakers) >= enough:
            best = max(
                (line for _, line, _ in burst),
                key=lambda line: (len(line.artist), -len(line.title)),
            )
            line = SetlistLine(
                max(burst[0][0].offset_s, 0.0), best.title, best.artist, raw=burst[0][0].text
            )
            found.append((line, {"speakers": len(speakers), "by_moderator": trusted}))
    return sorted(found, key=lambda pair: pair[0].start_s)


def _with_exclamations(groups: Mapping[str, list[_Call]]) -> list[list[_Call]]:
    """Join "Title", "Titleだ！" and "Titleきた": what stays of two of them without such words.

    A title that is only said in one way stays as it is: it may end with such a word.
    """
    by_stem: dict[str, list[str]] = defaultdict(list)
    for key in groups:
        stem = _EXCLAMATION.sub("", key)
        by_stem[stem if len(stem) >= 2 else key].append(key)
    joined = []
    for stem, keys in by_stem.items():
        calls = [call for key in keys for call in groups[key]]
        if len(keys) > 1 and stem not in groups:
            calls = [(message, _cut_to(line, stem), marked) for message, line, marked in calls]
        joined.append(calls)
    return joined


def _cut_to(line: SetlistLine, stem: str) -> SetlistLine:
    """The line with the beginning of its title that folds to `stem`."""
    for length in range(1, len(line.title) + 1):
        if title_key(line.title[:length]) == stem:
            return replace(line, title=line.title[:length])
    return line


def _called(message: ChatMessage) -> tuple[SetlistLine, bool] | None:
    text = _EMOTE.sub("", message.text).strip()
    if len(text) > _MAX_TITLE or "\n" in text or _CHEER.match(text):
        return None
    announced = _NOW_SINGING.sub("", text)
    name = read_name(announced)
    if not name.is_song or len(title_key(name.title)) < 2:
        return None
    return SetlistLine(0.0, name.title, name.artist), name.marked or announced != text
