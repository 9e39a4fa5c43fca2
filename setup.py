"""Map the source folders to the one package that is installed, `utawaku`.

The folders stay at the top level of the repository; `library/` is imported as `utawaku.library`.
Everything else about the distribution is in pyproject.toml.
"""

from pathlib import Path

from setuptools import find_namespace_packages, setup

FOLDERS = (
    "library",
    "media",
    "demo",
    "models",
    "services",
    "workflows",
    "orchestration",
    "assets",
    "jobs",
    "sensors",
    "tui",
    "web",
    "commands",
)

include = [pattern for folder in FOLDERS for pattern in (folder, f"{folder}.*")]
# Migrations and the scripts of reference environments lie in folders without an `__init__`.
found = find_namespace_packages(include=include, exclude=["*.__pycache__"])
# The man page, the desktop entry and its icon, where a desktop looks for them below its prefix.
shared: dict[str, list[str]] = {}
for path in sorted(path for path in Path("share").rglob("*") if path.is_file()):
    shared.setdefault(path.parent.as_posix(), []).append(path.as_posix())
setup(
    data_files=list(shared.items()),
    packages=["utawaku", *(f"utawaku.{name}" for name in found)],
    package_dir={"utawaku": "utawaku", **{f"utawaku.{folder}": folder for folder in FOLDERS}},
)
