"""Addresses and paths that the user types."""

from pathlib import Path
from urllib.parse import urlsplit

from utawaku.library.language import tr
from utawaku.library.requests import Ingest
from utawaku.tui.text import shown

AS_ONE = "--as-one"
"""Behind an address: the parts of that video are one stream, as in `ingest --as-one`."""


def requests_of(text: str) -> list[Ingest]:
    """Return what is asked for by addresses and paths, one a line; paths become absolute."""
    found: list[Ingest] = []
    for line in text.splitlines():
        word = line.strip()
        as_one = word.endswith(f" {AS_ONE}")
        word = word.removesuffix(AS_ONE).strip() if as_one else word
        word = word.strip('"')
        if not word:
            continue
        target = word if _is_address(word) else str(Path(word).expanduser().absolute())
        found.append(Ingest(source=target, as_one=as_one))
    return list(dict.fromkeys(found))


def check_targets(text: str) -> str:
    """Return what is wrong with a list of targets."""
    wanted = requests_of(text)
    if not wanted:
        return tr("Type at least one address or path.")
    for one in wanted:
        if _is_address(one.source):
            if not urlsplit(one.source).hostname:
                return tr("{target} is not an address.", target=shown(one.source))
        elif one.as_one:
            return tr("{option} goes with the address of a video in parts.", option=AS_ONE)
        elif not Path(one.source).exists():
            return tr("{target} is neither an address nor a file.", target=shown(one.source))
    return ""


def check_address(text: str) -> str:
    """Return what is wrong with one address."""
    parts = urlsplit(text.strip())
    if _is_address(text.strip()) and parts.hostname:
        return ""
    return tr("That is not an address.")


def _is_address(word: str) -> bool:
    return urlsplit(word).scheme in ("http", "https")
