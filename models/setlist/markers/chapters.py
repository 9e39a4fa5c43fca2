"""Chapters in the text formats of muxers: FFmpeg's metadata, OGM and Matroska."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

from utawaku.library.errors import SetlistError
from utawaku.models.setlist.markers.marker import Marker, marker, seconds_of

_HEAD = ";FFMETADATA"
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_OGM = re.compile(r"CHAPTER(\d+)(NAME)?\s*=(.*)", re.IGNORECASE)


def read_ffmetadata(text: str) -> list[Marker] | None:
    """Read the chapters of FFmpeg's metadata file; None for other text.

    Raises:
        SetlistError: a chapter has a time or a time base that is none.
    """
    if not text.startswith(_HEAD):
        return None
    sections = re.split(r"^\[", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    return [_ffmetadata_chapter(body) for body in sections if body.startswith("CHAPTER]")]


def _ffmetadata_chapter(body: str) -> Marker:
    lines = (line for line in body.split("\n")[1:] if line[:1] not in (";", "#"))
    pairs = {
        key.upper(): value for key, sign, value in (line.partition("=") for line in lines) if sign
    }
    try:
        base = Fraction(pairs.get("TIMEBASE", "1/1000000000"))
        start_s = float(int(pairs["START"]) * base)
        stop_s = float(int(pairs["END"]) * base) if "END" in pairs else None
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise SetlistError(
            "a chapter has no time that can be read", next_step="Write it again with FFmpeg"
        ) from error
    return marker(start_s, stop_s, _ESCAPED.sub(r"\1", pairs.get("TITLE", "")))


def read_ogm_chapters(text: str) -> list[Marker] | None:
    """Read `CHAPTER01=00:00:24.000` and `CHAPTER01NAME=Title`; None for other text."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    found = [_OGM.fullmatch(line) for line in lines]
    if not found or not all(found):
        return None
    starts: dict[int, str] = {}
    names: dict[int, str] = {}
    for number, is_name, value in (match.groups() for match in found if match):
        (names if is_name else starts)[int(number)] = value
    return [
        marker(start_s, None, names.get(number, ""))
        for number, start in starts.items()
        if (start_s := seconds_of(start)) is not None
    ]


def read_matroska_chapters(text: str) -> list[Marker] | None:
    """Read Matroska's chapters as mkvextract writes them; None for other text.

    Hidden and disabled ones are left out. Of nested ones the innermost are read, of several
    editions the default one, else the first.

    Raises:
        SetlistError: the XML is damaged, or declares entities.
    """
    if "<Chapters" not in text[:2000] or not text.lstrip().startswith("<"):
        return None
    if "<!ENTITY" in text:
        raise SetlistError("declares entities, which no chapters need")
    try:
        root = ElementTree.fromstring(text.lstrip())
    except ElementTree.ParseError as error:
        raise SetlistError(f"is no XML ({error})", next_step="Export the chapters again") from error
    editions = root.findall("EditionEntry")
    default = [one for one in editions if one.findtext("EditionFlagDefault", "0").strip() == "1"]
    return [
        found
        for edition in (default or editions)[:1]
        for atom in edition.iter("ChapterAtom")
        if (found := _matroska_chapter(atom)) is not None
    ]


def _matroska_chapter(atom: ElementTree.Element) -> Marker | None:
    hidden = atom.findtext("ChapterFlagHidden", "0").strip() == "1"
    disabled = atom.findtext("ChapterFlagEnabled", "1").strip() == "0"
    start_s = seconds_of(atom.findtext("ChapterTimeStart", ""))
    if hidden or disabled or start_s is None or atom.find("ChapterAtom") is not None:
        return None
    stop_s = seconds_of(atom.findtext("ChapterTimeEnd", ""))
    return marker(start_s, stop_s, atom.findtext("ChapterDisplay/ChapterString", ""))
