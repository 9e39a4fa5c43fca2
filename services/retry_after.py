"""The Retry-After header, read strictly and capped: it comes from outside."""

import re
import time
from email.utils import parsedate_to_datetime

from utawaku.library.service_status import LONGEST_COOLDOWN_S

_SECONDS = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT", re.ASCII)


def retry_after_s(
    value: str | None, *, now_s: float | None = None, longest_s: float = LONGEST_COOLDOWN_S
) -> float | None:
    """Return the seconds that the header asks for, at most `longest_s`; None if it says nothing.

    Only whole seconds and HTTP dates (RFC 9110) count.

    >>> retry_after_s("120"), retry_after_s("1e9"), retry_after_s("999999999")
    (120.0, None, 21600.0)
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), longest_s)
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(moment - (time.time() if now_s is None else now_s), 0.0), longest_s)
