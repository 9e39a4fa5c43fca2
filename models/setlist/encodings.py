"""Text of files that do not say how they are encoded.

Japanese, mainland Chinese and Taiwanese text shares most of its bytes: a short line of one is valid
text in the others too, of rare characters. The encoding that gives the commonest ones is right.
"""

from pathlib import Path

from utawaku.library.errors import SetlistError

_COMMON_LEAD_BYTES = {
    "cp932": ("cp932", range(0x88, 0x98)),  # JIS X 0208, level 1
    "gb18030": ("gb2312", range(0xB0, 0xD8)),  # GB 2312, level 1
    "big5": ("big5", range(0xA4, 0xC7)),  # Big5, level 1
}
"""For each encoding the standard that sorts characters by use, and the rows of its common ones."""
_PUNCTUATION = frozenset("。、，．！？：；・ー～　（）「」『』《》〈〉【】…—♪★☆")
_HALF_WIDTH_KANA = range(0xFF61, 0xFFA0)
_MAX_BYTES = 50_000_000
"""A thousand days of subtitles; a recording given by mistake is not to be read whole."""


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        SetlistError: it cannot be read, or is far too large for text.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SetlistError(
                "is far too large for text",
                subject=str(path),
                next_step="Give a list of songs or subtitles, not a recording",
            )
        return decode_text(path.read_bytes())
    except OSError as error:
        raise SetlistError(f"cannot be read ({error.strerror})", subject=str(path)) from error


def decode_text(data: bytes) -> str:
    """Decode UTF-8, UTF-16 or one of the encodings of `_COMMON_LEAD_BYTES`; never fails."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    # Every time stamp is ASCII: two bytes each, with nothing to say so at the start of the file.
    for half, encoding in ((data[1:200:2], "utf-16-le"), (data[:200:2], "utf-16-be")):
        if half and half.count(0) > len(half) / 2:
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return max(_decoded(data), key=lambda found: found[0])[1]


def _decoded(data: bytes) -> list[tuple[float, str]]:
    """`(share of common characters, text)` of each encoding that fits, and of UTF-8 at the end."""
    found = []
    for encoding in _COMMON_LEAD_BYTES:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        found.append((_common_share(text, encoding), text))
    return [*found, (-1.0, data.decode("utf-8", errors="replace"))]


def _common_share(text: str, encoding: str) -> float:
    """Share of common characters in [0, 1] among those that are not ASCII."""
    foreign = [char for char in text if not char.isascii()]
    return sum(_weight(char, encoding) for char in foreign) / max(1, len(foreign))


def _weight(char: str, encoding: str) -> float:
    if char in _PUNCTUATION:
        return 1.0
    if encoding == "cp932":
        if "\u3041" <= char <= "\u30fe":
            return 1.0
        if ord(char) in _HALF_WIDTH_KANA:  # what Chinese text is full of when misread
            return 0.6
    standard, rows = _COMMON_LEAD_BYTES[encoding]
    try:
        code = char.encode(standard)
    except UnicodeEncodeError:
        return 0.0
    return float(len(code) == 2 and code[0] in rows)
