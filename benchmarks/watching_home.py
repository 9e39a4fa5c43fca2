"""A home for a benchmark that runs `utawaku up` over a watched folder, and that program."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def start_up(*options: str, **environ: str) -> "subprocess.Popen[bytes]":
    """Start `utawaku up` for the home that UTAWAKU_HOME names, with more in its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "utawaku", "up", *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environ},
    )


def await_heartbeat(data_dir: Path) -> None:
    """Wait until `up` has written its first heartbeat."""
    while not (data_dir / "heartbeat.json").exists():
        time.sleep(0.5)


def prepare(home: Path, watched: Path, weights: Path | None, *, port: int, more: str = "") -> None:
    """Make a home that watches the folder `watched`, with weights and settings.

    Shazam is not asked. `more` is TOML that follows.
    """
    for folder in (watched, home / "cache"):
        folder.mkdir(parents=True)
    if weights:
        shutil.copytree(weights, home / "cache" / "weights")
    (home / "config.toml").write_text(
        f'web_port = {port}\n[watch]\nfolder = "{watched}"\nstable_s = 2\n'
        f"[labels]\nshazam = false\n{more}",
        "utf-8",
    )
