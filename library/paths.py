"""Paths that are known before the settings are loaded.

Only the standard library and platformdirs, so that the first songs can be shown at once.
`UTAWAKU_HOME` puts everything (config, catalogue, weights, library) below one folder.
"""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

APP = "utawaku"


def _home() -> Path | None:
    home = os.environ.get("UTAWAKU_HOME")
    return Path(home).expanduser().absolute() if home else None


def default_config_path() -> Path:
    """Return where the settings file is looked for."""
    home = _home()
    return (home or platformdirs.user_config_path(APP)) / "config.toml"


def library_root() -> Path:
    """Return where Songs/ and Streams/ live unless a setting says otherwise."""
    home = _home()
    return home / "library" if home else platformdirs.user_music_path() / "Utawaku"


def data_dir() -> Path:
    """Return where the catalogue lives unless a setting says otherwise."""
    home = _home()
    return home / "data" if home else platformdirs.user_data_path(APP)


def cache_dir() -> Path:
    """Return where weights and cached answers live unless a setting says otherwise."""
    home = _home()
    return home / "cache" if home else platformdirs.user_cache_path(APP)


def database_url(catalogue_url: str, data: Path) -> str:
    """SQLAlchemy URL of the catalogue."""
    return catalogue_url or f"sqlite:///{data / 'catalogue.db'}"


def environment_name(setting: str) -> str:
    """The environment variable that goes before the settings file (dotted name)."""
    return f"{APP.upper()}_{setting.upper().replace('.', '__')}"


def is_in_environment(setting: str) -> bool:
    """Return whether the environment decides about a setting, whatever the file says."""
    wanted = environment_name(setting).lower()
    return any(name.lower() == wanted for name in os.environ)


@dataclass(frozen=True)
class CatalogueLocation:
    """The place of the catalogue according to the settings."""

    data_dir: Path
    database_url: str


def catalogue_location() -> CatalogueLocation | None:
    """Return what `library.config.load_settings` will say; None where it will find the file
    wrong.
    """
    path = default_config_path()
    stored: dict[str, Any] = {}
    try:
        if path.exists():
            stored = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    for name, value in os.environ.items():
        setting = name.lower().removeprefix("utawaku_")
        if setting in ("data_dir", "catalogue_url") and setting != name.lower():
            stored[setting] = value
    data, url = stored.get("data_dir", data_dir()), stored.get("catalogue_url", "")
    if not isinstance(data, str | Path) or not isinstance(url, str):
        return None
    return CatalogueLocation(Path(data), database_url(url, Path(data)))
