"""bootstrap.py on a small project of its own: what it does once, and what it does not do twice."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "utawaku"
version = "1.2.3"
[project.scripts]
utawaku = "utawaku:main"
[tool.setuptools]
py-modules = ["utawaku"]
"""
PROGRAM = "import sys\ndef main():\n    print('utawaku got', *sys.argv[1:])\n    return 7\n"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of a project that needs nothing but setuptools."""
    made = tmp_path / "clone"
    made.mkdir()
    shutil.copy(ROOT / "bootstrap.py", made)
    (made / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (made / "setup.py").write_text("from setuptools import setup\nsetup()\n", "utf-8")
    (made / "utawaku.py").write_text(PROGRAM, "utf-8")
    pinned = (ROOT / "constraints.txt").read_text("utf-8")
    setuptools = re.search(r"^setuptools==.*?(?=^\S)", pinned, re.M | re.S)
    assert setuptools is not None
    (made / "constraints.txt").write_text(setuptools[0], "utf-8")
    return made


def run(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(clone / "bootstrap.py"), *arguments],
        cwd=clone.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_call_makes_the_environment_and_later_ones_use_it(clone: Path) -> None:
    first = run(clone, "demo", "--short")
    assert first.returncode == 7, first.stdout + first.stderr
    assert "Making the environment" in first.stdout
    assert "utawaku got demo --short" in first.stdout

    second = run(clone, "demo")
    assert "Environment is up to date" in second.stdout
    assert "Installing" not in second.stdout
    assert "utawaku got demo" in second.stdout

    (clone / "setup.py").write_text("from setuptools import setup\n\nsetup()\n", "utf-8")
    third = run(clone)
    assert third.returncode == 0
    assert "Installing" in third.stdout
    assert "Making" not in third.stdout


def test_a_failed_set_up_names_the_command_and_is_not_taken_for_a_finished_one(
    clone: Path,
) -> None:
    pinned = (clone / "constraints.txt").read_text("utf-8")
    (clone / "constraints.txt").write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", pinned))
    failed = run(clone, "demo")
    assert failed.returncode == 1
    assert "Setting up failed" in failed.stdout
    assert "utawaku got" not in failed.stdout
    (clone / "constraints.txt").write_text(pinned)
    assert "utawaku got demo" in run(clone, "demo").stdout


def test_constraints_hold_exact_versions_with_hashes_and_no_addresses() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    entries = re.split(r"^(?=\S)", text, flags=re.M)[1:]
    assert len(entries) > 100
    assert [entry for entry in entries if not re.match(r"[\w.\[\],-]+==[^\s;]+", entry)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert " @ " not in text
