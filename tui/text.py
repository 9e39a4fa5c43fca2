"""Texts made fit for a line of the terminal: harmless, and as wide as every terminal takes them."""

import unicodedata

from rich.cells import cell_len, set_cell_size

from utawaku.library.language import tr, trn
from utawaku.library.text import clean_line, graphemes, is_plain
from utawaku.library.time_format import clock as clock
from utawaku.library.time_format import precise_clock as precise_clock

MAX_SHOWN = 300
"""Characters of one text that are ever measured; a hostile title has thousands."""

_JOINERS = "\u200c\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL_A = 0x1F1E6


def shown(text: str) -> str:
    """Return `text` on one line, without escapes, and without what terminals measure differently.

    A family emoji becomes its first member, a flag its two letters; variation selectors and skin
    tones go.
    """
    text = clean_line(text[: MAX_SHOWN * 4])[:MAX_SHOWN]
    if is_plain(text):
        return text
    return "".join(_steady(cluster) for cluster in graphemes(text))


def _steady(cluster: str) -> str:
    if len(cluster) == 1 and not 0x1F1E6 <= ord(cluster) <= 0x1F1FF:
        return cluster
    head = cluster[0]
    if 0x1F1E6 <= ord(head) <= 0x1F1FF:
        return "".join(
            chr(ord("A") + ord(char) - _REGIONAL_A)
            for char in cluster
            if 0x1F1E6 <= ord(char) <= 0x1F1FF
        )
    if ord(head) >= 0x2190 and not unicodedata.category(head).startswith("L"):
        return head  # an emoji sequence
    return "".join(
        char
        for char in cluster
        if char not in _JOINERS
        and not 0xFE00 <= ord(char) <= 0xFE0F
        and ord(char) not in _SKIN_TONES
        and not 0xE0000 <= ord(char) <= 0xE01EF
    )


def fit(text: str, width: int, *, right: bool = False, middle: bool = False) -> str:
    """Return `text` (already `shown`) in exactly `width` cells, cut with an ellipsis or padded.

    With `middle` it is cut in the middle: titles of streams often differ at their end only.

    >>> fit("Karaoke night #41", 12), fit("Karaoke night #41", 12, middle=True)
    ('Karaoke nig…', 'Karaoke…#41 ')
    """
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        if middle and width >= 8:
            n_tail = (width - 1) * 2 // 5
            tail = _last_cells(text, n_tail)
            text = set_cell_size(text, width - 1 - cell_len(tail)).rstrip() + "…" + tail
        else:
            text = set_cell_size(text, width - 1).rstrip() + "…"
        length = cell_len(text)
    padding = " " * (width - length)
    return padding + text if right else text + padding


def _last_cells(text: str, width: int) -> str:
    """Return the end of `text`, at most `width` cells."""
    clusters: list[str] = []
    length = 0
    for cluster in reversed(list(graphemes(text))):
        length += cell_len(cluster)
        if length > width:
            break
        clusters.append(cluster)
    return "".join(reversed(clusters)).lstrip()


def ago(seconds: float) -> str:
    """Return how long since, in a word.

    >>> ago(30), ago(600), ago(7200), ago(3 * 86400), ago(800 * 86400)
    ('just now', '10 min ago', '2 h ago', '3 days ago', '2 years ago')
    """
    if seconds < 60:
        return tr("just now")
    if seconds >= 365 * 86400:
        return trn("{n} year ago", "{n} years ago", int(seconds / (365 * 86400)))
    if seconds >= 30 * 86400:
        return trn("{n} month ago", "{n} months ago", int(seconds / (30 * 86400)))
    if seconds >= 86400:
        return trn("{n} day ago", "{n} days ago", int(seconds / 86400))
    return (
        tr("{seconds} h ago", seconds=int(seconds / 3600))
        if seconds >= 3600
        else tr("{seconds} min ago", seconds=int(seconds / 60))
    )


def bar(fraction: float, width: int) -> str:
    """A bar of eighths, `width` cells wide."""
    eighths = round(min(max(fraction, 0.0), 1.0) * width * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")).ljust(width)
