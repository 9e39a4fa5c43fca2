"""Takes in media files that appear in a folder, once they have stopped growing."""

import json
import os
import time
from pathlib import Path

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import MediaError
from utawaku.library.requests import Ingest
from utawaku.media.probe import probe
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.recorder_pieces import Piece, evenings, series_of

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
    target=None,
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
    seen, n_asked = look_into(
        folder, known, follow.settle_s, time.time(), library.catalogue, join_gap_s=follow.join_gap_s
    )
    return dg.SensorResult(
        skip_reason=f"{len(seen)} file(s), {n_asked} new", cursor=json.dumps(seen)
    )


def look_into(
    folder: Path,
    known: Known,
    settle_s: float,
    now: float,
    catalogue: Catalogue,
    *,
    join_gap_s: float = 0.0,
) -> tuple[Known, int]:
    """Compare the folder with what was known; returns what is known now, and how many are new.

    Numbered files that follow each other within `join_gap_s` are asked for as one stream, once no
    further one can follow.
    """
    seen: Known = {}
    settled: list[Piece] = []
    growing: set[str] = set()
    for path, size, changed_at in sorted(_media_files(folder)):
        before = known.get(path)
        if before is None or before[:2] != [size, changed_at] or before[2] > now:
            seen[path] = [size, changed_at, now, 0]
            growing.add(series_of(path))
            continue
        seen[path] = before
        if before[3]:
            continue
        if now - before[2] >= settle_s:
            settled.append(Piece(path, changed_at))
        else:
            growing.add(series_of(path))
    n_asked = 0
    for group in _groups(settled, growing, now, join_gap_s):
        paths = [piece.path for piece in group]
        parts = tuple(paths) if len(paths) > 1 else ()
        catalogue.requests.file(Ingest(source=paths[0], parts=parts))
        for path in paths:
            seen[path] = [*seen[path][:3], 1]
        n_asked += len(paths)
    return seen, n_asked


def _groups(
    settled: list[Piece], growing: set[str], now: float, join_gap_s: float
) -> list[list[Piece]]:
    """Files to ask for, those of one evening together; what may still go on is left out."""
    by_series: dict[str, list[Piece]] = {}
    groups: list[list[Piece]] = []
    for piece in settled:
        series = series_of(piece.path) if join_gap_s else ""
        if series:
            by_series.setdefault(series, []).append(piece)
        else:
            groups.append([piece])
    for series, pieces in by_series.items():
        *whole, last = evenings(pieces, join_gap_s, _duration_s)
        may_go_on = series in growing or 0 <= now - last[-1].ended_at < join_gap_s
        groups += whole if may_go_on else [*whole, last]
    return groups


def _duration_s(path: str) -> float:
    """Length that a file claims; 0.0 for what is no recording, which its request tells."""
    try:
        return probe(Path(path)).duration_s
    except MediaError:
        return 0.0


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
