"""Fingerprints of recordings that several machines share; each keeps an index of them.

A revision counts the changes of all rows, so that a machine reads what it has not seen yet. Writers
take turns, so whoever sees a revision has seen all before it.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256

import sqlalchemy as sa

from utawaku.library.schema import fingerprints, memories
from utawaku.library.store.connections import Connections, batches, upsert

_IDENTITY = "fingerprints.catalogue"
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SharedName:
    """A recording without its sound."""

    key: str
    kind: str
    title: str
    artist: str
    isrc: str
    duration_s: float
    digest: str
    """Of its sound (`digest_of`)."""


@dataclass(frozen=True, slots=True)
class SharedFingerprint:
    """A recording with its sound, as `models.fingerprint` stores it."""

    name: SharedName
    peaks: bytes
    chroma: bytes


_NAME = [fingerprints.c[one.name] for one in fields(SharedName)]


def digest_of(peaks: bytes, chroma: bytes) -> str:
    """Return 16 hex digits that tell two sounds apart."""
    return sha256(peaks + chroma).hexdigest()[:16]


class Fingerprints:
    """Rows of one format of fingerprints each; those of another format are as good as none."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def identity(self) -> str:
        """Return the name of this catalogue's fingerprints, the same for all machines."""
        query = sa.select(memories.c.value).where(memories.c.name == _IDENTITY)
        with self._catalogue.read() as connection:
            known = connection.execute(query).scalar()
        if known is None:
            with self._catalogue.write() as connection:
                known = connection.execute(query).scalar()
                if known is None:
                    known = str(uuid.uuid4())
                    upsert(connection, memories, {"name": _IDENTITY}, {"value": known, "at": 0.0})
        return str(known)

    def newest(self, format_: int) -> tuple[int, int]:
        """Return the newest revision, and how many recordings there are."""
        query = sa.select(sa.func.max(fingerprints.c.revision), sa.func.count()).where(
            fingerprints.c.format == format_
        )
        with self._catalogue.read() as connection:
            revision, n_known = connection.execute(query).one()
        return int(revision or 0), int(n_known)

    def names_since(self, revision: int, format_: int) -> list[SharedName]:
        """Return what was added or renamed after a revision, in the order of the changes."""
        query = (
            sa.select(*_NAME)
            .where(fingerprints.c.revision > revision, fingerprints.c.format == format_)
            .order_by(fingerprints.c.revision)
        )
        with self._catalogue.read() as connection:
            return [SharedName(*row) for row in connection.execute(query)]

    def keys(self, format_: int) -> set[str]:
        """Return the keys of all recordings."""
        query = sa.select(fingerprints.c.key).where(fingerprints.c.format == format_)
        with self._catalogue.read() as connection:
            return set(connection.execute(query).scalars())

    def with_sound(self, keys: Sequence[str]) -> Iterator[SharedFingerprint]:
        """Yield recordings with their sound, a few at a time; those that are gone are left out."""
        columns = (*_NAME, fingerprints.c.peaks, fingerprints.c.chroma)
        for some in batches(keys, _AT_ONCE):
            query = sa.select(*columns).where(fingerprints.c.key.in_(some))
            with self._catalogue.read() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield SharedFingerprint(SharedName(*row[:-2]), row[-2], row[-1])

    def put(self, recordings: Iterable[SharedFingerprint], format_: int) -> None:
        """Add recordings, or replace those of their keys."""
        with self._catalogue.write() as connection:
            for revision, one in enumerate(recordings, _next_revision(connection)):
                values = {column.name: getattr(one.name, column.name) for column in _NAME[1:]}
                values |= {"peaks": one.peaks, "chroma": one.chroma}
                values |= {"revision": revision, "format": format_}
                upsert(connection, fingerprints, {"key": one.name.key}, values)

    def rename(self, key: str, title: str, artist: str, isrc: str) -> None:
        """Give a recording another name; nothing is changed where it has it already."""
        name = {"title": title, "artist": artist, "isrc": isrc}
        differs = sa.or_(*(fingerprints.c[column] != value for column, value in name.items()))
        where = (fingerprints.c.key == key, differs)
        with self._catalogue.read() as connection:
            if connection.execute(sa.select(fingerprints.c.key).where(*where)).first() is None:
                return
        with self._catalogue.write() as connection:
            revision = _next_revision(connection)
            connection.execute(
                fingerprints.update().where(*where).values(**name, revision=revision)
            )

    def remove(self, key: str) -> None:
        """Forget a recording."""
        with self._catalogue.write() as connection:
            connection.execute(fingerprints.delete().where(fingerprints.c.key == key))


def _next_revision(connection: sa.Connection) -> int:
    newest = connection.execute(sa.select(sa.func.max(fingerprints.c.revision))).scalar()
    return int(newest or 0) + 1
