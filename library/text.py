"""Texts that came from the internet, made fit to show, to write into tags and to cut to length."""

import re
import unicodedata
from collections.abc import Iterator

MAX_COMBINING_MARKS = 8
"""Marks kept on one base character; the longest stack a living script needs is about five."""

_TERMINAL_SEQUENCE = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"  # OSC: window titles, links
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c|$)"  # DCS, SOS, PM, APC
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI: colours, cursor
    r"|\x1b[ -/]*[0-~]?"  # everything else that begins with ESC
)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2065"
    "\u206a\u206b\u206c\u206d\u206e\u206f\u3164\ufeff\uffa0\ufff9\ufffa\ufffb"
)
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_BLACK_FLAG = "\U0001f3f4"
_LINE_BREAK = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
# ASCII, Latin-1, dashes and quotes, arrows and symbols, kana, Chinese characters, Hangul syllables,
# full-width forms. None of them is a mark, or changed by NFC, or joins its neighbour.
_PLAIN = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u00ff\u2010-\u2027\u2190-\u21ff\u2500-\u27bf"
    "\u3000-\u3029\u3030-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9d]*"
)


def _is_tag_character(char: str) -> bool:
    return "\U000e0020" <= char <= "\U000e007f"


def _is_emoji_modifier(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"


def _is_regional_indicator(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_variation_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"


def _is_noncharacter(char: str) -> bool:
    return "\ufdd0" <= char <= "\ufdef" or ord(char) & 0xFFFE == 0xFFFE


def _is_joinable(char: str) -> bool:
    """Return whether a joiner beside `char` can mean anything: letters, marks and pictures, not
    spaces.
    """
    return bool(char) and (unicodedata.category(char)[0] in "LMS" or _is_variation_selector(char))


def is_plain(text: str) -> bool:
    """Return whether `text` has only characters that are shown one by one, as they are.

    True for nearly every title, and 20 times faster than to clean a text or to split it.
    """
    return _PLAIN.fullmatch(text) is not None


def clean_text(text: str, *, keep_lines: bool = False) -> str:
    """Return `text` in NFC without anything that acts instead of showing.

    Whole terminal escape sequences, control characters, bidirectional overrides, invisible
    characters, lone surrogates and noncharacters go; stacks of combining marks are capped. Joiners
    stay where they join (emoji families, Indic and Persian letters), flag tags behind the flag.
    Line breaks and tabs become one space each, or line breaks `\\n` if `keep_lines`. The same
    input always gives the same output, and cleaning twice changes nothing.
    """
    if is_plain(text):
        return text
    previous = None
    while previous != text:  # what one pass removes may bring the halves of a sequence together
        previous, text = text, _clean_once(text, keep_lines)
    return text


def _clean_once(text: str, keep_lines: bool) -> str:
    text = _TERMINAL_SEQUENCE.sub("", text)
    text = _LINE_BREAK.sub("\n" if keep_lines else " ", text).replace("\t", " ")
    text = unicodedata.normalize("NFC", "".join(c for c in text if not 0xD800 <= ord(c) <= 0xDFFF))
    kept: list[str] = []
    n_marks = 0
    in_flag = False
    for position, char in enumerate(text):
        category = unicodedata.category(char)
        if category in ("Mn", "Me") and not _is_variation_selector(char):
            n_marks += 1
            if n_marks > MAX_COMBINING_MARKS:
                continue
        else:
            n_marks = 0
        if _is_tag_character(char):
            if in_flag:
                kept.append(char)
                in_flag = char != "\U000e007f"
            continue
        in_flag = char == _BLACK_FLAG
        if char == "\n" and keep_lines:
            kept.append(char)
        elif char in (_ZWJ, _ZWNJ):
            following = text[position + 1] if position + 1 < len(text) else ""
            if _is_joinable(kept[-1] if kept else "") and _is_joinable(following):
                kept.append(char)
        elif _is_variation_selector(char):
            if kept and not kept[-1].isspace() and not _is_variation_selector(kept[-1]):
                kept.append(char)
        elif not (
            category in ("Cc", "Zl", "Zp")
            or char in _BIDI
            or char in _INVISIBLE
            or _is_noncharacter(char)
            or "\U000e0000" <= char <= "\U000e0fff"
        ):
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def clean_line(text: str) -> str:
    """Return `text` cleaned, on one line, with single spaces and none at the ends."""
    return " ".join(clean_text(text).split())


def graphemes(text: str) -> Iterator[str]:
    """Yield the characters as a reader sees them: marks, joined emoji and flags stay whole.

    Follows the extended grapheme clusters of Unicode's UAX #29, but where that needs property
    tables which Python lacks it joins rather than splits (anything after a joiner or a virama).
    """
    if is_plain(text):
        yield from text
        return
    start = 0
    n_indicators = 0
    for position in range(1, len(text) + 1):
        if position < len(text):
            before, char = text[position - 1], text[position]
            n_indicators = n_indicators + 1 if _is_regional_indicator(before) else 0
            if _extends(before, char, n_indicators):
                continue
        yield text[start:position]
        start = position


def _extends(before: str, char: str, n_indicators: int) -> bool:
    if before == "\r" and char == "\n":
        return True
    if unicodedata.category(before) in ("Cc", "Zl", "Zp"):
        return False
    if char in (_ZWJ, _ZWNJ) or _is_variation_selector(char) or _is_tag_character(char):
        return True
    if unicodedata.category(char)[0] == "M" or _is_emoji_modifier(char):
        return True
    if char in "\uff9e\uff9f" or before == _ZWJ:  # halfwidth voicing marks; joined emoji
        return True
    if unicodedata.combining(before) == 9 and unicodedata.category(char) == "Lo":
        return True
    if _is_regional_indicator(char) and n_indicators % 2 == 1:
        return True
    return _is_jamo_pair(before, char)


def _is_jamo_pair(before: str, char: str) -> bool:
    """Hangul letters that stand together in one syllable block."""
    leading = "\u1100" <= before <= "\u115f"
    if leading and ("\u1100" <= char <= "\u11a7" or "\uac00" <= char <= "\ud7a3"):
        return True
    syllable = "\uac00" <= before <= "\ud7a3"
    open_syllable = syllable and (ord(before) - 0xAC00) % 28 == 0
    if (open_syllable or "\u1160" <= before <= "\u11a7") and "\u1160" <= char <= "\u11ff":
        return True
    return (syllable or "\u11a8" <= before <= "\u11ff") and "\u11a8" <= char <= "\u11ff"


def cut_bytes(text: str, max_bytes: int) -> str:
    """Return the longest start of `text` of at most `max_bytes` UTF-8 bytes, graphemes whole."""
    if len(text.encode()) <= max_bytes:
        return text
    kept: list[str] = []
    n_bytes = 0
    for grapheme in graphemes(text):
        n_bytes += len(grapheme.encode())
        if n_bytes > max_bytes:
            break
        kept.append(grapheme)
    return "".join(kept)
