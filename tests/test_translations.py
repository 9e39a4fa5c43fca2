"""Each sentence that a user reads is marked, and has a translation in each language."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from tests.translations import (
    SHOWN,
    TRANSLATED,
    compiled,
    files,
    found_in,
    missing,
    po_bytes,
    po_file,
    read,
    updated,
)

UPDATE = "run `python -m tests.translations update` and translate what it names"


@pytest.fixture(scope="module", params=TRANSLATED)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read(request.param)


def sentences(catalogue: Catalog) -> list[tuple[str, str, Message]]:
    """Each sentence with each of its translations."""
    found = []
    for one in catalogue:
        if not one.id:
            continue
        source = one.id[-1] if isinstance(one.id, tuple) else one.id
        texts = one.string if isinstance(one.string, tuple) else (one.string,)
        found += [(source, text, one) for text in texts]
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogues_hold_the_sentences_of_today(language: str) -> None:
    assert po_file(language).read_bytes() == po_bytes(updated(language)), UPDATE


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_the_program_reads_is_compiled_from_the_catalogue(language: str) -> None:
    assert po_file(language).with_suffix(".mo").read_bytes() == compiled(read(language)), UPDATE


def test_each_sentence_is_translated(catalogue: Catalog) -> None:
    assert missing(catalogue) == [], UPDATE
    assert [one.id for one in catalogue if one.fuzzy and one.id] == []


def places(text: str) -> list[str]:
    """The places for values; a format may differ, the name may not."""
    return sorted(name for _text, name, _form, _as in string.Formatter().parse(text) if name)


def test_translations_have_the_same_places_for_values(catalogue: Catalog) -> None:
    wrong = {}
    for source, text, one in sentences(catalogue):
        if "{" in source and not (one.id and "default: " in source):
            names = set(places(source)) | ({"n"} if isinstance(one.id, tuple) else set())
            # An English ending, such as the s of a plural, has no place in another language.
            needed = {name for name in places(source) if name != "value"}
            if set(places(text)) - names or needed - set(places(text)):
                wrong[source] = text
    assert wrong == {}


def test_translations_begin_and_end_like_their_sentence(catalogue: Catalog) -> None:
    """What is put together from several keeps its spaces and line breaks."""
    wrong = {}
    for source, text, _one in sentences(catalogue):
        for edge in (r"^\s*", r"\s*$"):
            if re.search(edge, source).group() != re.search(edge, text).group():  # type: ignore[union-attr]
                wrong[source] = text
    assert wrong == {}


COMMAND = re.compile(r"`(utawaku[^`]*)`|(--[a-z][a-z-]+)|\b([a-z]+\.[a-z_]+)\b(?!\S)")


def test_commands_and_settings_are_named_as_they_are(catalogue: Catalog) -> None:
    wrong = {}
    for source, text, _one in sentences(catalogue):
        named = {word for words in COMMAND.findall(source) for word in words if word}
        # What stands for a value may be translated.
        lost = {word for word in named if word not in text and not re.search("[A-Z]{2}", word)}
        if lost:
            wrong[source] = sorted(lost)
    assert wrong == {}


UNMARKED = {
    "mio 夜": "an example of a search",
    "base above": "layers of a screen",
    "now playing": "where a grade was given, which the catalogue keeps",
    "check failed": "a state, which `library.words` translates",
    "failed again": "a state, which `library.words` translates",
    "list, comment, comment-ends, csv, cue, audacity, ina-csv": "names of formats",
    "left alone": "the beginning of a reason that is stored",
    "on cooldown": "the beginning of a reason that is stored",
    "# Settings": "docs/settings.md, which is in English",
    "\n## Song rules": "docs/settings.md, which is in English",
    "\n<style>": "the page around the terminal in a browser",
    "load_from:": "what Dagster reads",
    "code server": "the name of a process, in logs",
    "fork server": "the name of a process, in logs",
    "web page": "the name of a process, in logs",
    "end when standard input is closed": "an option that one process gives another",
}
"""Beginnings of texts that nobody reads in the screen or a command, and what they are."""


def test_no_sentence_of_screen_and_commands_is_left_unmarked() -> None:
    unmarked: dict[str, str] = {}
    for name, tree in files(*SHOWN):
        if name == "commands/help.py":  # its list of what Typer says is collected as it is
            continue
        collected = {one.text for one in found_in(name, tree)}
        for one in found_in(name, tree, everywhere=True):
            if one.text not in collected:
                unmarked[one.text] = name
    known = tuple(UNMARKED)
    assert {text: name for text, name in unmarked.items() if not text.startswith(known)} == {}
    stale = [text for text in known if not any(one.startswith(text) for one in unmarked)]
    assert stale == [], "no longer an exception"


def test_what_is_read_by_programs_is_no_translation() -> None:
    for name, tree in files("library", "media", "services", "workflows", "models", "orchestration"):
        del tree
        if name in ("library/language.py", "library/words.py"):
            continue
        source = (Path(__file__).parent.parent / name).read_text("utf-8")
        assert not re.search(r"\btrn?\(", source), f"{name} stores or raises: keep it English"
