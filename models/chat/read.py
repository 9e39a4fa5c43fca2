"""Reading a chat file of any known form, told by its content and never by its name."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from utawaku.library.errors import SetlistError
from utawaku.models.chat.acfun import acfun_messages, acfun_rows
from utawaku.models.chat.clock_lines import clock_lines_chat
from utawaku.models.chat.clock_times import ClockChat, placed
from utawaku.models.chat.danmaku import (
    danmaku_segments_messages,
    danmaku_xml_messages,
    is_danmaku_xml,
)
from utawaku.models.chat.message import ChatMessage
from utawaku.models.chat.niconico import (
    is_niconico_xml,
    niconico_comments,
    niconico_messages,
    niconico_xml_messages,
)
from utawaku.models.chat.pytchat import is_pytchat, pytchat_message
from utawaku.models.chat.twitch import (
    chat_downloader_message,
    is_chat_downloader,
    is_twitch,
    twitch_messages,
)
from utawaku.models.chat.written_text import (
    is_written_page,
    written_lines_messages,
    written_page_messages,
)
from utawaku.models.chat.youtube import is_youtube, youtube_messages

MAX_BYTES = 512 * 1024 * 1024
"""A day of the busiest chat is a tenth of it."""
_HEAD = 4_096
_NEXT_STEP = (
    "It is left out; chats of YouTube, Bilibili, AcFun and Niconico are read, what "
    "TwitchDownloader, twitch-dl, chat-downloader and pytchat write, and logs of chat programs"
)


def read_chat(
    path: Path, *, length_s: float | None = None, started_at: float | None = None
) -> list[ChatMessage]:
    """Read the chat of a site, or what a program made of it, by time.

    Damaged lines and elements are left out. A file packed by gzip is unpacked.

    Args:
        path: the file.
        length_s: length of the recording, which tells whether it was trimmed as its chat was.
        started_at: start of the recording in seconds since the epoch, for chats that tell only
            when something was written.

    Raises:
        SetlistError: the file cannot be opened, is too large, has none of these forms, or tells
            only times of day and the start is not known.
    """
    messages = _opened(path, length_s)
    if isinstance(messages, ClockChat):
        try:
            messages = placed(messages, started_at, length_s)
        except SetlistError as error:
            raise SetlistError(
                f"the chat {error.problem}", subject=str(path), next_step=error.next_step
            ) from error
    return sorted(messages, key=lambda one: one.offset_s)


def check_chat(path: Path) -> None:
    """Raise SetlistError for a file that `read_chat` cannot read, whenever it was recorded."""
    _opened(path, None)


def _opened(path: Path, length_s: float | None) -> Iterable[ChatMessage] | ClockChat:
    try:
        messages = _read(_content(path), length_s)
    except SetlistError as error:
        raise SetlistError(
            f"the chat {error.problem}", subject=str(path), next_step=_NEXT_STEP
        ) from error
    except OSError as error:
        raise SetlistError(
            f"the chat cannot be read ({error.strerror or error})", subject=str(path)
        ) from error
    if messages is None:
        raise SetlistError("the chat is in no known form", subject=str(path), next_step=_NEXT_STEP)
    return messages


def chat_json(path: Path) -> Any:
    """Return the JSON value of a chat file, packed or not; None where it is none.

    Raises:
        SetlistError: it is too large, or damaged.
        OSError: it cannot be opened.
    """
    return _loads(_content(path).decode("utf-8", "replace").removeprefix("\ufeff"))


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(path) as packed:
                data = packed.read(MAX_BYTES + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SetlistError(f"is packed, but damaged ({error})") from error
    if len(data) > MAX_BYTES:
        raise SetlistError("is too large")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # pages of TwitchDownloader
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data


def _read(data: bytes, length_s: float | None) -> Iterable[ChatMessage] | ClockChat | None:
    """Return the messages, or None where the form is unknown."""
    if not data.strip():
        return []
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return _from_markup(data.decode("utf-8", "replace").removeprefix("\ufeff").lstrip())
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    if head[:1] in (b"{", b"["):
        found = _from_json(text, length_s)
        return _from_lines(text, length_s) if found is None else found
    return _from_lines(text, length_s) or danmaku_segments_messages(data)


def _from_lines(text: str, length_s: float | None) -> list[ChatMessage] | ClockChat | None:
    return clock_lines_chat(text, length_s=length_s) or written_lines_messages(text)


def _from_markup(text: str) -> Iterable[ChatMessage] | None:
    if is_niconico_xml(text[:_HEAD]):
        return niconico_xml_messages(text)
    if is_danmaku_xml(text[:_HEAD]):
        return danmaku_xml_messages(text)
    return written_page_messages(text) if is_written_page(text) else None


@dataclass
class _Said:
    """Messages in the records of a file."""

    placed: list[ChatMessage] = field(default_factory=list)
    clocked: ClockChat = field(default_factory=ClockChat)
    """Read only where nothing tells its place: programs tell both of most messages."""


def _from_json(text: str, length_s: float | None) -> list[ChatMessage] | ClockChat | None:
    """Read one record a line; where no line is one, the text as a whole."""
    found = _Said()
    known = False
    for line in text.split("\n"):
        record = _loads(line)
        if record is not None:
            known = _take(record, found, length_s) or known
    if not known:
        whole = _loads(text)
        known = _take(whole, found, length_s) or whole == []  # nobody wrote anything
    if not known:
        return None
    return found.placed or (found.clocked if found.clocked.dated else [])


def _take(record: Any, found: _Said, length_s: float | None) -> bool:
    """Add what a record holds to `found`; return True where its form is known."""
    if is_youtube(record):
        found.placed.extend(youtube_messages(record))
        return True
    if is_twitch(record):
        found.placed.extend(twitch_messages(record, length_s))
        return True
    comments = niconico_comments(record)
    if comments is not None:
        found.placed.extend(niconico_messages(comments))
        return True
    rows = acfun_rows(record)
    if rows is not None:
        found.placed.extend(acfun_messages(rows))
        return True
    known = False
    for one in record if isinstance(record, list) else [record]:
        reader = _reader_of(one)
        if reader is not None:
            known = True
            said, is_clocked = reader(one)
            if said is not None:
                (found.clocked.dated if is_clocked else found.placed).append(said)
    return known


def _reader_of(record: Any) -> Callable[[Any], tuple[ChatMessage | None, bool]] | None:
    """Return what reads one message of a program; None where no program is known by it."""
    if is_chat_downloader(record):
        return chat_downloader_message
    return pytchat_message if is_pytchat(record) else None


def _loads(text: str) -> Any:
    """Return the JSON value of `text`; None where it is none, or nested beyond reason."""
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return None
