"""Names of settings in version 0.1. They work in the file and the environment until version 0.3."""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from utawaku.library.paths import default_config_path

FORMER_NAMES: Mapping[str, str] = {
    "download.daily_budget": "download.daily_quota",
    "labels.shazam_at_once": "labels.shazam_concurrency",
    "taste.queue": "taste.review_queue",
    "follow.every_minutes": "subscriptions.poll_minutes",
    "follow.newest": "subscriptions.newest_entries",
    "follow.overlap": "subscriptions.overlap_entries",
    "follow.watch_folder": "watch.folder",
    "follow.settle_s": "watch.stable_s",
    "keep.backups": "maintenance.keep_backups",
    "keep.drop_recordings": "maintenance.delete_recordings",
    "keep.free_gb": "maintenance.min_free_gb",
    "keep.retrain_after": "taste.retrain_after",
}
"""Former dotted name to present dotted name."""
FORMER_SECTIONS: Mapping[str, str] = {
    "follow": "subscriptions",
    "keep": "maintenance",
    "uploads": "publish",
}
"""Sections with another name; their settings have the same key unless `FORMER_NAMES` says so."""


def present_name(name: str) -> str:
    """Return the present dotted name of a setting; a present name comes back as it is."""
    if name in FORMER_NAMES:
        return FORMER_NAMES[name]
    section, dot, key = name.partition(".")
    return f"{FORMER_SECTIONS.get(section, section)}.{key}" if dot else name


def with_present_names(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a file with former names replaced.

    `content` is what the TOML file holds: sections are one level deep. Where a setting stands
    under both names, the value under the present one counts.
    """
    present: dict[str, Any] = {
        FORMER_SECTIONS.get(name, name) if isinstance(value, Mapping) else name: (
            {} if isinstance(value, Mapping) else value
        )
        for name, value in content.items()
    }
    rows = [(name, present_name(name), value) for name, value in _in_sections(content)]
    for _, now, value in sorted(rows, key=lambda row: row[0] == row[1]):
        section, _, key = now.partition(".")
        present.setdefault(section, {})[key] = value
    return present


def former_names(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (former name, present name) of the settings that stand under their former name."""
    for name, _ in _in_sections(content):
        if present_name(name) != name:
            yield name, present_name(name)


def former_variables(variables: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (variable, present variable) of those that set a setting by its former name."""
    for variable in variables:
        if variable.upper().startswith("UTAWAKU_") and "__" in variable:
            name = variable[len("UTAWAKU_") :].lower().replace("__", ".")
            if present_name(name) != name:
                yield variable, f"UTAWAKU_{present_name(name).replace('.', '__').upper()}"


def former_names_in_use() -> list[tuple[str, str]]:
    """Return (former, present) name of each setting that file or environment sets so.

    Names of variables are given as variables.

    Raises:
        OSError, ValueError: the file cannot be read, or is not TOML.
    """
    path = default_config_path()
    content = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    return [*former_names(content), *former_variables(os.environ)]


def _in_sections(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for section, values in content.items():
        if isinstance(values, Mapping):
            for key, value in values.items():
                yield f"{section}.{key}", value
