"""The language that the user reads, and each sentence in it.

English is the source. `tr` and `trn` mark a sentence and return it in the user's language; `msg`
only marks one, for constants that `tr` translates when they are shown. What is raised, stored,
logged or written as JSON stays English; `translated` translates such a text when it is shown: it
knows a sentence by the words around its values. `python -m tests.translations update` writes the
catalogues.
"""

import os
import string
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, get_args

from utawaku.library.paths import default_config_path, environment_name

Language = Literal["auto", "en", "ja", "zh_CN"]
LANGUAGES: tuple[str, ...] = get_args(Language)[1:]
"""Languages that there is a catalogue for, and English."""
DOMAIN = "utawaku"
FOLDER = Path(__file__).parent / "locale"
STORED = "stored"
"""Context, in the catalogues, of sentences that are raised or stored in English."""

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_SIMPLIFIED = ("zh", "zh_cn", "zh_sg", "zh_my", "zh_hans")


class _Sentences(GNUTranslations):
    """The sentences of one catalogue."""

    _catalog: dict[str | tuple[str, int], str]

    def stored(self) -> list[tuple[str, str]]:
        """Return the sentences with values that are raised or stored, each with its translation."""
        prefix = f"{STORED}\x04"
        return [
            (key.removeprefix(prefix), text)
            for key, text in self._catalog.items()
            if isinstance(key, str) and key.startswith(prefix) and "{" in key and text
        ]


_sentences: _Sentences | NullTranslations | None = None
"""Those of the language in use; None before the first is asked for."""
_in_use = "en"


def language() -> str:
    """Return the language in use, one of `LANGUAGES`."""
    _opened()
    return _in_use


def use(name: str) -> None:
    """Show everything in a language from now on.

    Args:
        name: one of `LANGUAGES`, or `auto` for what settings and environment say.
    """
    global _sentences, _in_use
    _in_use = chosen() if name == "auto" else name
    file = FOLDER / _in_use / "LC_MESSAGES" / f"{DOMAIN}.mo"
    if _in_use == "en":
        _sentences = NullTranslations()
    else:
        with file.open("rb") as stream:
            _sentences = _Sentences(stream)
    _templates.cache_clear()
    _translated.cache_clear()


def _opened() -> _Sentences | NullTranslations:
    if _sentences is None:
        use("auto")
    assert _sentences is not None, "`use` has set it"
    return _sentences


def chosen() -> str:
    """Return what the setting `language` says or, where it is `auto`, the environment."""
    wanted = os.environ.get(environment_name("language")) or _in_settings()
    return wanted if wanted in LANGUAGES else _of_environment()


def _in_settings() -> str:
    """The setting, read by itself: settings load later. A wrong file is told when they do."""
    try:
        with default_config_path().open("rb") as file:
            return str(tomllib.load(file).get("language", ""))
    except (OSError, ValueError):
        return ""


def _of_environment() -> str:
    """The language of LANGUAGE, LC_ALL, LC_MESSAGES and LANG, as gettext weighs them."""
    locale = next((value for name in _VARIABLES if (value := os.environ.get(name))), "")
    if locale.split(".")[0] in ("", "C", "POSIX"):
        return "en"
    for name in [*os.environ.get("LANGUAGE", "").split(":"), locale]:
        if found := _of_locale(name):
            return found
    return "en"


def _of_locale(name: str) -> str:
    """Our language of a locale such as `ja_JP.UTF-8`; empty where there is none."""
    plain = name.partition(".")[0].partition("@")[0].replace("-", "_").lower()
    if plain in _SIMPLIFIED or plain.startswith("zh_hans_"):
        return "zh_CN"
    first = plain.partition("_")[0]
    return first if first in LANGUAGES else ""


def msg(sentence: str) -> str:
    """Mark a sentence that `tr` translates when it is shown; return it as it is."""
    return sentence


def tr(sentence: str, /, **values: object) -> str:
    """Return a sentence in the user's language, with its values.

    >>> tr("{n} of {total} failed", n=2, total=5)
    '2 of 5 failed'
    """
    text = _opened().gettext(sentence) if sentence else ""
    return text.format(**values) if values else text


def trn(one: str, many: str, n: int, /, **values: object) -> str:
    """Return the sentence for `n` things in the user's language, with `n` and other values.

    >>> trn("{n:,} song", "{n:,} songs", 1200)
    '1,200 songs'
    """
    return _opened().ngettext(one, many, n).format(n=n, **values)


