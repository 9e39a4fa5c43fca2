"""Chats as text for people: lines of TwitchDownloader and chat-downloader, TwitchDownloader's page.

Such lines are also what people write, so a text is a chat only where most of its lines are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from utawaku.models.chat.message import ChatMessage, message

_CLOCK = r"(?P<before>-?)(?:(?P<hours>\d+):)?(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d)"
_BADGES = r"(?:\((?P<badges>(?:[^()]|\([^()]*\))*)\) )?"
_LINE = re.compile(
    rf"(?:\[{_CLOCK}\] |{_CLOCK.replace('<', '<bare_')} \| {_BADGES})"
    r"(?P<author>[^:\n]{1,100}): (?P<text>.*)"
)
"""`[1:02:03] Name: words` of TwitchDownloader, `1:02:03 | (Moderator) Name: words` of
chat-downloader.
"""
_MIN_LINES = 5
_SAID = re.compile(
    rf"\[(?:<a\b[^>]*>)?{_CLOCK}(?:</a>)?\](?P<badges>.*?)"
    r'<span class="comment-author"[^>]*>(?P<author>.*?)</span>.*?'
    r'<span class="comment-message">(?P<text>.*?)</span>\s*</pre>',
    re.DOTALL,
)
_PAGE_MARK = '<pre class="comment-root">'
_TAG = re.compile(r"<[^<>]*>")
_TRUSTED = re.compile(r"\b(?:broadcaster|moderator|owner)\b", re.IGNORECASE)


def is_written_page(text: str) -> bool:
    """Return True for a page of TwitchDownloader."""
    return _PAGE_MARK in text


def written_page_messages(text: str) -> Iterator[ChatMessage]:
    """Yield the messages of a page; pictures count as the words that they stand for."""
    for block in text.split(_PAGE_MARK)[1:]:
        said = _SAID.match(block)
        found = said and message(
            _seconds(said),
            _plain(said["author"]),
            _plain(said["text"]).removeprefix(":"),
            trusted=_TRUSTED.search(said["badges"]) is not None,
        )
        if found:
            yield found


def written_lines_messages(text: str) -> list[ChatMessage] | None:
    """Read a message a line; None where most lines are none, or there are hardly any."""
    lines = [line for line in text.splitlines() if line.strip()]
    matches = [found for line in lines if (found := _LINE.fullmatch(line))]
    if len(matches) < max(_MIN_LINES, len(lines) / 2):
        return None
    read = (
        message(
            _seconds(match),
            match["author"].strip(),
            match["text"],
            trusted=_TRUSTED.search(match["badges"] or "") is not None,
        )
        for match in matches
    )
    return [one for one in read if one is not None]


def _plain(markup: str) -> str:
    return html.unescape(_TAG.sub("", markup))


def _seconds(match: re.Match[str]) -> float:
    told = match.groupdict()
    kind = "" if told["minutes"] is not None else "bare_"
    hours, minutes, seconds = (
        int(told[f"{kind}{name}"] or 0) for name in ("hours", "minutes", "seconds")
    )
    at_s = float(hours * 3600 + minutes * 60 + seconds)
    return -at_s if told[f"{kind}before"] else at_s
