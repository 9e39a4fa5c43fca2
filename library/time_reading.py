"""Times as people type them, turned into seconds; `time_format` is the way back."""

import math
import re

from utawaku.library.errors import UsageError

FORMS = "Write seconds, MM:SS, H:MM:SS or 10_33 (minutes and seconds)"
_PARTS = re.compile(r"(?:(\d+)([:_]))?(\d+)([:_])(\d{2}(?:[.,]\d*)?)", re.ASCII)
_SECONDS = re.compile(r"\d+(?:[.,]\d*)?|[.,]\d+", re.ASCII)
_SIGNS = {"+": 1.0, "-": -1.0, "\u2212": -1.0}


def read_time(text: str) -> float:
    """Return the seconds of a time: `633`, `633.5`, `10:33`, `0:10:33.5`, `10_33`, or signed.

    >>> read_time("10_33"), read_time("1:02:03,5"), read_time("-0:05")
    (633.0, 3723.5, -5.0)

    Raises:
        UsageError: it is none of these.
    """
    left = text.strip()
    sign = _SIGNS.get(left[:1])
    if sign is not None:
        left = left[1:]
    seconds = _seconds(left)
    if seconds is None or not math.isfinite(seconds):
        raise UsageError("not a time", subject=text, next_step=FORMS)
    return (sign or 1.0) * seconds


def _seconds(text: str) -> float | None:
    if _SECONDS.fullmatch(text):
        return float(text.replace(",", "."))
    found = _PARTS.fullmatch(text)
    if found is None:
        return None
    hours, first, minutes, second, seconds = found.groups()
    value = float(seconds.replace(",", "."))
    # Above the seconds a minute may go on past 60; below an hour it may not.
    if value >= 60 or first not in (None, second) or (hours and not _is_below_hour(minutes)):
        return None
    return int(hours or 0) * 3600.0 + int(minutes) * 60.0 + value


def _is_below_hour(minutes: str) -> bool:
    return len(minutes) == 2 and int(minutes) < 60
