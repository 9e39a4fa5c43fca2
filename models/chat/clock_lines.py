"""Chats as lines with the time of day: logs of Chatterino, Chatty, mIRC, HexChat, irssi, justlog.

So does chat-downloader write what it saved while live. Such a line says when it was written, not
where in the recording: `clock_times` places it. Most programs tell the day in lines of their own,
where logging began and at midnight; some in each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

from utawaku.models.chat.clock_times import ClockChat
from utawaku.models.chat.message import ChatMessage, message

_MIN_LINES = 5
_DAY_S = 86_400
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH = rf"(?P<month_name>{'|'.join(_MONTHS)})[a-z]*"
_ISO_DAY = r"(?P<year>20\d\d)[-/.](?P<month>\d\d)[-/.](?P<day>\d\d)"
_CLOCK = (
    r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d{1,6})?)?"
    r"(?:\s?(?P<half>[ap])\.?m\.?)?(?:\s?(?P<zone>UTC|Z|[+-]\d\d:?\d\d))?"
)
_WHEN = rf"(?:(?:{_ISO_DAY}|{_MONTH} +(?P<month_day>\d{{1,2}}))[ T])?{_CLOCK}"
_SAID = (
    r"(?:#\S+ |\| \((?P<badges>(?:[^()]|\([^()]*\))*)\) )?"
    r"(?:<(?P<rank>[~&@%+ ]?)(?P<nick>[^<>\n]{1,100})>[ \t]*"
    r"|(?P<author>[^\s:<>|*\[\]()][^:<>|\n]{0,99}):[ ]"
    r"|(?P<column_rank>[~&@%+]?)(?P<column>[^\s:<>|*=-][^\s:<>|]{0,99})\t)"
    r"(?P<text>.*)"
)
_LINE = re.compile(rf"(?:\[{_WHEN}\]|{_WHEN.replace('?P<', '?P<bare_')})\s{{1,3}}{_SAID}", re.I)
"""`[20:15:03]  name: words`, `[20:15] <@name> words`, `Nov 20 20:15:03 <name>` and the like."""
_HEADER = re.compile(
    rf"(?<!\d){_ISO_DAY}(?!\d)|{_MONTH} +(?P<month_day>\d{{1,2}})(?:st|nd|rd|th)?,? "
    r"(?:\d\d:\d\d:\d\d )?(?P<long_year>20\d\d)\b",
    re.IGNORECASE,
)
"""A day in a line of the program's own: `Session Start: Fri Nov 20 20:00:00 2026`."""
_MODERATOR = re.compile(r"\b(?:owner|moderator)\b", re.IGNORECASE)
_RANKS = frozenset("~&@%")
"""Signs of channel operators, who are moderators; `+` is a viewer of some standing."""


def clock_lines_chat(text: str, *, length_s: float | None = None) -> ClockChat | None:
    """Read a message a line; None where most lines are none, or where they count from the start.

    Args:
        length_s: length of the recording in seconds: times beyond it count from midnight.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    matches = [(line, _said(line)) for line in lines]
    found = [match for _, match in matches if match]
    if len(found) < max(_MIN_LINES, len(lines) / 2):
        return None
    if not _counts_from_midnight(matches, length_s):
        return None
    chat = ClockChat()
    day: date | None = None
    before_s = 0.0
    for line, match in matches:
        if match is None:
            told = _day_of_header(line)
            if told:
                day, before_s = told, 0.0
            continue
        seconds = _since_midnight_s(match)
        if day and seconds < before_s - _DAY_S / 2:
            day += timedelta(days=1)
        before_s = seconds
        _take(match, day, seconds, chat)
    return chat


def _said(line: str) -> re.Match[str] | None:
    """Match what somebody said; without brackets and a day, a time and a name may be a setlist."""
    match = _LINE.fullmatch(line)
    if match and match["bare_hour"] and not (match["nick"] or _is_dated(match)):
        return None
    return match


def _counts_from_midnight(
    matches: list[tuple[str, re.Match[str] | None]], length_s: float | None
) -> bool:
    """Return whether lines tell the time of day; undated ones may count from the start instead."""
    found = [match for _, match in matches if match]
    first = found[0]
    if first["nick"] or _is_dated(first) or any(_told(first, name) for name in ("half", "zone")):
        return True
    if any(match is None and _HEADER.search(line) for line, match in matches):
        return True
    last_s = max(_since_midnight_s(match) for match in found)
    # Programs that count from the start write its hours with as few digits as they have.
    is_padded = all(len(_told(match, "hour")) == 2 for match in found)
    return is_padded and length_s is not None and last_s > length_s + 600


def _is_dated(match: re.Match[str]) -> bool:
    return bool(_told(match, "year") or _told(match, "month_name"))


def _take(match: re.Match[str], day: date | None, seconds: float, chat: ClockChat) -> None:
    day = _day_of_line(match, day) or day
    rank = match["rank"] or match["column_rank"] or ""
    is_moderator = _MODERATOR.search(match["badges"] or "") is not None
    author = match["nick"] or match["author"] or match["column"]
    found = message(0.0, author.strip(), match["text"], trusted=rank in _RANKS or is_moderator)
    if found is None:
        return
    if day is None:
        chat.undated.append(_at(found, seconds))
    else:
        midnight = datetime(day.year, day.month, day.day, tzinfo=_zone(_told(match, "zone")))
        chat.dated.append(_at(found, (midnight + timedelta(seconds=seconds)).timestamp()))


def _at(found: ChatMessage, seconds: float) -> ChatMessage:
    return ChatMessage(seconds, found.author, found.text, found.trusted)


def _told(match: re.Match[str], name: str) -> str:
    told = match.groupdict()
    return told.get(name) or told.get(f"bare_{name}") or ""


def _since_midnight_s(match: re.Match[str]) -> float:
    hour = int(_told(match, "hour"))
    half = _told(match, "half").lower()
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    return hour * 3600.0 + int(_told(match, "minute")) * 60 + int(_told(match, "second") or 0)


def _day_of_line(match: re.Match[str], day: date | None) -> date | None:
    """Return the day that a line tells; one without a year is of the day's that was told before."""
    if _told(match, "year"):
        return _date(_told(match, "year"), _told(match, "month"), _told(match, "day"))
    if _told(match, "month_name") and day:
        month = _MONTHS[_told(match, "month_name")[:3].lower()]
        return _date(day.year, month, _told(match, "month_day"))
    return None


def _day_of_header(line: str) -> date | None:
    days: Iterator[date | None] = (
        _date(found["year"], found["month"], found["day"])
        if found["year"]
        else _date(found["long_year"], _MONTHS[found["month_name"][:3].lower()], found["month_day"])
        for found in _HEADER.finditer(line)
    )
    return next((day for day in days if day), None)


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _zone(told: str) -> timezone | None:
    """Return the zone that a line names; None stands for this machine's."""
    if not told:
        return None
    if told.upper() in ("UTC", "Z"):
        return UTC
    sign = -1 if told[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(told[1:3]), minutes=int(told[-2:])))
