"""One spelling for comparison and search: width, case and compatibility forms made equal."""

import re
import unicodedata

_ACCENTED = re.compile(r"([a-z])[\u0300-\u036f]+")


def fold(text: str) -> str:
    """Fold `text` for search: NFKC, case folded, white space collapsed.

    >>> fold("ＡＢＣ  ﾐｵ")
    'abc ミオ'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_fold(text: str) -> str:
    """Fold `text` as `fold`, and take accents off Latin letters; those of other scripts stay.

    >>> search_fold("Café ぱぴぷ Й")
    'cafe ぱぴぷ й'
    """
    text = fold(text)
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", apart))
