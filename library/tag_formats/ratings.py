"""Star ratings as music programs write them into song files.

Three forms are in use: the popularimeter of ID3 (POPM, one byte), RATING (a number whose scale
depends on the program) and FMPS_RATING (0.0 to 1.0, the Free Music Player Specifications).
"""

import re
from collections.abc import Sequence

POPM_OF_STARS = {1: 1, 2: 64, 3: 128, 4: 196, 5: 255}
"""Bytes that Windows Media Player writes; most readers know them."""

_LINEAR_POPM = {51: 1, 102: 2, 153: 3, 204: 4}
"""Bytes of programs that spread five stars evenly over 255 (Picard, Quod Libet)."""

_POPM_LIMITS = ((32, 1), (96, 2), (160, 3), (224, 4), (256, 5))
"""First byte above each number of stars, as the Windows shell reads it."""


def stars_of_popm(rating: int) -> int:
    """Return 1 to 5 stars of a POPM byte, 0 for "not rated"."""
    if rating <= 0:
        return 0
    if rating in _LINEAR_POPM:
        return _LINEAR_POPM[rating]
    return next(stars for limit, stars in _POPM_LIMITS if min(rating, 255) < limit)


def stars_of_text(text: str) -> int:
    """Return 1 to 5 stars of a RATING text, 0 for "not rated" and for what is no number.

    `1` to `5` are stars, larger numbers count to 100 (above it: to 255), and numbers with a decimal
    point up to `1.0` are a share.
    """
    match = re.fullmatch(r"\s*(\d{1,3})(\.\d{1,6})?\s*", text)
    if not match:
        return 0
    value = float(match[0])
    if value <= 0:
        return 0
    if match[2] and value <= 1:
        stars = value * 5
    elif value <= 5:
        stars = value
    elif value <= 100:
        stars = value / 20
    else:
        stars = min(value, 255) / 51
    return max(1, int(stars + 0.5))


def stars_of_share(text: str) -> int:
    """Return 1 to 5 stars of a text from `0.0` to `1.0`, 0 for "not rated" and for other text."""
    return stars_of_text(text if "." in text else f"{text.strip()}.0")


def share_text(stars: int) -> str:
    """Return stars as FMPS_RATING has them: `0.8` for 4."""
    return f"{stars / 5:.1f}"


def chosen_stars(found: Sequence[int], written: int) -> int:
    """Return the stars that count among all ratings of a file.

    `written` is what utawaku wrote last, into each of them. Another program changes one form and
    leaves the others, so a rating that differs from `written` is the newer one.
    """
    rated = [stars for stars in found if stars]
    return next((stars for stars in rated if stars != written), rated[0] if rated else 0)
