"""Lyrics with times: LRC as it is found, and as we write it.

`[mm:ss.xx]text`; several stamps before one text repeat it; `<mm:ss.xx>` before each word is the
enhanced form. `[offset:+N]` in ms means lyrics that come earlier. We read it so and never write it:
the stamps themselves are moved. See https://en.wikipedia.org/wiki/LRC_(file_format).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from utawaku.library.text import clean_line

MAX_TEXT = 200_000
MAX_LINES = 2_000
_STAMP = re.compile(r"\[(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_WORD = re.compile(r"<(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?>")
_BARE_HOURS = re.compile(r"(?<=[\[<])(\d{1,2}):\d{2}:(\d{2})(?=[\]>])")
"""`1:02:03`, or `01:02:03`, which may be a minute, two seconds and three hundredths."""
_ENOUGH = 12
"""Of so many hundredths hardly ever all are below 60."""
_OFFSET = re.compile(r"\[offset:\s*([+-]?\d{1,7})\s*\]", re.IGNORECASE)
_TAG = re.compile(r"\[[a-zA-Z#]{1,10}:[^\]]*\]")


@dataclass(frozen=True)
class Word:
    """A word of a line, or a syllable."""

    at_s: float
    text: str


@dataclass(frozen=True)
class LyricLine:
    """A line that is sung from a moment on."""

    at_s: float
    text: str
    words: tuple[Word, ...] = ()
    """With their times, where the file has them."""


@dataclass(frozen=True)
class Lyrics:
    """Lyrics of a song; `lines` is empty where their times are not known."""

    lines: tuple[LyricLine, ...] = ()
    plain: str = ""

    @property
    def is_synced(self) -> bool:
        """Return whether lines have times."""
        return bool(self.lines)

    def shifted(self, by_s: float) -> "Lyrics":
        """Return the same, later by `by_s` seconds; nothing starts before the song does."""
        return replace(self, lines=tuple(_moved(line, by_s) for line in self.lines))

    def line_at(self, at_s: float) -> int:
        """Return the index of the line that is sung at a second; -1 before the first."""
        found = -1
        for n, line in enumerate(self.lines):
            if line.at_s > at_s:
                break
            found = n
        return found


def _moved(line: LyricLine, by_s: float) -> LyricLine:
    words = tuple(Word(max(0.0, word.at_s + by_s), word.text) for word in line.words)
    return LyricLine(max(0.0, line.at_s + by_s), line.text, words)


def parse_lyrics(text: str) -> Lyrics:
    """Read LRC, or plain text where no line has a stamp.

    >>> parse_lyrics("[00:01.50][00:03.00]la <00:02.00>la").lines[0]
    LyricLine(at_s=1.5, text='la la', words=(Word(at_s=1.5, text='la '), Word(at_s=2.0, text='la')))
    """
    text = text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if _counts_hours(text):
        text = _BARE_HOURS.sub(r"\g<0>.0", text)
    offset = _OFFSET.search(text)
    earlier_s = int(offset[1]) / 1000 if offset else 0.0
    lines: list[LyricLine] = []
    plain: list[str] = []
    for raw in text.split("\n"):
        stamps, rest = _stamps_of(raw.strip())
        if stamps:
            lines += _lines_of(stamps, rest, earlier_s)
        elif not _TAG.fullmatch(raw.strip()):
            plain.append(clean_line(raw))
    if lines:
        lines.sort(key=lambda line: line.at_s)
        lines = lines[:MAX_LINES]
        plain = [line.text for line in lines]
    return Lyrics(tuple(lines), "\n".join(plain).strip("\n"))


def _counts_hours(text: str) -> bool:
    """Return whether `1:02:03` is a time with hours; in most files it is one with hundredths.

    Hundredths go beyond 59, and their minutes have two digits.
    """
    stamps = _BARE_HOURS.findall(text)
    if not stamps or any(int(last) >= 60 for _, last in stamps):
        return False
    if any(len(first) == 1 for first, _ in stamps):
        return True
    return len(stamps) >= _ENOUGH and len({last for _, last in stamps}) > _ENOUGH // 2


def _stamps_of(line: str) -> tuple[list[float], str]:
    """Return the times at the start of a line, and its text."""
    stamps = []
    while found := _STAMP.match(line):
        stamps.append(_seconds(found))
        line = line[found.end() :].lstrip()
    return stamps, line


def _lines_of(stamps: Iterable[float], rest: str, earlier_s: float) -> list[LyricLine]:
    stamps = list(stamps)
    words = _words_of(rest, stamps[0])
    text = clean_line(_WORD.sub("", rest))
    found = []
    for stamp in stamps:
        by_s = stamp - stamps[0] - earlier_s
        moved = tuple(Word(max(0.0, word.at_s + by_s), word.text) for word in words)
        found.append(LyricLine(max(0.0, stamp - earlier_s), text, moved))
    return found


def _words_of(rest: str, start_s: float) -> list[Word]:
    pieces = list(_WORD.finditer(rest))
    if not pieces:
        return []
    words = []
    if rest[: pieces[0].start()].strip():
        words.append(Word(start_s, rest[: pieces[0].start()]))
    for found, after in zip(pieces, [*pieces[1:], None], strict=True):
        text = rest[found.end() : after.start() if after else len(rest)]
        if text.strip():
            words.append(Word(_seconds(found), text))
    return words


def _seconds(found: re.Match[str]) -> float:
    hours, minutes, seconds, fraction = found.groups()
    if hours and not fraction:  # mm:ss:xx
        hours, minutes, seconds, fraction = None, hours, minutes, seconds
    part = int(fraction) / 10 ** len(fraction) if fraction else 0.0
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + part


def write_lrc(lyrics: Lyrics, *, title: str = "", artist: str = "") -> str:
    """Return LRC text: word stamps where they are known; plain text where no times are.

    >>> write_lrc(Lyrics((LyricLine(61.234, "la"),)))
    '[01:01.23]la\\n'
    """
    if not lyrics.is_synced:
        return lyrics.plain + "\n"
    head = [f"[{tag}:{clean_line(value).replace(']', ')')}]"
            for tag, value in (("ti", title), ("ar", artist)) if value]  # fmt: skip
    body = [f"[{_clock(line.at_s)}]{_written(line)}" for line in lyrics.lines]
    return "\n".join([*head, *body]) + "\n"


def _written(line: LyricLine) -> str:
    if not line.words:
        return line.text
    return "".join(f"<{_clock(word.at_s)}>{word.text}" for word in line.words)


def _clock(at_s: float) -> str:
    hundredths = round(at_s * 100)
    return f"{hundredths // 6000:02}:{hundredths // 100 % 60:02}.{hundredths % 100:02}"
