"""Tidying up: backups, old runs, recordings that may go, what has come out of step."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import CatalogueError, MediaError
from utawaku.library.records import Stream
from utawaku.library.requests import SeparatePieces
from utawaku.workflows.recordings import own_files
from utawaku.workflows.song_files import length_is_right

BACKUP_PREFIX = "catalogue-"
Pending = Callable[[Stream, Catalogue, Settings], Sequence[str]]
"""Names of the artefacts of a stream that are still to be made."""


def back_up(catalogue: Catalogue, settings: Settings, now: float | None = None) -> Path | None:
    """Copy the catalogue while others use it, and delete all but the newest copies.

    None where it could not be copied; a notice says why.
    """
    on_sqlite = catalogue.engine.dialect.name == "sqlite"
    folder = settings.data_dir / "backups"
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    target = folder / f"{BACKUP_PREFIX}{stamp}{'.db' if on_sqlite else '.dump'}"
    try:
        catalogue.backup(target)
    except CatalogueError as error:
        if on_sqlite:
            raise
        # A tool of the server may be missing here; what else is done at night does not wait for it.
        catalogue.notices.add(
            "error",
            "The catalogue was not copied",
            body=error.problem,
            next_step=error.next_step,
        )
        return None
    copies = sorted(
        (path for path in folder.glob(f"{BACKUP_PREFIX}2*{target.suffix}")),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for old in copies[settings.maintenance.keep_backups :]:
        old.unlink(missing_ok=True)
    return target


@dataclass(frozen=True)
class Dropped:
    """Room that was made."""

    n_recordings: int
    n_bytes: int


def keep_within_budget(catalogue: Catalogue, settings: Settings, pending: Pending) -> Dropped:
    """Delete recordings whose songs are cut and checked, the oldest first, until the rest fits.

    Does nothing unless the user allows it (`maintenance.delete_recordings`). A file of the user's
    own that was taken by reference is never touched. `pending` names the artefacts of a stream that
    are not made yet.
    """
    if not settings.maintenance.delete_recordings:
        return Dropped(0, 0)
    held: list[tuple[Stream, list[Path], int]] = []
    for stream in reversed(catalogue.streams.all()):
        files = own_files(stream, settings)
        if files:
            held.append((stream, files, sum(file.stat().st_size for file in files)))
    excess = sum(size for _, _, size in held) - settings.maintenance.recordings_gb * 1e9
    n_recordings = n_bytes = 0
    for stream, files, size in held:
        if excess <= 0:
            break
        if stream.site == "file" or not may_go(stream, catalogue, settings, pending):
            continue
        # First the record, then the file: a crash in between leaves a file that is found again,
        # not a stream that seems to have lost its recording.
        catalogue.streams.save(replace(stream, dropped_at=time.time(), recording_path=""))
        for file in files:
            file.unlink(missing_ok=True)
        excess -= size
        n_recordings += 1
        n_bytes += size
    return Dropped(n_recordings, n_bytes)


def may_go(stream: Stream, catalogue: Catalogue, settings: Settings, pending: Pending) -> bool:
    """Return whether everything that is made from the recording is made, and its files are
    sound.
    """
    if pending(stream, catalogue, settings) or _is_wanted(stream, catalogue):
        return False
    try:
        return all(length_is_right(song, settings) for song in catalogue.songs.of_stream(stream.id))
    except (MediaError, OSError):
        return False


def _is_wanted(stream: Stream, catalogue: Catalogue) -> bool:
    """Return whether something is being made from the recording, or pieces of it were asked for."""
    asked = catalogue.requests.open_of(SeparatePieces)
    return any(wanted.stream_id == stream.id for _, wanted in asked) or any(
        state.state == "running" for state in catalogue.assets.of(stream.id).values()
    )
