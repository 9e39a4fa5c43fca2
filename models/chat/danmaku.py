"""Bilibili's danmaku: XML as the site and recorders write it, and the site's protobuf segments.

Recorders write while the broadcast runs, so a file may end in the middle; viewers write control
characters, which XML does not allow. Both are read as far as they can be.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

from utawaku.library.errors import SetlistError
from utawaku.models.chat.message import ChatMessage, message

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,8});")
_ROOT = re.compile(r"(?:<\?.*?\?>\s*|<!--.*?-->\s*)*<i[\s/>]", re.DOTALL)
_ELEMENT = re.compile(r"<(?:d|sc)\s")
_SCRIPTED_MODES = ("7", "8", "9")
"""Placed pictures and programs: their text is not for reading."""


def is_danmaku_xml(head: str) -> bool:
    """Return True where the first thousand characters look like a danmaku file."""
    return _ROOT.match(head) is not None


def danmaku_xml_messages(text: str) -> list[ChatMessage]:
    """Read danmaku and super chats; a broken element is left out, the rest is read on.

    Raises:
        SetlistError: the text declares a document type, which danmaku never does.
    """
    text = _REFERENCE.sub(_allowed, _NO_XML.sub("", text))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SetlistError("declares a document type, which is not read")
    found: list[ChatMessage] = []
    parser = _parser()
    # Fed element by element, so that a break costs no more than the element that it is in.
    edges = [0, *(match.start() for match in _ELEMENT.finditer(text)), len(text)]
    for first, last in pairwise(edges):
        try:
            parser.feed(text[first:last])
            ended = [part for event in parser.read_events() for part in event]
        except ElementTree.ParseError:
            parser = _parser("<i>")
            continue
        for element in ended:
            if not isinstance(element, ElementTree.Element):
                continue  # the event's name
            one = _message_of(element)
            if one is not None:
                found.append(one)
            element.clear()
    return found


def _parser(begun: str = "") -> ElementTree.XMLPullParser[Any]:
    parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(events=("end",))
    parser.feed(begun)
    return parser


def _message_of(element: ElementTree.Element) -> ChatMessage | None:
    if element.tag == "sc":
        author = element.get("uid") or element.get("user")
        return message(element.get("ts"), author, element.text)
    if element.tag != "d":
        return None
    fields = element.get("p", "").split(",")
    if len(fields) < 2 or fields[1] in _SCRIPTED_MODES:
        return None
    sender = fields[6] if len(fields) > 6 and fields[6] not in ("", "0") else ""
    author = element.get("uid") or sender or element.get("user")
    return message(fields[0], author, element.text)


def _allowed(match: re.Match[str]) -> str:
    """Keep a character reference only where XML allows its character."""
    digits = match[1]
    code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    if code > 0x10FFFF or _NO_XML.match(chr(code)):
        return ""
    return match[0]


def danmaku_segments_messages(data: bytes) -> Iterator[ChatMessage] | None:
    """Read protobuf segments, one or several in a row; None where `data` holds none.

    Field numbers are the site's own (`DmSegMobileReply`); fields not named here are skipped.
    """
    from google.protobuf.message import DecodeError  # slow to import, rarely needed

    reply = _reply_class()()
    try:
        reply.ParseFromString(data)
    except DecodeError:
        return None
    if not reply.elems and not reply.HasField("state"):
        return None
    return (
        one
        for element in reply.elems
        if str(element.mode) not in _SCRIPTED_MODES
        and (
            one := message(
                element.progress / 1000,
                element.midHash.decode("utf-8", "replace"),
                element.content.decode("utf-8", "replace"),
            )
        )
    )


@lru_cache(maxsize=1)
def _reply_class() -> Any:
    """Declare the two message types; texts as bytes, because the site's are not always UTF-8."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="danmaku.proto", package="utawaku.danmaku")
    element = file.message_type.add(name="Element")
    for number, name, kind in (
        (2, "progress", kinds.TYPE_INT32),
        (3, "mode", kinds.TYPE_INT32),
        (6, "midHash", kinds.TYPE_BYTES),
        (7, "content", kinds.TYPE_BYTES),
    ):
        element.field.add(name=name, number=number, type=kind, label=kinds.LABEL_OPTIONAL)
    reply = file.message_type.add(name="Reply")
    reply.field.add(
        name="elems", number=1, type=kinds.TYPE_MESSAGE, label=kinds.LABEL_REPEATED,
        type_name=".utawaku.danmaku.Element",
    )  # fmt: skip
    reply.field.add(name="state", number=2, type=kinds.TYPE_INT32, label=kinds.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("utawaku.danmaku.Reply"))
