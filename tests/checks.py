"""Run the checks that need the installed layout: `python -m tests.checks imports|types`.

`python -m tests.checks types win32` reads the package as it is on another platform.

The source folders lie at the top level of the repository and are imported below `utawaku`. Tools
that read a package from disk, such as import-linter and mypy, see it as a folder of links.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINKED = ROOT / ".tmp" / "package"
_TYPED = (
    *("-p", "utawaku", "-p", "tests.servers", "-p", "tests.fixtures"),
    *("-m", "tests.checks", "-m", "tests.conftest", "-m", "tests.chromium"),
)
"""The product and the helpers of its tests."""


def link_package() -> Path:
    """Make the folder of links and return it; links that are right stay."""
    package = LINKED / "utawaku"
    package.mkdir(parents=True, exist_ok=True)
    wanted = {path.name: path for path in (ROOT / "utawaku").glob("*.py")}
    wanted |= {
        folder.name: folder
        for folder in ROOT.iterdir()
        if (folder / "__init__.py").is_file() and folder.name not in ("utawaku", "tests")
    }
    for link in package.iterdir():
        if link.is_symlink() and link.name not in wanted:
            link.unlink()
    for name, target in wanted.items():
        link = package / name
        if not link.is_symlink():
            link.symlink_to(target)
    return LINKED


def run_check(name: str, platform: str = "") -> subprocess.CompletedProcess[str]:
    """Run `imports` (import-linter) or `types` (mypy) on the linked package.

    mypy reads the package as it is on `platform` (`win32`, `darwin`), where one is given: it then
    finds every use of a name that this platform lacks.
    """
    scripts = Path(sys.executable).parent
    configuration = str(ROOT / "pyproject.toml")
    command = {
        "imports": [str(scripts / "lint-imports"), "--no-cache", configuration],
        "types": [str(scripts / "mypy"), "--config-file", configuration, *_TYPED],
    }[name]
    if platform:
        cache = str(LINKED.parent / f"mypy-{platform}")
        # What the other platform does not run is no mistake there.
        typed = ["-p", "utawaku", "--platform", platform, "--no-warn-unreachable"]
        command = [str(scripts / "mypy"), "--config-file", configuration, *typed]
        command += ["--cache-dir", cache]
    linked = link_package()
    environment = {**os.environ, "MYPYPATH": f"{linked}{os.pathsep}{ROOT}"}
    return subprocess.run(
        command, cwd=linked, env=environment, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    done = run_check(*sys.argv[1:3])
    print(done.stdout + done.stderr)
    sys.exit(done.returncode)
