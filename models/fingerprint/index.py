"""The index on disk: what the library knows, kept in step as songs come and go.

SQLite holds the truth: each recording's name, peaks and chroma. The inverted index is derived:
parts in memory-mapped arrays beside the database, and a tail of what was added since, built in
memory when needed. When the tail has grown it becomes a part, and like parts are merged; the
database then names the new ones, so a crash leaves the old ones in use.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from utawaku.library.errors import FingerprintError
from utawaku.library.write_ahead import use_write_ahead_log
from utawaku.models.fingerprint.chroma import SUMMARY_SIZE, ChromaSequence, summary_of
from utawaku.models.fingerprint.constellation import Constellation
from utawaku.models.fingerprint.parts import (
    Part,
    due_merge,
    new_name,
    parts_from_json,
    parts_to_json,
    read_part,
    remove_leftovers,
    write_part,
)
from utawaku.models.fingerprint.triples import MAX_NUMBER, Postings, build_postings, merged

FORMAT = 1
"""Raised when peaks or keys change their meaning: older indexes are then rebuilt by the caller."""

KEYS_FORMAT = "triples-1"
"""Raised when keys change their meaning: the parts are then rebuilt from the stored peaks."""

FLUSH_AT = 64
"""Recordings in memory from which they become a part on disk."""

_FLUSH_MOST = 2048
_BUSY_TIMEOUT_S = 30.0
_TAIL_PIECES = 8
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
    """Content and size of the index."""

    n_recordings: int
    n_postings: int
    n_bytes: int

    @property
    def bytes_per_recording(self) -> float:
        """Mean size of a recording in the index, in bytes."""
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
            self._db = sqlite3.connect(
                folder / "recordings.db", timeout=_BUSY_TIMEOUT_S, isolation_level=None
            )
            use_write_ahead_log(self._db, timeout_s=_BUSY_TIMEOUT_S)
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise FingerprintError(
                f"the fingerprint index cannot be opened ({error})",
                subject=str(folder),
                next_step="Check the folder's permissions, or delete it to rebuild it",
            ) from error
        if not self._meta("format", ""):
            with self._writing():
                self._set_meta("format", str(FORMAT))
        made_as = self._meta("format", "")
        if made_as != str(FORMAT):
            self._db.close()
            raise FingerprintError(
                f"the fingerprint index has format {made_as}, not {FORMAT}",
                subject=str(folder),
                next_step="Delete the folder; it is rebuilt from the library",
            )
        self._lock = FileLock(folder / "merge.lock")
        """Only one process writes parts at a time."""
        self._parts: list[Part] = []
        self._mapped: dict[str, Postings] = {}
        self._tail: list[Postings] = []
        self._tail_first = self._tail_last = 0
        self._numbers: NDArray[np.int64] = np.zeros(0, np.int64)
        self._summaries: tuple[NDArray[np.int64], NDArray[np.float16]] | None = None
        self._seen: tuple[int, int] | None = None

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
            made = self._db.execute(
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
            if (made.lastrowid or 0) > MAX_NUMBER:
                raise FingerprintError(
                    "the fingerprint index has no numbers left",
                    subject=str(self.folder),
                    next_step="Delete the folder; it is rebuilt from the library",
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

    def number(self, key: str) -> int | None:
        """The number of the recording of this key, or None."""
        row = self._db.execute("SELECT number FROM recordings WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else None

    def find_peaks(self, number: int) -> Constellation | None:
        """The peaks of a recording, or None when it is gone."""
        row = self._db.execute(
            "SELECT peaks FROM recordings WHERE number = ?", (number,)
        ).fetchone()
        return Constellation.from_bytes(bytes(row[0])) if row else None

    def chroma(self, number: int) -> ChromaSequence:
        """The chroma of a recording. Raises FingerprintError when it is gone."""
        return ChromaSequence.from_bytes(self._blob("chroma", number))

    def summaries(self) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Numbers and chroma summaries of all recordings: int64 (n,), float16 (n, SUMMARY_SIZE)."""
        self._look()
        if self._summaries is None:
            rows = self._db.execute(
                "SELECT number, summary FROM recordings ORDER BY number"
            ).fetchall()
            numbers = np.array([row[0] for row in rows], dtype=np.int64)
            values = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16)
            self._summaries = numbers, values.reshape(-1, SUMMARY_SIZE)
        return self._summaries

    def alive(self) -> NDArray[np.bool_]:
        """Return which numbers are recordings, bool (n_numbers,)."""
        self._look()
        highest = int(self._numbers.max(initial=0))
        highest = max(highest, self._tail_last, *(part.last for part in self._parts), 0)
        flags = np.zeros(highest + 1, dtype=bool)
        flags[self._numbers] = True
        return flags

    def postings(self) -> list[Postings]:
        """The inverted index in its parts, in step with the database."""
        self._look()
        self._grow_tail()
        if self._n_tail() >= FLUSH_AT:
            self._flush()
        mapped = [self._mapped[part.name] for part in self._parts]
        return [part for part in (*mapped, *self._tail) if len(part)]

    def size(self) -> IndexSize:
        """Counts and bytes on disk, database and arrays together."""
        n_postings = sum(len(part) for part in self.postings())
        n_bytes = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        return IndexSize(len(self), n_postings, n_bytes)

    def compact(self) -> None:
        """Merge all parts into one and drop what was removed. Waits for another process's merge."""
        self.postings()
        with self._lock.acquire():
            self._look()
            self._write_tail()
            if self._parts:
                self._merge(len(self._parts))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _look(self) -> None:
        """See what was added, removed or merged since, by this process or another."""
        seen = (
            int(self._db.execute("PRAGMA data_version").fetchone()[0]),
            self._db.total_changes,
        )
        if seen == self._seen:
            return
        rows = self._db.execute("SELECT number FROM recordings ORDER BY number").fetchall()
        self._numbers = np.array([row[0] for row in rows], dtype=np.int64)
        self._summaries = None
        self._open_parts()
        last = self._parts[-1].last if self._parts else 0
        if last != self._tail_first:
            self._tail, self._tail_first, self._tail_last = [], last, last
        self._seen = seen

    def _open_parts(self) -> None:
        wanted = self._wanted_parts()
        try:
            self._mapped = self._map(wanted)
        except (FileNotFoundError, FingerprintError):
            # Merged by another process meanwhile; else lost or damaged, and rebuilt from peaks.
            with self._lock.acquire():
                wanted = self._wanted_parts()
                try:
                    self._mapped = self._map(wanted)
                except (FileNotFoundError, FingerprintError):
                    with self._writing():
                        self._set_meta("parts", "[]")
                    wanted, self._mapped = [], {}
        self._parts = wanted

    def _wanted_parts(self) -> list[Part]:
        if self._meta("keys", "") != KEYS_FORMAT:
            return []
        return parts_from_json(self._meta("parts", ""))

    def _map(self, parts: list[Part]) -> dict[str, Postings]:
        return {
            part.name: self._mapped.get(part.name) or read_part(self.folder / part.name)
            for part in parts
        }

    def _grow_tail(self) -> None:
        """Index in memory what no part has, each recording once."""
        while True:
            newer = self._numbers[self._numbers > max(self._tail_first, self._tail_last)]
            if not len(newer):
                return
            batch = newer[:_FLUSH_MOST]
            self._tail.append(build_postings(self._recordings(batch)))
            self._tail_last = int(batch[-1])
            if len(self._tail) > _TAIL_PIECES:
                self._tail = list(merged(self._tail, self.alive(), at_once=1 << 40))
            if self._n_tail() >= _FLUSH_MOST:
                self._flush()

    def _n_tail(self) -> int:
        inside = (self._numbers > self._tail_first) & (self._numbers <= self._tail_last)
        return int(inside.sum())

    def _flush(self) -> bool:
        """Make a part of the tail; whether it was done: another process may be at it."""
        try:
            with self._lock.acquire(timeout=0):
                self._look()
                self._write_tail()
                n_due = due_merge(self._parts)
                if n_due > 1:
                    self._merge(n_due)
        except Timeout:
            return False
        return True

    def _write_tail(self) -> None:
        """The tail as one more part. Only while merging is ours."""
        if not self._tail:
            return
        part = Part(
            new_name(self._tail_last), self._tail_first + 1, self._tail_last, self._n_tail()
        )
        write_part(self.folder / part.name, merged(self._tail, self.alive()))
        self._replace_parts([*self._parts, part])

    def _merge(self, n_parts: int) -> None:
        """Make one of the last `n_parts`. Only while merging is ours."""
        kept, old = self._parts[:-n_parts], self._parts[-n_parts:]
        alive = self.alive()
        first, last = old[0].first, old[-1].last
        part = Part(new_name(last), first, last, int(alive[first : last + 1].sum()))
        pieces = merged([self._mapped[one.name] for one in old], alive)
        write_part(self.folder / part.name, pieces)
        self._replace_parts([*kept, part])

    def _replace_parts(self, parts: list[Part]) -> None:
        with self._writing():
            self._set_meta("parts", parts_to_json(parts))
            self._set_meta("keys", KEYS_FORMAT)
        self._look()
        remove_leftovers(self.folder, parts)

    def _recordings(self, numbers: NDArray[np.int64]) -> Iterator[tuple[int, Constellation]]:
        for number in numbers.tolist():
            peaks = self.find_peaks(number)
            if peaks is not None:  # else removed by another process meanwhile
                yield number, peaks

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