def translated(text: str) -> str:
    """Return in the user's language what was raised or stored in English.

    A text that nobody has translated, such as the words of a site, stays as it is.
    """
    if not text or (isinstance(_opened(), NullTranslations) and language() == "en"):
        return text
    return _translated(text)


@lru_cache(2048)
def _translated(text: str) -> str:
    """The translation of a whole text, or of the sentences and parts that are known of it."""
    found = _known(text)
    if found.plain is not None:
        return found.plain
    # Before a value may hold a whole sentence, two sentences are tried.
    first, stop, rest = text.partition(". ")
    if stop and (known := _known(first).plain) is not None:
        return tr("{sentence}. {next_sentence}", sentence=known, next_sentence=_translated(rest))
    if (known := found.whole()) is not None:
        return known
    if text.endswith(".") and (known := _known(text[:-1]).whole()) is not None:
        return tr("{sentence}.", sentence=known)
    lines = text.split("\n")
    if len(lines) > 1:
        return "\n".join(_translated(line) if line else "" for line in lines)
    return _after_colon(text)


def _after_colon(text: str) -> str:
    """A subject as it is, and what is told about it translated."""
    subject, colon, rest = text.partition(": ")
    if not colon:
        return text
    translated = _translated(rest)
    if translated == rest:
        return text
    return tr(
        "{subject}: {problem}", subject=_known(subject).whole() or subject, problem=translated
    )


class _Known(NamedTuple):
    """The translation of a text that is one known sentence."""

    plain: str | None = None
    """Of a sentence whose values hold no other sentence."""
    template: "_Template | None" = None
    values: Mapping[str, str] = MappingProxyType({})
    """Else the sentence, and its values that hold others."""

    def whole(self) -> str | None:
        """Return the translation, whatever the values hold; None for any other text."""
        if self.plain is not None or self.template is None:
            return self.plain
        return self.template.filled(self.values)


def _known(text: str) -> _Known:
    """Look a text, as it was raised or stored, up among the sentences."""
    exact = _opened().pgettext(STORED, text)
    if exact != text:
        return _Known(exact)
    loose = _Known()
    for template in _templates():
        values = template.values(text)
        if values is None:
            continue
        if not any(". " in f"{value} " or ": " in value for value in values.values()):
            return _Known(template.filled(values))
        if loose.template is None:
            loose = _Known(None, template, values)
    return loose


class _Template:
    """A sentence with values, and its translation."""

    def __init__(self, sentence: str, translation: str) -> None:
        self.parts = [(text, name) for text, name, _form, _as in string.Formatter().parse(sentence)]
        self.n_letters = sum(c.isalpha() for text, _name in self.parts for c in text)
        self._translation = list(string.Formatter().parse(translation))

    def values(self, text: str) -> dict[str, str] | None:
        """Return the values that stand in a text of this sentence; None where it is another."""
        found: dict[str, str] = {}
        at, name = 0, None
        for literal, next_name in self.parts:
            end = text.find(literal, at) if name else at
            last = next_name is None
            if last and name and literal:
                end = len(text) - len(literal)
            if last and name and not literal:
                end = len(text)
            if end < at or not text.startswith(literal, end):
                return None
            if name and found.setdefault(name, text[at:end]) != text[at:end]:
                return None
            at, name = end + len(literal), next_name
        if name:
            found[name] = text[at:]
            at = len(text)
        return found if at == len(text) else None

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the translation with these values; those that are sentences are translated."""
        return "".join(
            literal + (_value(values.get(name, "")) if name else "")
            for literal, name, _form, _as in self._translation
        )


def _value(text: str) -> str:
    return _translated(text) if " " in text else text


LEAST_LETTERS = 6
"""A sentence with fewer letters of its own could be any text."""


@lru_cache(1)
def _templates() -> list[_Template]:
    """Sentences with values, those with the most words of their own first."""
    sentences = _opened()
    stored = sentences.stored() if isinstance(sentences, _Sentences) else []
    made = [_Template(sentence, translation) for sentence, translation in stored]
    made.sort(key=lambda template: -template.n_letters)
    return [template for template in made if template.n_letters >= LEAST_LETTERS]


def in_english() -> dict[str, str]:
    """Return the environment of a program of ours whose words are read by another."""
    return {**os.environ, environment_name("language"): "en"}
