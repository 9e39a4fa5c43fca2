"""Addresses and paths that the user types."""

from pathlib import Path
from urllib.parse import urlsplit

from utawaku.tui.text import shown


def targets_of(text: str) -> list[str]:
    """Addresses and paths, one a line; paths become absolute."""
    found = []
    for line in text.splitlines():
        word = line.strip().strip('"')
        if not word:
            continue
        is_address = urlsplit(word).scheme in ("http", "https")
        found.append(word if is_address else str(Path(word).expanduser().absolute()))
    return list(dict.fromkeys(found))


def check_targets(text: str) -> str:
    """Return what is wrong with a list of targets."""
    targets = targets_of(text)
    if not targets:
        return "Type at least one address or path."
    for target in targets:
        if urlsplit(target).scheme in ("http", "https"):
            if not urlsplit(target).hostname:
                return f"{shown(target)} is not an address."
        elif not Path(target).exists():
            return f"{shown(target)} is neither an address nor a file."
    return ""


def check_address(text: str) -> str:
    """Return what is wrong with one address."""
    parts = urlsplit(text.strip())
    is_address = parts.scheme in ("http", "https") and parts.hostname
    return "" if is_address else "That is not an address."
