"""Other spellings of a song's title and artist, for searches; never shown in their place."""

from collections.abc import Sequence

import sqlalchemy as sa

from utawaku.library.schema import song_aliases, songs
from utawaku.library.store.connections import Connections
from utawaku.library.store.songs import index_songs


class Aliases:
    """Spellings by song, each from one source."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def of_song(self, song_id: str) -> list[tuple[str, str, str]]:
        """Return (kind, text, source) of every alias of a song."""
        query = (
            sa.select(song_aliases.c.kind, song_aliases.c.text, song_aliases.c.source)
            .where(song_aliases.c.song_id == song_id)
            .order_by(song_aliases.c.kind.desc(), song_aliases.c.text)
        )
        with self._catalogue.read() as connection:
            return [(row.kind, row.text, row.source) for row in connection.execute(query)]

    def replace(self, song_id: str, source: str, found: Sequence[tuple[str, str]]) -> None:
        """Put what a source tells of a song in place of what it told before.

        `found` holds kind (`title` or `artist`) and text.
        """
        with self._catalogue.write() as connection:
            connection.execute(
                song_aliases.delete().where(
                    song_aliases.c.song_id == song_id, song_aliases.c.source == source
                )
            )
            for kind, text in dict.fromkeys(found):
                connection.execute(
                    song_aliases.insert().values(
                        song_id=song_id, source=source, kind=kind, text=text
                    )
                )
            index_songs(connection, songs.c.id == song_id)
