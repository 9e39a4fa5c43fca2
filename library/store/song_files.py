"""Tags of song files as utawaku wrote them last, and what the user changed in them since."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from utawaku.library.schema import song_files
from utawaku.library.store.connections import Connections, upsert

TagValue = str | int | float | None


@dataclass(frozen=True, slots=True)
class SongFile:
    """A song's file as it was left."""

    written: Mapping[str, TagValue] = field(default_factory=dict)
    """Fields of `utawaku.library.tags.SongTags`, as they read back."""
    edits: Mapping[str, TagValue] = field(default_factory=dict)
    """The user's own values of fields that the catalogue has no place for."""
    modified_ns: int = 0
    size_bytes: int = 0


class SongFiles:
    """Tags read from song files, by song id."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def of(self, song_id: str) -> SongFile:
        """Return what is known of a song's file; nothing is written in one that is not known."""
        query = sa.select(
            song_files.c.written,
            song_files.c.edits,
            song_files.c.modified_ns,
            song_files.c.size_bytes,
        ).where(song_files.c.song_id == song_id)
        with self._catalogue.read() as connection:
            row = connection.execute(query).first()
        return SongFile(*row) if row else SongFile()

    def put(self, song_id: str, file: SongFile) -> None:
        """Record a file as it is now."""
        values: dict[str, object] = {
            "written": dict(file.written),
            "edits": dict(file.edits),
            "modified_ns": file.modified_ns,
            "size_bytes": file.size_bytes,
        }
        with self._catalogue.write() as connection:
            upsert(connection, song_files, {"song_id": song_id}, values)

    def cut_again(self, song_id: str, measured: tuple[str, ...]) -> None:
        """Forget what the old file said: a new one has no tags yet.

        The user's edits stay, but for those of the fields `measured`, which are of the old sound.
        """
        known = self.of(song_id)
        edits = {name: value for name, value in known.edits.items() if name not in measured}
        self.put(song_id, SongFile(edits=edits))
