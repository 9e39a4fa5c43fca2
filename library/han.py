"""Chinese characters as China simplifies them, so that three ways to write a name compare equal."""

import re
from collections.abc import Callable
from functools import cache

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


def has_han(text: str) -> bool:
    """Return whether a text holds Chinese characters.

    >>> has_han("夜のうた"), has_han("うた")
    (True, False)
    """
    return _HAN.search(text) is not None


def simplified(text: str) -> str:
    """Write traditional and Japanese characters as simplified ones; all else stays.

    For comparing and searching only: some characters have more than one origin.

    >>> simplified("後來"), simplified("紅蓮華"), simplified("桜のうた"), simplified("Café")
    ('后来', '红莲华', '樱のうた', 'Café')
    """
    return _writer()(text) if has_han(text) else text


@cache
def _writer() -> Callable[[str], str]:
    import opencc  # not at the head: every start imports the catalogue

    japanese, traditional = opencc.OpenCC("jp2t"), opencc.OpenCC("t2s")

    def once(text: str) -> str:
        return str(traditional.convert(japanese.convert(text)))

    # Five characters become others that Japan simplifies in turn.
    return lambda text: once(once(text))
