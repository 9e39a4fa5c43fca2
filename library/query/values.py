"""Reading what stands behind a field's colon: numbers, durations, dates and spans of them."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$")
_AGO = re.compile(r"-?(\d+)(h|d|w|m|mo|y)$")
_AGO_SECONDS = {
    "h": 3600,
    "d": 86400,
    "w": 7 * 86400,
    "m": 30 * 86400,
    "mo": 30 * 86400,
    "y": 365 * 86400,
}
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$")


class FieldValueError(ValueError):
    """A value that a field does not take, in the words that follow its name and a colon."""


def read_number(text: str) -> float:
    """A plain number.

    Raises:
        FieldValueError: it is none.
    """
    try:
        number = float(text)
    except ValueError:
        raise FieldValueError("wants a number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise FieldValueError("wants a number")
    return number


def read_share(text: str) -> float:
    """A number in [0, 1], or a percentage.

    >>> read_share("70%")
    0.7
    """
    if text.endswith("%"):
        return read_share(str(read_number(text[:-1]) / 100))
    share = read_number(text)
    if not 0 <= share <= 1:
        raise FieldValueError("lies between 0 and 1")
    return share


def read_duration(text: str) -> float:
    """Seconds of `200`, `3:20`, `1:02:03` or `3m20s`.

    >>> read_duration("3:20"), read_duration("3m20s"), read_duration("4m")
    (200.0, 200.0, 240.0)
    """
    if ":" in text:
        seconds = 0.0
        for part in text.split(":"):
            if not part.replace(".", "", 1).isdigit():
                raise FieldValueError("wants a length such as 3:20")
            seconds = seconds * 60 + float(part)
        return seconds
    match = _DURATION.match(text)
    if not text or match is None:
        raise FieldValueError("wants a length such as 3:20 or 200")
    hours, minutes, seconds_ = match.groups()
    return float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(seconds_ or 0)


def read_range(text: str, read: Callable[[str], float]) -> tuple[float | None, float | None] | None:
    """Both ends of `2..4`, `2..` or `..4`; None when it is no span."""
    if ".." not in text:
        return None
    low, high = text.split("..", 1)
    if not low and not high:
        raise FieldValueError("wants at least one end, such as 2..4")
    return (read(low) if low else None), (read(high) if high else None)


def read_period(text: str, now: float) -> tuple[float | None, float | None]:
    """First moment and the moment after the last, in seconds since the epoch (UTC days).

    `-7d` is since a week ago, `2024`, `2024-05` and `2024-05-03` the whole year, month or day,
    `today` and `yesterday` those days, `2024..2025-03` from one to the other.
    """
    if ".." in text:
        low, high = text.split("..", 1)
        if not low and not high:
            raise FieldValueError("wants at least one end, such as 2024..2025")
        first = read_period(low, now)[0] if low else None
        return first, (read_period(high, now)[1] if high else None)
    word = text.casefold()
    if match := _AGO.match(word):
        return now - int(match[1]) * _AGO_SECONDS[match[2]], None
    today = datetime.fromtimestamp(now, UTC).date()
    if word in ("today", "yesterday"):
        day = today if word == "today" else today - timedelta(days=1)
        return _start(day), _start(day + timedelta(days=1))
    match = _DATE.match(word)
    if match is None:
        raise FieldValueError("wants a date such as 2024-05 or -7d")
    year, month, day_ = (int(part) if part else None for part in match.groups())
    assert year is not None
    try:
        first_day = date(year, month or 1, day_ or 1)
        if day_:
            last = first_day + timedelta(days=1)
        elif month:
            last = date(year + month // 12, month % 12 + 1, 1)
        else:
            last = date(year + 1, 1, 1)
    except (ValueError, OverflowError):
        raise FieldValueError("is not a day of the calendar") from None
    return _start(first_day), _start(last)


def iso_day(moment: float, *, ceiling: bool = False) -> str:
    """The ISO date of a moment; with `ceiling` the next day unless it is midnight."""
    at = datetime.fromtimestamp(moment, UTC)
    if ceiling and (at.hour, at.minute, at.second) != (0, 0, 0):
        at += timedelta(days=1)
    return at.date().isoformat()


def _start(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
