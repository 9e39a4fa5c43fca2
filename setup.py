"""Map the source folders to the one package that is installed, `utawaku`.

The folders stay at the top level of the repository; `library/` is imported as `utawaku.library`.
Everything else about the distribution is in pyproject.toml.
"""

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
setup(
    packages=["utawaku", *(f"utawaku.{name}" for name in found)],
    package_dir={"utawaku": "utawaku", **{f"utawaku.{folder}": folder for folder in FOLDERS}},
)
