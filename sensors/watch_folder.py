"""Takes in media files that appear in a folder, once they have stopped growing."""

import json
import os
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from stat import S_ISREG

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import MediaError
from utawaku.library.paths import default_config_path
from utawaku.library.requests import Ingest
from utawaku.media.folders import MAX_FILES, is_own_folder, recording_names
from utawaku.media.probe import probe
from utawaku.orchestration.quiet_ticks import wait_for_change
from utawaku.orchestration.resources import LibraryResource
from utawaku.workflows.recorder_pieces import Piece, evenings, series_of

INTERVAL_S = 10
MAX_FOLDERS = 200
"""A new file in a folder beyond these is seen by the next tick."""
WAITS_S = 5.0
"""Longest `watch.stable_s` for which a tick itself waits; for longer the next ones look."""
Known = dict[str, list[float]]
"""Path -> [bytes, time of change, when it was first seen so, 1 when it was asked for]."""


@dg.sensor(
    description="Ingests media files that appear in the watched folder, once they no longer grow.",
    target=None,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def watch_folder(context: dg.SensorEvaluationContext, library: LibraryResource) -> dg.SensorResult:
    """Ask for files that have not changed for `watch.stable_s` seconds.

    What was asked for is in the requests, not only in the cursor: where the cursor is lost, nothing
    is asked for a second time.
    """
    watch, settings = library.settings.watch, library.settings
    if watch.folder is None:
        wait_for_change(context, library.catalogue, settings, [default_config_path()])
        return dg.SensorResult(skip_reason="no watch.folder is set")
    folder = watch.folder.expanduser()
    if not folder.is_dir():
        # A drive that is not there at the moment: what was known stays known.
        return dg.SensorResult(skip_reason=f"{folder} is not there", cursor=context.cursor)
    seen, n_asked = _scan(folder, _read(context.cursor), library)
    waits = context.last_tick_completion_time is not None and watch.stable_s <= WAITS_S
    if waits and any(not one[3] for one in seen.values()):
        time.sleep(watch.stable_s)
        seen, n_more = _scan(folder, seen, library)
        n_asked += n_more
    if not n_asked and all(one[3] for one in seen.values()):
        # A new file changes its folder; one that is written over is seen by the next tick.
        looked_at = [default_config_path(), *_folders(folder, watch.follow_links)]
        wait_for_change(context, library.catalogue, settings, looked_at)
    return dg.SensorResult(
        skip_reason=f"{len(seen)} file(s), {n_asked} new", cursor=json.dumps(seen)
    )


def _folders(folder: Path, follow_links: bool) -> list[Path]:
    """The folder and those in it, as far as the wait can look at them each time."""
    walk = os.walk(folder, followlinks=follow_links)
    return [Path(place) for place, _, _ in islice(walk, MAX_FOLDERS)]


def _scan(folder: Path, known: Known, library: LibraryResource) -> tuple[Known, int]:
    watch = library.settings.watch
    return scan_folder(
        folder,
        known,
        watch.stable_s,
        time.time(),
        library.catalogue,
        join_gap_s=watch.join_gap_s,
        follow_links=watch.follow_links,
    )


@dataclass(frozen=True)
class Entry:
    """The content of the folder."""

    path: str
    """As it can be written down: bytes that are no UTF-8 as escapes."""
    size: float = 0.0
    changed_at: float = 0.0
    problem: str = ""
    """The reason why it cannot be taken; empty where it can."""
    next_step: str = ""


def scan_folder(
    folder: Path,
    known: Known,
    settle_s: float,
    now: float,
    catalogue: Catalogue,
    *,
    join_gap_s: float = 0.0,
    follow_links: bool = False,
) -> tuple[Known, int]:
    """Compare the folder with what was known; returns what is known now, and how many are new.

    Numbered files that follow each other within `join_gap_s` are asked for as one stream, once no
    further one can follow. An entry that cannot be taken is told in a notice, once, and passed
    over.
    """
    seen: Known = {}
    settled: list[Piece] = []
    growing: set[str] = set()
    changed: dict[str, float] = {}
    for entry in sorted(_entries(folder, follow_links), key=lambda one: one.path):
        path, size, changed_at = entry.path, entry.size, entry.changed_at
        before = known.get(path)
        if entry.problem:
            if before is None or not before[3]:
                _tell(entry, catalogue)
            seen[path] = [size, changed_at, now, 1]
            continue
        changed[path] = min(changed_at, now)
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
        since = max(changed[path] for path in paths)
        wanted = Ingest(source=paths[0], parts=parts)
        if catalogue.requests.file_once(wanted, since=since, by="sensor watch_folder"):
            n_asked += len(paths)
        for path in paths:
            seen[path] = [*seen[path][:3], 1]
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


def _tell(entry: Entry, catalogue: Catalogue) -> None:
    title, body = "A file of the watched folder is passed over", f"{entry.path}: {entry.problem}"
    if not catalogue.notices.has(title, body):
        catalogue.notices.add("warning", title, body=body, next_step=entry.next_step)


def _entries(folder: Path, follow_links: bool) -> list[Entry]:
    """Media files below the folder, and what keeps some of them from being taken."""
    found: list[Entry] = []
    root = folder.resolve()
    walked: set[str] = set()
    segments: set[Path] = set()

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # else gone since it was listed
            problem = f"the folder cannot be read ({error.strerror})"
            found.append(Entry(_written(error.filename), problem=problem))

    for place, folders, names in os.walk(folder, onerror=unreadable, followlinks=follow_links):
        if follow_links:
            real = os.path.realpath(place)
            if real in walked:  # links can go round in circles
                folders.clear()
                continue
            walked.add(real)
        folders[:] = filter(is_own_folder, folders)
        for name in recording_names(Path(place), names, segments):
            entry = _entry(Path(place, name), root, follow_links)
            if entry is not None:
                found.append(entry)
                if len(found) >= MAX_FILES:
                    return found
    return found


def _entry(path: Path, root: Path, follow_links: bool) -> Entry | None:
    """One file; None where there is nothing to take (yet): empty, no file, gone."""
    shown = _written(str(path))
    try:
        stat = path.stat()
        if path.is_symlink() and not follow_links and not path.resolve().is_relative_to(root):
            return Entry(
                shown,
                problem="a link out of the folder",
                next_step="Put the file itself there, or set watch.follow_links",
            )
    except FileNotFoundError:
        return None  # gone since it was listed, or a link to nothing
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or error
        return Entry(shown, problem=f"cannot be read ({why})")
    if not S_ISREG(stat.st_mode) or not stat.st_size:
        return None
    size, changed_at = float(stat.st_size), stat.st_mtime
    if shown != str(path):
        problem = "its name is no valid UTF-8"
        return Entry(shown, size, changed_at, problem, "Rename it; then it is taken in")
    return Entry(shown, size, changed_at)


def _written(path: str) -> str:
    """The path as text that can be kept: Python has bytes that are no UTF-8 as lone surrogates."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _read(cursor: str | None) -> Known:
    try:
        known = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}
