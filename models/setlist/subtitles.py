"""Subtitles and timed lyrics as timed text: read, sliced, shifted and written.

pysubs2 reads SubStation Alpha (.ass, .ssa). SubRip and WebVTT are read here: of them pysubs2 drops
a last line that is a number, takes names of cues and notes for text, and does not know times
without a fraction. LRC (.lrc) is not among its formats.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from utawaku.library.errors import SetlistError
from utawaku.library.lrc import parse_lyrics
from utawaku.library.subtitle_files import SUBSTATION
from utawaku.library.time_format import subtitle_clock
from utawaku.models.setlist.encodings import read_text

_TIME = r"(?:(\d+)[:：])?([0-5]?\d)[:：]([0-5]?\d)(?:[.,，．](\d{1,9}))?"
_ARROW = r"(?:-{1,3}>|[—–―]{1,2}>|→)"
_CUE = re.compile(rf"^\s*{_TIME}\s*{_ARROW}\s*{_TIME}(?!\d)")
"""A cue's line of times, also as people leave it: `->`, full-width marks, no fraction."""
_NEXT_STEP = "Give a .srt, .vtt, .ass, .ssa or .lrc file"
_WORD_STAMP = re.compile(r"<\d+:\d\d(?::\d\d)?\.\d{3}>")
"""Stamps of single words, which rolling captions have."""
_MIN_ROLLED = 3
"""Cues that repeat a line, for captions to be rolling ones; fewer may be a song's own words."""
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_LAST_LINE_S = 5.0
"""LRC says no end: the last line shows for this long."""


@dataclass(frozen=True, slots=True)
class TimedText:
    """A line of text shown during [start_s, stop_s)."""

    start_s: float
    stop_s: float
    text: str


def read_subtitles(path: Path) -> list[TimedText]:
    """Read a file of subtitles, sorted by start; markup is removed, empty cues are dropped.

    The format is that of the name: .ass, .ssa or .lrc, else SubRip or WebVTT.

    Raises SetlistError for a file that cannot be read or holds no cue.
    """
    parse = _PARSERS.get(path.suffix.lower(), parse_subtitles)
    cues = parse(read_text(path))
    if not cues:
        raise SetlistError("holds no subtitles", subject=str(path), next_step=_NEXT_STEP)
    return cues


def parse_subtitles(text: str) -> list[TimedText]:
    """The cues of SubRip or WebVTT text; damaged cues are left out.

    In WebVTT only an empty line ends a cue: YouTube's automatic captions begin each with a line of
    one space.
    """
    cues: list[TimedText] = []
    text = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    is_webvtt = text.startswith("WEBVTT")
    if not is_webvtt:
        lines = [line.strip() for line in lines]
    index = 0
    while index < len(lines):
        match = _CUE.match(lines[index])
        index += 1
        if not match:
            continue
        if not is_webvtt:
            index = _past_empty(lines, index)
        body = []
        while index < len(lines) and lines[index] and not _CUE.match(lines[index]):
            body.append(lines[index])
            index += 1
        if index < len(lines) and _CUE.match(lines[index]) and body and body[-1].strip().isdigit():
            body.pop()  # Without a blank line between cues, the next one's number was taken.
        start_s, stop_s = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
        shown = html.unescape(_MARKUP.sub("", "\n".join(body))).strip()
        if shown and stop_s >= start_s:
            cues.append(TimedText(start_s, stop_s, shown))
    cues.sort(key=lambda cue: (cue.start_s, cue.stop_s))
    return _unrolled(cues) if _WORD_STAMP.search(text) or _roll(cues) else cues


def _past_empty(lines: Sequence[str], index: int) -> int:
    """Return where a cue's words begin: one that was converted may begin with empty lines."""
    first = index
    while index < len(lines) and not lines[index]:
        index += 1
    is_next_cue = any(_CUE.match(line) for line in lines[index : index + 2])
    return first if is_next_cue else index


