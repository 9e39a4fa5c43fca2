"""The index on disk: what the library knows, kept in step as songs come and go.

SQLite holds the truth: each recording's name, peaks and chroma. The inverted index is derived: a
base in memory-mapped arrays beside the database, and a tail of what was added since, built in
memory when needed. When the tail has grown, base and tail are merged into a new base in a new
folder; the database then points to it, so a crash leaves the old one in use.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from library.errors import FingerprintError
from models.fingerprint.chroma import SUMMARY_SIZE, ChromaSequence, summary_of
from models.fingerprint.constellation import Constellation
from models.fingerprint.pairs import (
    N_KEYS,
    Postings,
    build_postings,
    empty_postings,
    merged,
)

FORMAT = 1
"""Raised when peaks or keys change their meaning: older indexes are then rebuilt by the caller."""

_MERGE_AT = 256
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS recordings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    artist TEXT NOT NULL,
    isrc TEXT NOT NULL,
    duration_s REAL NOT NULL,
    added_at REAL NOT NULL,
    peaks BLOB NOT NULL,
    chroma BLOB NOT NULL,
    summary BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Reference:
    """A recording that the index knows."""

    number: int
    key: str
    """Song id or absolute path: what the caller knows it by."""
    kind: str
    """`song` (a named song of the library) or `reference` (from a folder of the user's)."""
    title: str
    artist: str
    isrc: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class IndexSize:
    """What the index holds and takes on disk."""

    n_recordings: int
    n_postings: int
    n_bytes: int

    @property
    def bytes_per_recording(self) -> float:
        return self.n_bytes / self.n_recordings if self.n_recordings else 0.0


class FingerprintIndex:
    """Recordings by their sound. Use as a context manager, one instance per thread.

    `folder` is made if missing. Raises FingerprintError when it cannot be used or was made by
    another version of the format.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(folder / "recordings.db", timeout=30, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA busy_timeout=30000")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise FingerprintError(
                f"the fingerprint index cannot be opened ({error})",
                subject=str(folder),
                next_step="Check the folder's permissions, or delete it to build it anew",
            ) from error
        made_as = self._meta("format", str(FORMAT))
        if made_as != str(FORMAT):
            self._db.close()
            raise FingerprintError(
                f"the fingerprint index has format {made_as}, not {FORMAT}",
                subject=str(folder),
                next_step="Delete the folder; it is built anew from the library",
            )
        self._base_name = ""
        self._base = empty_postings()
        self._base_last = 0
        self._tail = empty_postings()
        self._tail_span: tuple[int, int] = (0, 0)

    def __enter__(self) -> FingerprintIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM recordings").fetchone()[0])

    def __contains__(self, key: str) -> bool:
        found = self._db.execute("SELECT 1 FROM recordings WHERE key = ?", (key,)).fetchone()
        return found is not None

    def keys(self, kind: str = "") -> set[str]:
        """The keys of all recordings, or of those of one kind."""
        rows = self._db.execute(
            "SELECT key FROM recordings WHERE ? IN ('', kind)", (kind,)
        ).fetchall()
        return {row[0] for row in rows}

    def add(
        self,
        key: str,
        peaks: Constellation,
        chroma: ChromaSequence,
        *,
        title: str,
        artist: str = "",
        kind: str = "song",
        isrc: str = "",
        duration_s: float | None = None,
    ) -> None:
        """Add a recording, or replace the one of this key. It is found from the next query on."""
        with self._writing():
            self._db.execute("DELETE FROM recordings WHERE key = ?", (key,))
            self._db.execute(
                "INSERT INTO recordings"
                " (key, kind, title, artist, isrc, duration_s, added_at, peaks, chroma,"
                " summary) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key,
                    kind,
                    title,
                    artist,
                    isrc,
                    peaks.duration_s if duration_s is None else duration_s,
                    time.time(),
                    peaks.to_bytes(),
                    chroma.to_bytes(),
                    summary_of(chroma).tobytes(),
                ),
            )

    def rename(self, key: str, title: str, artist: str, isrc: str = "") -> None:
        """Give a recording another name; its sound stays indexed."""
        with self._writing():
            self._db.execute(
                "UPDATE recordings SET title = ?, artist = ?, isrc = ? WHERE key = ?",
                (title, artist, isrc, key),
            )

    def remove(self, key: str) -> bool:
        """Forget a recording; whether it was known."""
        with self._writing():
            gone = self._db.execute("DELETE FROM recordings WHERE key = ?", (key,))
        return gone.rowcount > 0

    def reference(self, number: int) -> Reference | None:
        """The recording of this number, or None when it is gone."""
        row = self._db.execute(
            "SELECT number, key, kind, title, artist, isrc, duration_s FROM recordings"
            " WHERE number = ?",
            (number,),
        ).fetchone()
        return Reference(*row) if row else None

    def peaks(self, number: int) -> Constellation:
        """The peaks of a recording. Raises FingerprintError when it is gone."""
        return Constellation.from_bytes(self._blob("peaks", number))

    def chroma(self, number: int) -> ChromaSequence:
        """The chroma of a recording. Raises FingerprintError when it is gone."""
        return ChromaSequence.from_bytes(self._blob("chroma", number))

    def summaries(self) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Numbers and chroma summaries of all recordings, (n,) and (n, SUMMARY_SIZE)."""
        rows = self._db.execute("SELECT number, summary FROM recordings ORDER BY number").fetchall()
        numbers = np.array([row[0] for row in rows], dtype=np.int64)
        values = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16)
        return numbers, values.reshape(-1, SUMMARY_SIZE)

    def alive(self) -> NDArray[np.bool_]:
        """Which numbers are recordings, (highest number + 1,)."""
        numbers = [row[0] for row in self._db.execute("SELECT number FROM recordings")]
        highest = max(numbers, default=0)
        highest = max(highest, int(self._base_last), self._tail_span[1])
        flags = np.zeros(highest + 1, dtype=bool)
        flags[numbers] = True
        return flags

    def postings(self) -> list[Postings]:
        """The inverted index in its parts, in step with the database."""
        self._refresh()
        return [part for part in (self._base, self._tail) if len(part)]

    def size(self) -> IndexSize:
        """Counts and bytes on disk, database and arrays together."""
        self._refresh()
        n_bytes = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        return IndexSize(len(self), len(self._base) + len(self._tail), n_bytes)

    def compact(self) -> None:
        """Merge what was added and drop what was removed: one new base."""
        self._refresh(merge=False)
        alive = self.alive()
        last = len(alive) - 1
        name = f"base-{last}-{time.time_ns()}"
        folder = self.folder / name
        _write_base(folder, merged(self._base, self._tail, alive))
        with self._writing():
            self._set_meta("base", name)
            self._set_meta("base_last", str(last))
        self._refresh(merge=False)
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for old in self.folder.glob("base-*"):
            if old.name != name:
                shutil.rmtree(old, ignore_errors=True)

    def _refresh(self, *, merge: bool = True) -> None:
        name = self._meta("base", "")
        if name != self._base_name:
            self._base = _read_base(self.folder / name)
            self._base_name = name
            self._base_last = int(self._meta("base_last", "0"))
            self._tail_span = (0, 0)
        row = self._db.execute(
            "SELECT coalesce(max(number), 0), count(*) FROM recordings WHERE number > ?",
            (self._base_last,),
        ).fetchone()
        last, n_tail = int(row[0]), int(row[1])
        if merge and n_tail > max(_MERGE_AT, len(self) // 8):
            self.compact()
            return
        if self._tail_span != (self._base_last, last):
            self._tail = build_postings(self._newer(self._base_last))
            self._tail_span = (self._base_last, last)

    def _newer(self, number: int) -> Iterable[tuple[int, Constellation]]:
        rows = self._db.execute(
            "SELECT number, peaks FROM recordings WHERE number > ? ORDER BY number", (number,)
        )
        for found, blob in rows:
            yield found, Constellation.from_bytes(blob)

    def _blob(self, column: str, number: int) -> bytes:
        query = {
            "peaks": "SELECT peaks FROM recordings WHERE number = ?",
            "chroma": "SELECT chroma FROM recordings WHERE number = ?",
        }[column]
        row = self._db.execute(query, (number,)).fetchone()
        if row is None:
            raise FingerprintError(f"recording {number} is no longer in the index")
        return bytes(row[0])

    def _meta(self, name: str, default: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        if row is None and default:
            with self._writing():
                self._set_meta(name, default)
        return str(row[0]) if row else default

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise FingerprintError(
                f"the fingerprint index cannot be written ({error})", subject=str(self.folder)
            ) from error
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _write_base(
    folder: Path, pieces: Iterable[tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.uint16]]]
) -> None:
    working = folder.with_name(f".{folder.name}")
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    counts = []
    with (working / "song.u32").open("wb") as song, (working / "frame.u16").open("wb") as frame:
        for piece_counts, songs, frames in pieces:
            counts.append(piece_counts)
            song.write(songs.astype("<u4").tobytes())
            frame.write(frames.astype("<u2").tobytes())
    starts = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    np.save(working / "starts.npy", starts)
    working.rename(folder)


def _read_base(folder: Path) -> Postings:
    try:
        starts = np.load(folder / "starts.npy")
        n_postings = int(starts[-1])
        if len(starts) != N_KEYS + 1 or n_postings == 0:
            return empty_postings()
        song = np.memmap(folder / "song.u32", dtype="<u4", mode="r", shape=(n_postings,))
        frame = np.memmap(folder / "frame.u16", dtype="<u2", mode="r", shape=(n_postings,))
    except (OSError, ValueError) as error:
        raise FingerprintError(
            f"the fingerprint index is damaged ({error})",
            subject=str(folder),
            next_step="Delete its folder; it is built anew from the library",
        ) from error
    return Postings(starts, song, frame)
