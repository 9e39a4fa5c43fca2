"""Elements of chats in XML, as far as they can be read.

Recorders write while the broadcast runs, so a file may end in the middle; viewers write control
characters, which XML does not allow.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from utawaku.library.errors import SetlistError

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(x[0-9a-fA-F]{1,8}|[0-9]{1,8});")


def has_root(head: str, root: str) -> bool:
    """Return True where the first element of a text is `root`."""
    before = r"(?:<\?.*?\?>\s*|<!--.*?-->\s*)*"
    return re.match(rf"{before}<{root}[\s/>]", head, re.DOTALL) is not None


def read_elements(text: str, root: str, *names: str) -> Iterator[ElementTree.Element]:
    """Yield the elements below `root` as they end; a broken one is left out, the rest read on.

    Args:
        names: elements at which the text is taken up again after a break.

    Raises:
        SetlistError: the text declares a document type, which chats never do.
    """
    text = _REFERENCE.sub(_allowed, _NO_XML.sub("", text))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SetlistError("declares a document type, which is not read")
    begin = re.compile(rf"<(?:{'|'.join(names)})\s")
    parser = _parser()
    # Fed element by element, so that a break costs no more than the element that it is in.
    edges = [0, *(match.start() for match in begin.finditer(text)), len(text)]
    for first, last in pairwise(edges):
        try:
            parser.feed(text[first:last])
            ended = [part for event in parser.read_events() for part in event]
        except ElementTree.ParseError:
            parser = _parser(f"<{root}>")
            continue
        for element in ended:
            if isinstance(element, ElementTree.Element):  # the rest are names of events
                yield element
                element.clear()


def _parser(begun: str = "") -> ElementTree.XMLPullParser[Any]:
    parser: ElementTree.XMLPullParser[Any] = ElementTree.XMLPullParser(events=("end",))
    parser.feed(begun)
    return parser


def _allowed(match: re.Match[str]) -> str:
    """Keep a character reference only where XML allows its character."""
    digits = match[1]
    code = int(digits[1:], 16) if digits[0] == "x" else int(digits)
    if code > 0x10FFFF or _NO_XML.match(chr(code)):
        return ""
    return match[0]