def _roll(cues: Sequence[TimedText]) -> bool:
    """Return whether captions roll, as seen without stamps of words: converters drop those.

    Of cues of several lines, most then begin with the line at which the one before ended.
    """
    n_several = n_again = 0
    last = ""
    for cue in cues:
        lines = _lines_of(cue)
        if len(lines) > 1:
            n_several += 1
            n_again += lines[0] == last
        last = lines[-1]
    return n_again >= _MIN_ROLLED and n_again > n_several / 2


def _lines_of(cue: TimedText) -> list[str]:
    return [line.strip() for line in cue.text.split("\n") if line.strip()]


def _unrolled(cues: Sequence[TimedText]) -> list[TimedText]:
    """Leave out what rolling captions show again: each cue repeats the last line before it."""
    found: list[TimedText] = []
    last = ""
    for cue in cues:
        lines = _lines_of(cue)
        fresh = lines[1:] if lines[0] == last else lines
        last = lines[-1]
        if fresh:
            found.append(replace(cue, text="\n".join(fresh)))
    return found


def parse_substation(text: str) -> list[TimedText]:
    """Return the dialogue of SubStation Alpha text, sorted by start.

    Comments and drawings are left out. A line in several layers, as karaoke effects have it, is one
    cue. Times are exact to 10 ms; those of a damaged file are an empty list.
    """
    # A tenth of a second to import, and few streams have such files.
    import pysubs2

    try:
        script = pysubs2.SSAFile.from_string(text.lstrip("\ufeff"), format_="ass")
    except (ValueError, pysubs2.exceptions.Pysubs2Error):
        return []
    cues = {
        TimedText(event.start / 1000, event.end / 1000, event.plaintext.strip())
        for event in script
        if event.is_text and event.end >= event.start
    }
    return sorted(
        (cue for cue in cues if cue.text), key=lambda cue: (cue.start_s, cue.stop_s, cue.text)
    )


def parse_timed_lyrics(text: str) -> list[TimedText]:
    """Return the lines of LRC text, each until the next stamp; a stamp without words is a gap."""
    lines = parse_lyrics(text).lines
    stops_s = [*(line.at_s for line in lines[1:]), lines[-1].at_s + _LAST_LINE_S] if lines else []
    return [
        TimedText(line.at_s, stop_s, line.text)
        for line, stop_s in zip(lines, stops_s, strict=True)
        if line.text and stop_s > line.at_s
    ]


_PARSERS = {**dict.fromkeys(SUBSTATION, parse_substation), ".lrc": parse_timed_lyrics}


def slice_text(
    cues: Iterable[TimedText], start_s: float, stop_s: float, *, rebase: bool = True
) -> list[TimedText]:
    """The cues that show within [start_s, stop_s), clipped to it; times count from `start_s`."""
    origin = start_s if rebase else 0.0
    return [
        replace(
            cue, start_s=max(cue.start_s, start_s) - origin, stop_s=min(cue.stop_s, stop_s) - origin
        )
        for cue in cues
        if cue.start_s < stop_s and cue.stop_s > start_s
    ]


def shift_text(cues: Iterable[TimedText], by_s: float) -> list[TimedText]:
    """Move all cues by `by_s`; what ends before zero is dropped, what straddles it is clipped."""
    moved = (replace(c, start_s=c.start_s + by_s, stop_s=c.stop_s + by_s) for c in cues)
    return [replace(cue, start_s=max(cue.start_s, 0.0)) for cue in moved if cue.stop_s > 0]


def to_srt(cues: Sequence[TimedText]) -> str:
    """SubRip text of `cues`."""
    blocks = [
        f"{number}\n{subtitle_clock(cue.start_s)} --> {subtitle_clock(cue.stop_s)}\n{cue.text}\n"
        for number, cue in enumerate(cues, start=1)
    ]
    return "\n".join(blocks)


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + float(f"0.{fraction or 0}")
