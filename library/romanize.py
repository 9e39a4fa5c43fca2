"""Kana in other scripts, so that a search finds a title however it is typed."""

import re

from utawaku.library.folding import fold

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LONG = re.compile(r"(ou|oo)")


def variants(text: str) -> tuple[str, ...]:
    """Return hiragana, katakana and romaji of `text`, folded; nothing where it holds no kana.

    A text with Chinese characters has no romaji: their reading is not written in it. Long vowels
    come twice, spelled out and short.

    >>> variants("ヨルニ"), variants("とうきょう")[2:], variants("夜のうた")
    (('よるに', 'ヨルニ', 'yoruni'), ('toukyou', 'tokyo'), ('夜のうた', '夜ノウタ'))
    """
    text = fold(text)
    if not _KANA.search(text):
        return ()
    import jaconv  # not at the head: every start imports the catalogue

    hiragana = jaconv.kata2hira(text)
    found = [hiragana, jaconv.hira2kata(hiragana)]
    if not _HAN.search(text):
        romaji = jaconv.kana2alphabet(hiragana).replace("ー", "").replace("-", "")
        found += [romaji, _LONG.sub("o", romaji).replace("uu", "u")]
    return tuple(dict.fromkeys(found))
