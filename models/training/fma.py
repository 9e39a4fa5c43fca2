"""The Free Music Archive's data set on disk, for pretraining.

M. Defferrard et al., "FMA: a dataset for music analysis", ISMIR 2017. A folder holds
`fma_metadata/tracks.csv` (two header rows, a third with the index's name) and the clips as
`000/000002.mp3`, also below `fma_small/`, `fma_medium/` or `fma_large/`.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import ConfigError

_SETS = ("", "fma_small", "fma_medium", "fma_large", "fma_full")


@dataclass(frozen=True)
class FmaTrack:
    """A clip that is on disk."""

    number: int
    path: Path
    genre: str
    artist: str


def read_fma(folder: Path) -> tuple[list[FmaTrack], int]:
    """Clips with a top genre that are on disk, and how many of the listed ones are not.

    Raises:
        ConfigError: the folder is not laid out like FMA, or holds none of its clips.
    """
    table = folder / "fma_metadata" / "tracks.csv"
    wanted = "Give the folder that holds fma_metadata/tracks.csv and 000/000002.mp3"
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(_rows(csv.reader(file)))
    except (OSError, ValueError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            f"no table of FMA tracks ({error})", subject=str(table), next_step=wanted
        ) from error
    found: list[FmaTrack] = []
    n_missing = 0
    for number, genre, artist in rows:
        name = f"{number:06d}"
        paths = (folder / part / name[:3] / f"{name}.mp3" for part in _SETS)
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            n_missing += 1
        else:
            found.append(FmaTrack(number, path, genre, artist))
    if not found:
        raise ConfigError("none of the listed clips is here", subject=str(folder), next_step=wanted)
    return found, n_missing


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, str, str]]:
    """Number, top genre and artist of each track that has a top genre."""
    groups, names = next(reader, []), next(reader, [])
    columns = list(zip(groups, names, strict=False))
    try:
        genre_at = columns.index(("track", "genre_top"))
    except ValueError:
        raise ValueError("no column track/genre_top") from None
    artist_at = columns.index(("artist", "name")) if ("artist", "name") in columns else None
    for row in reader:
        if len(row) > genre_at and row[0].isdigit() and row[genre_at]:
            yield int(row[0]), row[genre_at], row[artist_at] if artist_at is not None else row[0]
