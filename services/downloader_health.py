"""Findings of `utawaku doctor` about downloading."""

import datetime as dt
import importlib.metadata
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from utawaku.library.extras import next_step
from utawaku.library.health import Finding

_OLD_DAYS = 45
_TOO_OLD_DAYS = 180
_DENO_MINIMUM = (2, 3)
_UPDATE = "pip install -U yt-dlp yt-dlp-ejs"


def downloader_health(today: dt.date | None = None) -> list[Finding]:
    """Look at yt-dlp and its helpers: there, working together, and how old.

    Sites change every week, so an old yt-dlp is the first suspect for any failed download. An
    ffmpeg binary is not needed and not asked for.
    """
    return [
        _extractors(today or dt.datetime.now(dt.UTC).date()),
        _challenge_solver(),
        _runtime(),
    ]


def _extractors(today: dt.date) -> Finding:
    version = _version("yt-dlp")
    if version is None:
        return Finding("yt-dlp", "error", "not installed", "pip install yt-dlp")
    match = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", version)
    if match is None:
        return Finding("yt-dlp", "ok", f"version {version}")
    age_days = (today - dt.date(int(match[1]), int(match[2]), int(match[3]))).days
    told = f"version {version}, {max(age_days, 0)} days old"
    if age_days > _TOO_OLD_DAYS:
        return Finding("yt-dlp", "error", f"{told}: sites have changed since", _UPDATE)
    if age_days > _OLD_DAYS:
        return Finding("yt-dlp", "warning", told, _UPDATE)
    return Finding("yt-dlp", "ok", told)


def _challenge_solver() -> Finding:
    version = _version("yt-dlp-ejs")
    if version is None:
        return Finding(
            "yt-dlp-ejs",
            "warning",
            "not installed: YouTube offers fewer formats, or none",
            next_step("youtube"),
        )
    return Finding("yt-dlp-ejs", "ok", f"version {version}")


def _runtime() -> Finding:
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("deno", path=scripts) or shutil.which("deno")
    if found is None:
        return Finding(
            "deno",
            "warning",
            "no JavaScript runtime: YouTube offers fewer formats, or none",
            next_step("youtube"),
        )
    try:
        answer = subprocess.run(
            [found, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("deno", "warning", f"{found} does not run ({error})", "pip install -U deno")
    match = re.search(r"^deno (\d+)\.(\d+)\S*", answer, re.MULTILINE)
    if match is None or (int(match[1]), int(match[2])) < _DENO_MINIMUM:
        told = match[0] if match else f"{found} tells no version"
        return Finding("deno", "warning", f"{told} is too old for yt-dlp", "pip install -U deno")
    return Finding("deno", "ok", f"{match[0]} ({Path(found).parent})")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
