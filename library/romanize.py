"""Kana and Chinese characters in other scripts: a search finds a title however it is typed."""

import re

from utawaku.library.folding import fold
from utawaku.library.han import has_han, simplified

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_LONG = re.compile(r"(ou|oo)")
_FOREIGN = {
    "てぃ": "ti",
    "でぃ": "di",
    "とぅ": "tu",
    "どぅ": "du",
    "てゅ": "tyu",
    "でゅ": "dyu",
    "しぇ": "she",
    "じぇ": "je",
    "ちぇ": "che",
    "ふゅ": "fyu",
    "ゔゅ": "vyu",
    "いぇ": "ye",
    "うぃ": "wi",
    "うぇ": "we",
    "うぉ": "wo",
    "すぃ": "si",
    "ずぃ": "zi",
    "つぁ": "tsa",
    "つぃ": "tsi",
    "つぇ": "tse",
    "つぉ": "tso",
    "くぁ": "kwa",
    "くぃ": "kwi",
    "くぇ": "kwe",
    "くぉ": "kwo",
    "ぐぁ": "gwa",
    "きぇ": "kye",
    "にぇ": "nye",
    "ひぇ": "hye",
    "みぇ": "mye",
    "りぇ": "rye",
    "ゕ": "ka",
    "ゖ": "ke",
}
"""Sounds of foreign words, of which jaconv makes two syllables (`tei`, `shie`)."""
_DOUBLING = "Q"
"""Stands for the small tsu while the rest is written: folded text has no capitals."""


def variants(text: str) -> tuple[str, ...]:
    """Return hiragana, katakana, romaji and simplified characters of `text`, folded.

    A text with Chinese characters has no romaji: their reading is not written in it. Long vowels
    come spelled out and short, doubled consonants as they are typed and as Hepburn writes them.
    Nothing where it holds neither kana nor characters that are simplified.

    >>> variants("ヨルニ"), variants("とうきょう")[1:]
    (('よるに', 'yoruni'), ('toukyou', 'tokyo'))
    >>> variants("マッチ")[1:], variants("パーティー")[1:]
    (('macchi', 'matchi'), ('pati', 'paatii'))
    >>> variants("桜のうた"), variants("後來"), variants("后来")
    (('桜ノウタ', '樱のうた'), ('后来',), ())
    """
    text = fold(text)
    found = []
    if _KANA.search(text):
        import jaconv  # not at the head: every start imports the catalogue

        hiragana = jaconv.kata2hira(text)
        found += [hiragana, jaconv.hira2kata(hiragana)]
        if not has_han(text):
            written = _romaji(hiragana)
            romaji = written.replace("ー", "")
            short = _LONG.sub("o", romaji).replace("uu", "u").replace("cch", "tch")
            found += [romaji, short, re.sub(r"([aeiou])ー", r"\1\1", written).replace("ー", "")]
    found.append(simplified(text))
    return tuple(dict.fromkeys(one for one in found if one and one != text))


def _romaji(hiragana: str) -> str:
    """Return the letters that are typed for kana; a long vowel's mark stays."""
    import jaconv

    for kana, letters in _FOREIGN.items():
        hiragana = hiragana.replace(kana, letters)
    pieces = re.split("(ー)", hiragana.replace("っ", _DOUBLING))
    written = "".join(piece if piece == "ー" else jaconv.kana2alphabet(piece) for piece in pieces)
    return re.sub(f"{_DOUBLING}+([b-df-hj-mp-tv-z]?)", r"\1\1", written)
