"""Dagster's settings file in the user's home: made once, and brought up to date beside their lines.

The file is the user's from the moment that it is there. What a later version needs is added as
text, so that comments and order stay, and only where the outcome is exactly the old settings and
the addition. It happens once: somebody who takes the lines out again does not get them back.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from utawaku.library.files import atomic_path

FILE = "dagster.yaml"
VERSION_FILE = "dagster.yaml.version"
VERSION = "2"
"""1: as version 0.1 wrote it. 2: one run a stream."""
ONE_RUN_A_STREAM = {
    "key": "dagster/partition",
    "value": {"applyLimitPerUniqueValue": True},
    "limit": 1,
}
_COMMENT = "# Two runs of one stream wait for each other, whoever asked for them."
_ITEM = (
    "- key: dagster/partition",
    "  value:",
    "    applyLimitPerUniqueValue: true",
    "  limit: 1",
)


def upgrade(home: Path) -> str:
    """Add what the settings file of an earlier version lacks; why it could not be, else empty."""
    version = home / VERSION_FILE
    if version.exists() and version.read_text("utf-8").strip() == VERSION:
        return ""
    path = home / FILE
    text = path.read_text("utf-8")
    told = ""
    if not _has_limit(yaml.safe_load(text) or {}):
        added = with_limit(text)
        if added is None:
            told = (
                f"{path} has a form that is not changed automatically; to keep two runs of one "
                "stream apart in Dagster's queue, add to concurrency.runs.tag_concurrency_limits:\n"
                + "\n".join(_ITEM)
            )
        else:
            with atomic_path(path) as temporary:
                temporary.write_text(added, "utf-8")
    with atomic_path(version) as temporary:
        temporary.write_text(f"{VERSION}\n", "utf-8")
    return told


def with_limit(text: str) -> str | None:
    """The settings with the limit of one run a stream; None where only a person can add it."""
    before: dict[str, Any] = yaml.safe_load(text) or {}
    if not isinstance(before, dict) or "run_coordinator" in before or "run_queue" in before:
        return None  # Dagster takes limits in one of the places only
    added = _added(text.splitlines())
    if added is None:
        return None
    changed = "\n".join(added) + "\n"
    try:
        after = yaml.safe_load(changed)
    except yaml.YAMLError:
        return None
    return changed if after == _expected(before) else None


def _has_limit(settings: dict[str, Any]) -> bool:
    limits = _limits(settings)
    return any(one.get("key") == ONE_RUN_A_STREAM["key"] for one in limits)


def _limits(settings: dict[str, Any]) -> list[dict[str, Any]]:
    runs = (settings.get("concurrency") or {}).get("runs") or {}
    former = settings.get("run_queue") or {}
    coordinator = (settings.get("run_coordinator") or {}).get("config") or {}
    return [
        *(runs.get("tag_concurrency_limits") or []),
        *(former.get("tag_concurrency_limits") or []),
        *(coordinator.get("tag_concurrency_limits") or []),
    ]


def _expected(before: dict[str, Any]) -> dict[str, Any]:
    concurrency = dict(before.get("concurrency") or {})
    runs = dict(concurrency.get("runs") or {})
    runs["tag_concurrency_limits"] = [
        ONE_RUN_A_STREAM,
        *(runs.get("tag_concurrency_limits") or []),
    ]
    return {**before, "concurrency": {**concurrency, "runs": runs}}


def _added(lines: list[str]) -> list[str] | None:
    """Lines with the limit below the innermost of its keys that is there."""
    keys = ("concurrency", "runs", "tag_concurrency_limits")
    place, indent, depth = len(lines), "", 0
    for key in keys:
        found = _line_of(key, lines, 0 if depth == 0 else place, indent, depth)
        if found is None:
            break
        place, indent, depth = found + 1, _indent_below(lines, found, indent), depth + 1
    new = []
    for key in keys[depth:]:
        if key == keys[-1]:
            new.append(f"{indent}{_COMMENT}")
        new.append(f"{indent}{key}:")
        indent += "  "
    new += [f"{indent}{line}" for line in _ITEM]
    return [*lines[:place], *new, *lines[place:]]


def _line_of(key: str, lines: list[str], start: int, indent: str, depth: int) -> int | None:
    """The line of a key in the block that begins at `start`; the first block is the whole file."""
    for number in range(start, len(lines)):
        line = lines[number]
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        if depth and len(line) - len(line.lstrip()) < len(indent):
            return None
        if re.fullmatch(rf"{re.escape(indent)}{re.escape(key)}:\s*(#.*)?", line):
            return number
    return None


def _indent_below(lines: list[str], number: int, indent: str) -> str:
    """The indentation of what stands below a key; of a list that may be the key's own."""
    for line in lines[number + 1 :]:
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        found = line[: len(line) - len(line.lstrip())]
        deeper = len(found) > len(indent) or (found == indent and bare.startswith("- "))
        return found if deeper else indent + "  "
    return indent + "  "
