"""A home for a benchmark that runs `utawaku up` over a watched folder."""

import shutil
from pathlib import Path


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
