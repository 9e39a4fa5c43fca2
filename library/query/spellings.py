"""Other ways to write what is searched for: kana, romaji, accents, and near misses."""

import re

from utawaku.library.folding import search_fold
from utawaku.library.romanize import variants

LETTERS_A_TYPO = 5
"""One wrong, missing or further letter is forgiven in so many."""
_ROMAJI = re.compile(r"[a-z' -]+")
_KUNREI = (
    ("sya", "sha"), ("syu", "shu"), ("syo", "sho"), ("tya", "cha"), ("tyu", "chu"),
    ("tyo", "cho"), ("zya", "ja"), ("zyu", "ju"), ("zyo", "jo"), ("jya", "ja"), ("jyu", "ju"),
    ("jyo", "jo"),
)  # fmt: skip
_SYLLABLES = re.compile(r"(?<![stc])(si|ti|zi|hu)|(?<!t)tu")
_HEPBURN = {"si": "shi", "ti": "chi", "zi": "ji", "hu": "fu", "tu": "tsu"}


def spellings_of(typed: str) -> tuple[str, ...]:
    """Return every text to look for, folded, what was typed first.

    Kana are also looked for in the other script and in romaji; romaji as Hepburn writes it.

    >>> spellings_of("よる"), spellings_of("sizuka")
    (('よる', 'ヨル', 'yoru'), ('sizuka', 'shizuka'))
    """
    own = search_fold(typed)
    found = [own, *variants(own)]
    if _ROMAJI.fullmatch(own):
        found.append(_hepburn(own))
    return tuple(dict.fromkeys(found))


def _hepburn(text: str) -> str:
    for kunrei, hepburn in _KUNREI:
        text = text.replace(kunrei, hepburn)
    return _SYLLABLES.sub(lambda match: _HEPBURN[match[0]], text)


def nearly_in(typed: str, texts: list[str]) -> list[str]:
    """Return the texts that hold `typed` with one typo in `LETTERS_A_TYPO` letters, likest first.

    Args:
        typed: folded; a shorter one has no typos.
        texts: folded.
    """
    if len(typed) < LETTERS_A_TYPO:
        return []
    from rapidfuzz import fuzz, process

    # A wrong letter is one taken out and one put in, among the letters of both.
    cutoff = 100 * (1 - 1 / LETTERS_A_TYPO)
    found = process.extract(
        typed, texts, scorer=fuzz.partial_ratio, score_cutoff=cutoff, limit=None
    )
    # Of a text that is much shorter only a piece of what was typed would match.
    return [text for text, _score, _at in found if len(text) >= len(typed) - len(typed) // 5]
