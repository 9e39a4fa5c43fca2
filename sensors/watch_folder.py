"""Takes in media files that appear in a folder, once they have stopped growing."""

import json
import os
import time
from pathlib import Path

import dagster as dg

from utawaku.jobs.ingest import take_in_source
from utawaku.library.catalogue import Catalogue
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 10
MAX_FILES = 20_000
MEDIA = frozenset(
    f".{ending}"
    for ending in (
        "aac", "aif", "aiff", "avi", "flac", "flv", "m4a", "m4v", "mka", "mkv", "mov", "mp3", "mp4",
        "oga", "ogg", "opus", "ts", "wav", "webm", "wma", "wmv",
    )
)  # fmt: skip
"""Endings that are looked at; a file that turns out to be no media is told so in a notice."""

Known = dict[str, list[float]]
"""Path -> [bytes, time of change, when it was first seen so, 1 when it was asked for]."""


@dg.sensor(
    job=take_in_source,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def watch_folder(context: dg.SensorEvaluationContext, library: LibraryResource) -> dg.SensorResult:
    """Ask for files that have not changed for `follow.settle_s` seconds.

    The request is filed before the cursor moves: a crash in between asks twice, and the second
    request finds the stream (it is named after the file's content) there already.
    """
    follow = library.settings.follow
    if follow.watch_folder is None:
        return dg.SensorResult(skip_reason="no follow.watch_folder is set")
    folder = follow.watch_folder.expanduser()
    if not folder.is_dir():
        # A drive that is not there at the moment: what was known stays known.
        return dg.SensorResult(skip_reason=f"{folder} is not there", cursor=context.cursor)
    known = _read(context.cursor)
    seen, n_asked = look_into(folder, known, follow.settle_s, time.time(), library.catalogue)
    return dg.SensorResult(
        skip_reason=f"{len(seen)} file(s), {n_asked} new", cursor=json.dumps(seen)
    )


def look_into(
    folder: Path, known: Known, settle_s: float, now: float, catalogue: Catalogue
) -> tuple[Known, int]:
    """Compare the folder with what was known; returns what is known now, and how many are new."""
    seen: Known = {}
    n_asked = 0
    for path, size, changed_at in sorted(_media_files(folder)):
        before = known.get(path)
        if before is None or before[:2] != [size, changed_at] or before[2] > now:
            seen[path] = [size, changed_at, now, 0]
            continue
        if not before[3] and now - before[2] >= settle_s:
            catalogue.requests.file("ingest", path)
            n_asked += 1
            before = [*before[:3], 1]
        seen[path] = before
    return seen, n_asked


def _media_files(folder: Path) -> list[tuple[str, float, float]]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            # Browsers and copying programs write under such names first.
            if name.startswith((".", "~")) or Path(name).suffix.lower() not in MEDIA:
                continue
            path = Path(place, name)
            try:
                stat = path.stat()
            except OSError:
                continue  # gone since it was listed; the next tick sees
            if path.is_file() and stat.st_size:
                found.append((str(path), float(stat.st_size), stat.st_mtime))
                if len(found) >= MAX_FILES:
                    return found
    return found


def _read(cursor: str | None) -> Known:
    try:
        known = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
