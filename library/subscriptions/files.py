"""Followed channels as files: TOML with all rules, OPML for feeds."""

import tomllib
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from utawaku.library.errors import ConfigError
from utawaku.library.files import atomic_path
from utawaku.library.sites import list_address
from utawaku.library.subscriptions.rules import ChannelRules, Follow
from utawaku.library.text import clean_line

_MAX_BYTES = 4_000_000


def write_toml(follows: Iterable[Follow], path: Path) -> None:
    """Write addresses with all their rules; `read_follows` reads the same again."""
    import tomlkit  # not at the head: every start imports this package for its settings

    document = tomlkit.document()
    document.add(tomlkit.comment("Followed channels; `utawaku channels import` reads this file."))
    tables = tomlkit.aot()
    for follow in follows:
        table = tomlkit.table()
        table["url"] = follow.url
        table["title"] = follow.title
        if rules := follow.rules.plain():
            table["rules"] = _plain(rules)
        tables.append(table)
    document["channel"] = tables
    with atomic_path(path) as temporary:
        temporary.write_text(tomlkit.dumps(document), "utf-8")


def write_opml(follows: Iterable[Follow], path: Path) -> None:
    """Write addresses and titles as other feed readers know them; rules do not fit in."""
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = "utawaku"
    body = ElementTree.SubElement(root, "body")
    for follow in follows:
        ElementTree.SubElement(
            body,
            "outline",
            type="rss",
            text=clean_line(follow.title or follow.url),
            xmlUrl=follow.url,
        )
    ElementTree.indent(root)
    with atomic_path(path) as temporary:
        ElementTree.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)


def read_follows(path: Path) -> list[Follow]:
    """Read what `write_toml` or any feed reader (OPML) wrote; each address once.

    Raises:
        ConfigError: it cannot be read, is neither, or holds a rule that does not exist.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError("too large for a list of channels", subject=str(path))
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read ({error})", subject=str(path)) from error
    found = _from_opml(text, path) if text.lstrip().startswith("<") else _from_toml(text, path)
    return list({follow.url: follow for follow in found}.values())


def _from_toml(text: str, path: Path) -> list[Follow]:
    try:
        content: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"not a TOML file ({error})", subject=str(path), next_step="Correct the file"
        ) from error
    tables = content.get("channel", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ConfigError("holds no [[channel]] tables", subject=str(path))
    follows = []
    for number, table in enumerate(tables, 1):
        url = table.get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise ConfigError(f"channel {number} has no address (url)", subject=str(path))
        rules = ChannelRules.read(table.get("rules", {}), subject=f"{path}: {url}")
        follows.append(Follow(url, clean_line(str(table.get("title", ""))), rules))
    return follows


def _from_opml(text: str, path: Path) -> list[Follow]:
    # A document type can hold entities that grow without bound; OPML has no need of one.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ConfigError("holds a document type, which is not read", subject=str(path))
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ConfigError(f"not an OPML file ({error})", subject=str(path)) from error
    follows = []
    for outline in root.iter("outline"):
        url = outline.get("xmlUrl", "")
        if url.startswith(("http://", "https://")):
            title = outline.get("title") or outline.get("text") or ""
            follows.append(Follow(list_address(url), clean_line(title)))
    if not follows:
        raise ConfigError("holds no feeds (outline elements with xmlUrl)", subject=str(path))
    return follows


def _plain(value: Any) -> Any:
    """TOML has no null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return value
