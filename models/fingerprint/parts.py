"""The inverted index on disk, in parts: written once, mapped into memory, merged, deleted.

New recordings become a small part, and neighbouring parts of like size become one (a log-structured
merge), so that adding one never costs a rewrite of all, and a query meets only a few parts. Which
parts count is written in the database of recordings; a folder it does not name is a leftover.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utawaku.library.errors import FingerprintError
from utawaku.models.fingerprint.triples import Postings

MERGE_FACTOR = 3
"""A part is merged with the one before it while that is at most so many times as large."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the recordings numbered `first` to `last` that lived when it was written."""

    name: str
    first: int
    last: int
    n_recordings: int


def parts_to_json(parts: Sequence[Part]) -> str:
    """For the database."""
    return json.dumps([asdict(part) for part in parts])


def parts_from_json(text: str) -> list[Part]:
    """Inverse of `parts_to_json`."""
    return [Part(**row) for row in json.loads(text or "[]")]


def due_merge(parts: Sequence[Part]) -> int:
    """Return how many of the last parts should become one now; 0 or 1 where none should."""
    n_merged = min(len(parts), 1)
    size = parts[-1].n_recordings if parts else 0
    for part in reversed(parts[:-1]):
        if part.n_recordings > MERGE_FACTOR * size:
            break
        size += part.n_recordings
        n_merged += 1
    return n_merged


def write_part(folder: Path, pieces: Iterable[Postings]) -> None:
    """Write pieces of ascending keys as one part, whole or not at all."""
    working = folder.with_name(f".{folder.name}")
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    counts: list[NDArray[np.int64]] = []
    with (
        (working / "keys.u32").open("wb") as keys,
        (working / "where.u32").open("wb") as where,
        (working / "frame.u16").open("wb") as frame,
    ):
        for piece in pieces:
            counts.append(np.diff(piece.starts))
            keys.write(piece.keys.astype("<u4").tobytes())
            where.write(piece.where.astype("<u4").tobytes())
            frame.write(piece.frame.astype("<u2").tobytes())
    total = np.concatenate(([0], np.cumsum(np.concatenate(counts)))) if counts else np.zeros(1)
    total.astype("<i8").tofile(working / "starts.i64")
    working.rename(folder)


def read_part(folder: Path) -> Postings:
    """Map a part into memory.

    Raises FileNotFoundError where it is gone, FingerprintError where its files do not fit together.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    try:
        starts = _mapped(folder / "starts.i64", "<i8")
        keys = _mapped(folder / "keys.u32", "<u4")
        where = _mapped(folder / "where.u32", "<u4")
        frame = _mapped(folder / "frame.u16", "<u2")
    except (OSError, ValueError) as error:
        raise _damaged(folder, str(error)) from error
    if len(starts) != len(keys) + 1 or not len(where) == len(frame) == int(starts[-1]):
        raise _damaged(folder, "its files do not fit together")
    return Postings(keys, starts, where, frame)


def _mapped(path: Path, dtype: str) -> NDArray[Any]:
    if path.stat().st_size == 0:
        return np.zeros(0, dtype)
    # A plain array over the map: every slice of a memmap would cost a Python call more.
    return np.asarray(np.memmap(path, dtype=dtype, mode="r"))


def _damaged(folder: Path, why: str) -> FingerprintError:
    return FingerprintError(
        f"the fingerprint index is damaged ({why})",
        subject=str(folder),
        next_step="Delete this folder; what it held is indexed again from recordings.db",
    )


def new_name(last: int) -> str:
    """A folder name that no part had before."""
    return f"part-{last}-{time.time_ns()}"


def remove_leftovers(folder: Path, parts: Sequence[Part]) -> None:
    """Delete folders of parts that no longer count, and of the index that went before."""
    names = {part.name for part in parts}
    for pattern in ("part-*", ".part-*", "base-*", ".base-*"):
        for path in folder.glob(pattern):
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)
