"""Songs of the library as a training folder: each with the curve that people gave it."""

import json
import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import file_trouble
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Song
from utawaku.library.store.highlights import SongHighlight

EVIDENCE = ("heatmap", "plays", "lyrics", "chat")
"""Sources of a curve that a model did not draw alone."""
CURVE = ".curve.json"


@dataclass(frozen=True)
class Collected:
    """Songs that were written, and those that were not."""

    songs: tuple[Path, ...]
    left_out: tuple[tuple[str, str], ...]
    """Title or id of a song, and why."""


def collect_songs(
    songs: Sequence[Song],
    folder: Path,
    evidence: Collection[str],
    catalogue: Catalogue,
    settings: Settings,
    progress: Progress = silent,
) -> Collected:
    """Write songs with curves by this evidence into `folder`, as `train highlight` reads them.

    A file is a link to the song's own where the file system can, else a copy. What lies there from
    an earlier time is replaced; songs that are no longer among them stay.

    Raises:
        UtawakuError: the folder cannot be written to.
    """
    written, left_out = [], []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, song in enumerate(songs):
            progress(number / len(songs), song.title or song.id)
            found = catalogue.highlights.of(song.id)
            why = _fault(song, found, evidence, settings)
            if why or found is None:
                left_out.append((song.title or song.id, why))
                continue
            written.append(_write(song, found, folder, settings))
    except OSError as error:
        raise file_trouble(error, str(folder)) or error from error
    return Collected(tuple(written), tuple(left_out))


def _fault(
    song: Song, found: SongHighlight | None, evidence: Collection[str], settings: Settings
) -> str:
    if found is None:
        return "it has no highlight yet"
    if found.source not in evidence:
        return f"its curve is by {found.source}"
    if np.ptp(found.curve) == 0:
        return "nothing of it is of more interest than the rest"
    if not song.file_path or not (settings.library_root / song.file_path).is_file():
        return "it has no file"
    return ""


def _write(song: Song, found: SongHighlight, folder: Path, settings: Settings) -> Path:
    source = settings.library_root / song.file_path
    name = song.id.replace("@", "-")
    target = folder / f"{name}{source.suffix}"
    with atomic_path(target) as temporary:
        temporary.unlink(missing_ok=True)
        try:
            os.link(source, temporary)
        except OSError:  # another disk, or a file system without links
            shutil.copyfile(source, temporary)
    curve = [round(float(value), 4) for value in found.curve]
    with atomic_path(folder / f"{name}{CURVE}") as temporary:
        temporary.write_text(json.dumps(curve), "utf-8")
    return target
