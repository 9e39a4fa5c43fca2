"""Bilibili's danmaku: XML as the site and recorders write it, and the site's protobuf segments."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from utawaku.models.chat.elements import has_root, read_elements
from utawaku.models.chat.message import ChatMessage, message

_SCRIPTED_MODES = ("7", "8", "9")
"""Placed pictures and programs: their text is not for reading."""


def is_danmaku_xml(head: str) -> bool:
    """Return True where the first thousand characters look like a danmaku file."""
    return has_root(head, "i")


def danmaku_xml_messages(text: str) -> list[ChatMessage]:
    """Read danmaku and super chats; a broken element is left out, the rest is read on.

    Raises:
        SetlistError: the text declares a document type, which danmaku never does.
    """
    found: list[ChatMessage | None] = []
    paid: list[tuple[float, ChatMessage]] = []
    started_at: float | None = None
    for element in read_elements(text, "i", "d", "sc", "s"):
        if element.tag == "s":
            paid += _super_chat(element)
            continue
        if element.tag == "d" and (at := _began_at(element)) is not None:
            started_at = at if started_at is None else max(started_at, at)
        found.append(_message_of(element))
    if started_at is not None:
        found += [replace(one, offset_s=sent_at - started_at) for sent_at, one in paid]
    return [one for one in found if one is not None]


def _super_chat(element: ElementTree.Element) -> list[tuple[float, ChatMessage]]:
    """Read biliup's `<s>`, which tells the second since the epoch alone; gifts are none."""
    if element.get("type") != "super_chat":
        return []
    author = _id_of(element.get("uid")) or element.get("username")
    said = message(element.get("timestamp"), author, element.text)
    return [] if said is None else [(said.offset_s, said)]


def _began_at(element: ElementTree.Element) -> float | None:
    """Return the start of a recorder's file: when a message was sent, less where it stands.

    Recorders write whole seconds, rounded down, so the latest of all is the nearest.
    """
    fields = element.get("p", "").split(",")
    try:
        return float(fields[4]) - float(fields[0])
    except (IndexError, ValueError):
        return None


def _message_of(element: ElementTree.Element) -> ChatMessage | None:
    if element.tag == "sc":
        author = _id_of(element.get("uid")) or element.get("user")
        return message(element.get("ts"), author, element.text)
    if element.tag != "d":
        return None
    fields = element.get("p", "").split(",")
    if len(fields) < 2 or fields[1] in _SCRIPTED_MODES:
        return None
    sender = _id_of(fields[6]) if len(fields) > 6 else ""
    author = _id_of(element.get("uid")) or sender or element.get("user")
    return message(fields[0], author, element.text)


def _id_of(uid: str | None) -> str:
    """Return an account's number; empty for 0: the site hides it from who is not logged in."""
    return uid if uid and uid != "0" else ""


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
