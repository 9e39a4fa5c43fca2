"""A copy of the source folders in which a test does what a page of docs/howto says."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.checks import ROOT

_BLOCK = re.compile(r"```python\n# (?P<path>\S+)\n(?P<code>.*?)```", re.DOTALL)


def blocks_of(page: str) -> dict[str, str]:
    """The Python blocks of a page by the file that their first line names."""
    text = (ROOT / "docs" / "howto" / page).read_text("utf-8")
    return {found["path"]: found["code"] for found in _BLOCK.finditer(text)}


@dataclass(frozen=True)
class SourceTree:
    """A package `utawaku` of which some folders are copies, and the others links."""

    folder: Path

    @classmethod
    def copy(cls, folder: Path, *copied: str) -> "SourceTree":
        """Make it below `folder`, with these source folders copied."""
        package = folder / "utawaku"
        package.mkdir(parents=True)
        for path in (ROOT / "utawaku").glob("*.py"):
            (package / path.name).symlink_to(path)
        for source in ROOT.iterdir():
            if not (source / "__init__.py").is_file() or source.name in ("utawaku", "tests"):
                continue
            if source.name in copied:
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, package / source.name, ignore=ignore)
            else:
                (package / source.name).symlink_to(source)
        return cls(folder)

    def write(self, path: str, text: str) -> None:
        """Write a new source file; `path` counts from the root of the repository."""
        target = self.folder / "utawaku" / path
        assert not target.exists(), f"{path} is there already"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, "utf-8")

    def insert(self, path: str, before: str, text: str) -> None:
        """Insert text into a source file before a line that it holds once."""
        target = self.folder / "utawaku" / path
        assert not target.is_symlink()
        content = target.read_text("utf-8")
        assert content.count(before) == 1, f"{path} holds {before!r} {content.count(before)} times"
        target.write_text(content.replace(before, text + before), "utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace text that a source file holds once."""
        self.insert(path, old, new)
        target = self.folder / "utawaku" / path
        target.write_text(target.read_text("utf-8").replace(new + old, new), "utf-8")

    def run(self, *arguments: str, home: Path) -> str:
        """Run Python with this package in place of the installed one; returns its output."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), "UTAWAKU_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
