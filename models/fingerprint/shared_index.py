"""An index that is kept in step with the fingerprints of all machines of a library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from utawaku.library.store.connections import batches
from utawaku.library.store.fingerprints import (
    Fingerprints,
    SharedFingerprint,
    SharedName,
    digest_of,
)
from utawaku.models.fingerprint.chroma import ChromaSequence
from utawaku.models.fingerprint.constellation import Constellation
from utawaku.models.fingerprint.index import FORMAT, FingerprintIndex

_AT_ONCE = 100


class SharedIndex(FingerprintIndex):
    """The recordings of a catalogue, indexed on this machine.

    When it is opened it takes over what other machines added, named or removed since; what is added
    here goes to the catalogue first. The first time, what this machine knew alone goes there.
    """

    def __init__(self, folder: Path, shared: Fingerprints) -> None:
        super().__init__(folder)
        self._shared = shared
        try:
            self._catch_up()
        except BaseException:
            self.close()
            raise

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
        """Add a recording for all machines, or replace the one of this key."""
        length_s = peaks.duration_s if duration_s is None else duration_s
        sound = peaks.to_bytes(), chroma.to_bytes()
        name = SharedName(key, kind, title, artist, isrc, length_s, digest_of(*sound))
        self._shared.put([SharedFingerprint(name, *sound)], FORMAT)
        super().add(
            key,
            peaks,
            chroma,
            title=title,
            artist=artist,
            kind=kind,
            isrc=isrc,
            duration_s=length_s,
        )

    def rename(self, key: str, title: str, artist: str, isrc: str = "") -> None:
        """Give a recording another name on all machines."""
        self._shared.rename(key, title, artist, isrc)
        super().rename(key, title, artist, isrc)

    def remove(self, key: str) -> bool:
        """Forget a recording on all machines; whether it was known here."""
        self._shared.remove(key)
        return super().remove(key)

    def _catch_up(self) -> None:
        identity = self._shared.identity()
        seen = int(self._meta("shared_revision", "0"))
        newest, n_shared = self._shared.newest(FORMAT)
        # A copy of the catalogue that was put back has no fingerprints.
        is_new = self._meta("shared_with", "") != identity or (not n_shared and len(self) > 0)
        if is_new:
            self._give_all()
            newest, n_shared = self._shared.newest(FORMAT)
        if is_new or newest < seen:
            seen = 0
        if newest != seen:
            self._take_over(self._shared.names_since(seen, FORMAT))
        if len(self) != n_shared:
            for key in self.keys() - self._shared.keys(FORMAT):
                super().remove(key)
        with self._writing():
            self._set_meta("shared_with", identity)
            self._set_meta("shared_revision", str(newest))

    def _give_all(self) -> None:
        missing = sorted(self.keys() - self._shared.keys(FORMAT))
        for some in batches(missing, _AT_ONCE):
            self._shared.put(self._of_this_machine(some), FORMAT)

    def _take_over(self, names: list[SharedName]) -> None:
        unheard = []
        for name in names:
            sound = self._sound(name.key)
            if sound is not None and digest_of(*sound) == name.digest:
                super().rename(name.key, name.title, name.artist, name.isrc)
            else:
                unheard.append(name.key)
        for one in self._shared.with_sound(unheard):
            super().add(
                one.name.key,
                Constellation.from_bytes(one.peaks),
                ChromaSequence.from_bytes(one.chroma),
                title=one.name.title,
                artist=one.name.artist,
                kind=one.name.kind,
                isrc=one.name.isrc,
                duration_s=one.name.duration_s,
            )

    def _of_this_machine(self, keys: Sequence[str]) -> Iterator[SharedFingerprint]:
        for key in keys:
            number, sound = self.number(key), self._sound(key)
            known = None if number is None else self.reference(number)
            if known is not None and sound is not None:
                name = SharedName(
                    key,
                    known.kind,
                    known.title,
                    known.artist,
                    known.isrc,
                    known.duration_s,
                    digest_of(*sound),
                )
                yield SharedFingerprint(name, *sound)

    def _sound(self, key: str) -> tuple[bytes, bytes] | None:
        row = self._db.execute(
            "SELECT peaks, chroma FROM recordings WHERE key = ?", (key,)
        ).fetchone()
        return None if row is None else (bytes(row[0]), bytes(row[1]))
