#!/usr/bin/env python3
"""Set up utawaku from a fresh clone and run it: `python3 bootstrap.py demo|test|COMMAND ...`.

Needs Python 3.11 or newer and nothing else. Makes the environment `.venv` where it is missing or
out of date, with exactly the versions of constraints.txt, then runs

    test [...]       the tests (the rest of the line goes to pytest)
    COMMAND [...]    any command of `utawaku`, such as `demo`

Without arguments it only sets up. To run it again is cheap: nothing is installed twice.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "utawaku-setup.sha256"
INPUTS = ("constraints.txt", "pyproject.toml", "setup.py")
OLDEST = (3, 11)


def fingerprint() -> str:
    """Return a digest of all that decides what the environment holds."""
    told = hashlib.sha256(f"{ROOT} {sys.version}".encode())
    for name in INPUTS:
        told.update((ROOT / name).read_bytes())
    return told.hexdigest()


def program(name: str) -> Path:
    """Return the path of a program of the environment."""
    folder, suffix = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return ENVIRONMENT / folder / f"{name}{suffix}"


def is_current(wanted: str) -> bool:
    """Check whether the environment is complete and was made from the present files."""
    return (
        program("python").exists() and STAMP.exists() and STAMP.read_text("utf-8").strip() == wanted
    )


def set_up() -> None:
    """Make the environment, or bring it up to date.

    Raises:
        subprocess.CalledProcessError: pip failed; it has printed the reason.
    """
    wanted = fingerprint()
    if is_current(wanted):
        print(f"Environment is up to date: {ENVIRONMENT}", flush=True)
        return
    if not program("python").exists():
        print(f"Making the environment {ENVIRONMENT}", flush=True)
        venv.create(ENVIRONMENT, with_pip=True, clear=ENVIRONMENT.exists())
    STAMP.unlink(missing_ok=True)
    install = [str(program("python")), "-m", "pip", "install", "--quiet"]
    print("Installing what constraints.txt lists (about 1 GB, some minutes)", flush=True)
    subprocess.run(
        [*install, "--no-deps", "--require-hashes", "-r", str(ROOT / "constraints.txt")],
        check=True,
        cwd=ROOT,
    )
    print("Installing utawaku from this folder", flush=True)
    subprocess.run(
        [*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], check=True, cwd=ROOT
    )
    STAMP.write_text(f"{wanted}\n", "utf-8")
    print(f"Environment is ready: {ENVIRONMENT}", flush=True)


def main(arguments: list[str]) -> int:
    """Set up, then run what `arguments` name; returns the exit code."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if sys.version_info < OLDEST:
        print(f"Python {'.'.join(map(str, OLDEST))} or newer is needed; this is {sys.version}")
        return 1
    try:
        set_up()
    except subprocess.CalledProcessError as error:
        print(f"Setting up failed: {' '.join(map(str, error.cmd))}")
        print("See the message above; run the same command again once it is solved.")
        return 1
    if not arguments:
        return 0
    if arguments[0] == "test":
        command = [str(program("python")), "-m", "pytest", *arguments[1:]]
        return subprocess.run(command, check=False, cwd=ROOT).returncode
    return subprocess.run([str(program("utawaku")), *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
