"""Files that all machines of a library need: what was learnt from the user, and previews.

Where the catalogue is on PostgreSQL they lie in the library's folder, which all machines see; else
where they always lay, in `data_dir` and `cache_dir`.
"""

import filecmp
import shutil
from pathlib import Path

from utawaku.library.config import Settings
from utawaku.library.files import atomic_path

FOLDER = ".utawaku"
"""Below the library's folder."""
PREVIEWS = "previews"
SET_ASIDE = ".of-this-machine"
"""Ending of a file of this machine that another machine shared before."""
_KEPT_IN_DATA = ("taste", "songs")


def shared_file(settings: Settings, *parts: str) -> Path:
    """Return where a file lies, by its path below `data_dir`.

    Where it is shared, one that this machine alone had moves there first. Raises OSError.
    """
    return _placed(settings.data_dir, settings, *parts)


def preview_file(settings: Settings, preview_path: str) -> Path:
    """Return where a preview of the crawler lies, by the path that its candidate has.

    Raises OSError.
    """
    return _placed(settings.cache_dir, settings, preview_path)


def take_home(settings: Settings) -> int:
    """Copy what is shared to this machine, in place of what it has; returns how many files.

    For a library that goes back to SQLite, and before `settings` say so. Raises OSError.
    """
    shared, n_files = settings.library_root / FOLDER, 0
    for name, home in [
        *((name, settings.data_dir) for name in _KEPT_IN_DATA),
        (PREVIEWS, settings.cache_dir),
    ]:
        for file in sorted((shared / name).rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                _copy(file, home / file.relative_to(shared))
                n_files += 1
    return n_files


def _placed(home: Path, settings: Settings, *parts: str) -> Path:
    local = home.joinpath(*parts)
    if not settings.is_shared:
        return local
    shared = settings.library_root.joinpath(FOLDER, *parts)
    if local.is_file():
        _share(local, shared)
    return shared


def _share(local: Path, shared: Path) -> None:
    if not shared.exists():
        _copy(local, shared)
    elif not filecmp.cmp(local, shared, shallow=False):
        local.replace(local.with_name(local.name + SET_ASIDE))
        return
    local.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    with atomic_path(target) as temporary:
        shutil.copy2(source, temporary)  # with its time, which tells a vector from a newer preview
