"""Parts of utawaku that other packages bring: entry points in groups of ours.

A package names its part in its `pyproject.toml`, and installing it beside utawaku is enough. The
code of such a package runs with all rights of the user, as that of utawaku does.
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from utawaku.library.errors import ConfigError

SEPARATORS = "utawaku.separators"
"""Functions `(threads: int) -> models.separator.engine.Separator`."""
UPLOAD_TARGETS = "utawaku.upload_targets"
"""Functions `(account: str, options: Mapping[str, str]) -> services.publish.protocol.Uploader`."""


def plugin_names(group: str) -> list[str]:
    """Return the names that installed packages give in a group, in their order."""
    return sorted({point.name for point in entry_points(group=group)})


def load_plugin(group: str, name: str) -> Any:
    """Return what a package names in a group.

    Raises:
        ConfigError: no installed package has it, or it cannot be imported.
    """
    point = _point(group, name)
    try:
        return point.load()
    except Exception as error:
        raise ConfigError(
            f"cannot be loaded ({type(error).__name__}: {error})",
            subject=f"{point.value} of {_package(point)}",
            next_step="Update or uninstall that package",
        ) from error


def plugin_version(group: str, name: str) -> str:
    """Return name, package and its version; empty where no installed package has it."""
    if name not in plugin_names(group):
        return ""
    return f"{name} {_package(_point(group, name))}"


def _point(group: str, name: str) -> EntryPoint:
    for point in entry_points(group=group, name=name):
        return point
    known = ", ".join(plugin_names(group))
    raise ConfigError(
        "no installed package has that part",
        subject=f"{name} ({group})",
        next_step=f"Choose of {known}" if known else "Install the package that has it",
    )


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "?"
