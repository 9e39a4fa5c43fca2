"""The index of likeness on disk, so that a command answers at once.

A folder of the cache holds `index.npz` (which songs, how they are compared) and two files of rows
that only grow: `*.short` float32, `*.exact` float16, mapped and not read. Songs heard since are
appended, songs that are gone are marked; when much has changed all is rebuilt.
"""

import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.files import atomic_path
from utawaku.library.similarity import NearestSongs, Space

_log = logging.getLogger(__name__)

FOLDER = "alike"
_HEAD = "index.npz"
_VERSION = 1
_MOST_CHANGED = 0.2
"""Share of songs that may come or go before the space no longer fits the library."""


@dataclass(frozen=True)
class _Index:
    """The content of `index.npz`."""

    stamp: tuple[float, ...]
    """State of the catalogue's embeddings, see `TasteStore.embeddings_stamp`."""
    space: Space
    song_ids: list[str]
    heard_at: np.ndarray
    """float64 (n_rows,): when each row's embedding was made."""
    gone: np.ndarray
    """bool (n_rows,)."""
    n_built: int
    """Rows when all was last rebuilt."""
    name: str
    """Of the files of rows."""


def alike(catalogue: Catalogue, settings: Settings) -> NearestSongs:
    """The index over all kept songs that were heard, up to date.

    The first call, and one after many songs came or went, takes seconds at 100,000 songs. Where the
    cache cannot be written the index lives in memory.
    """
    folder = settings.cache_dir / FOLDER
    stamp = catalogue.taste.embeddings_stamp()
    index = _read(folder)
    if index is not None and index.stamp == stamp:
        return _opened(index, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            # Another process may have done it meanwhile.
            index = _read(folder)
            if index is None or index.stamp != stamp:
                index = _brought_up_to_date(index, stamp, catalogue, folder)
            return _opened(index, folder)
    except OSError as error:
        _log.warning("%s: the index of likeness cannot be kept (%s)", folder, error)
        found = catalogue.taste.embedded()
        return NearestSongs.of(found.song_ids, found.vectors)


def _brought_up_to_date(
    index: _Index | None, stamp: tuple[float, ...], catalogue: Catalogue, folder: Path
) -> _Index:
    heard_at = catalogue.taste.heard_at()
    if index is None:
        return _built(stamp, heard_at, catalogue, folder)
    rows = zip(index.song_ids, index.heard_at.tolist(), index.gone.tolist(), strict=True)
    gone = np.array([is_gone or heard_at.get(i) != at for i, at, is_gone in rows], bool)
    here = {i for i, is_gone in zip(index.song_ids, gone.tolist(), strict=True) if not is_gone}
    new = [song_id for song_id in heard_at if song_id not in here]
    n_changed = len(index.song_ids) + len(new) - index.n_built + int(gone.sum())
    if n_changed > _MOST_CHANGED * index.n_built:
        return _built(stamp, heard_at, catalogue, folder)
    found = catalogue.taste.embedded(new)
    exact = index.space.unit(found.vectors)
    n_rows = len(index.song_ids)
    _append(folder / f"{index.name}.short", n_rows, (exact @ index.space.axes).astype("<f4"))
    _append(folder / f"{index.name}.exact", n_rows, exact.astype("<f2"))
    index = replace(
        index,
        stamp=stamp,
        song_ids=[*index.song_ids, *found.song_ids],
        heard_at=np.append(index.heard_at, [heard_at[i] for i in found.song_ids]),
        gone=np.append(gone, np.zeros(len(found.song_ids), bool)),
    )
    _write(index, folder)
    return index


def _built(
    stamp: tuple[float, ...], heard_at: dict[str, float], catalogue: Catalogue, folder: Path
) -> _Index:
    found = catalogue.taste.embedded()
    space = Space.of(found.vectors)
    exact = space.unit(found.vectors)
    name = secrets.token_hex(4)
    for suffix, rows in (("short", (exact @ space.axes).astype("<f4")),
                         ("exact", exact.astype("<f2"))):  # fmt: skip
        with atomic_path(folder / f"{name}.{suffix}") as temporary:
            rows.tofile(temporary)
    at = np.array([heard_at.get(song_id, 0.0) for song_id in found.song_ids])
    n_rows = len(found.song_ids)
    index = _Index(stamp, space, found.song_ids, at, np.zeros(n_rows, bool), n_rows, name)
    _write(index, folder)
    for old in folder.iterdir():
        if old.suffix in (".short", ".exact") and old.stem != name:
            with suppress(OSError):  # Windows: somebody still reads it; the next build removes it
                old.unlink()
    return index


def _append(path: Path, n_rows: int, rows: np.ndarray) -> None:
    """Write rows behind the first `n_rows`; what a crash left behind these is overwritten."""
    with path.open("r+b") as file:
        file.truncate(n_rows * rows.shape[1] * rows.itemsize)
        file.seek(0, 2)
        file.write(rows.tobytes())


def _write(index: _Index, folder: Path) -> None:
    with atomic_path(folder / _HEAD) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            version=np.array(_VERSION),
            stamp=np.array(index.stamp, np.float64),
            mean=index.space.mean,
            spread=index.space.spread,
            axes=index.space.axes,
            song_ids=np.frombuffer("\n".join(index.song_ids).encode(), np.uint8),
            heard_at=index.heard_at,
            gone=index.gone,
            n_built=np.array(index.n_built),
            name=np.array(index.name),
        )


def _read(folder: Path) -> _Index | None:
    """Return what is there; None where there is nothing, or nothing sound."""
    try:
        with np.load(folder / _HEAD, allow_pickle=False) as stored:
            if int(stored["version"]) != _VERSION:
                return None
            text = stored["song_ids"].tobytes().decode()
            index = _Index(
                stamp=tuple(stored["stamp"].tolist()),
                space=Space(stored["mean"], stored["spread"], stored["axes"]),
                song_ids=text.split("\n") if text else [],
                heard_at=stored["heard_at"],
                gone=stored["gone"],
                n_built=int(stored["n_built"]),
                name=str(stored["name"]),
            )
        _opened(index, folder)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        if not isinstance(error, FileNotFoundError):
            _log.warning("%s: the index of likeness is damaged and made again (%s)", folder, error)
        return None
    return index


def _opened(index: _Index, folder: Path) -> NearestSongs:
    """The index over its files; raises OSError or ValueError where they are too short."""
    n_rows = len(index.song_ids)
    n_values, n_directions = index.space.axes.shape
    if not n_rows:
        short, exact = np.zeros((0, n_directions), np.float32), np.zeros((0, n_values), np.float16)
    else:
        short = _mapped(folder / f"{index.name}.short", "<f4", n_rows, n_directions)
        exact = _mapped(folder / f"{index.name}.exact", "<f2", n_rows, n_values)
    return NearestSongs(index.space, index.song_ids, short, exact, index.gone)


def _mapped(path: Path, dtype: str, n_rows: int, n_columns: int) -> np.ndarray:
    return np.memmap(path, dtype, mode="r", shape=(n_rows, n_columns)).view(np.ndarray)
