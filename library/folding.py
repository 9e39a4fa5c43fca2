"""One spelling for comparison and search: width, case and compatibility forms made equal."""

import unicodedata


def fold(text: str) -> str:
    """Fold `text` for search: NFKC, case folded, white space collapsed.

    >>> fold("ＡＢＣ  ﾐｵ")
    'abc ミオ'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
