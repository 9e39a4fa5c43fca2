"""Songs: the rows that people browse, play, grade and send."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from utawaku.library.errors import NotFoundError
from utawaku.library.folding import search_fold
from utawaku.library.identity import Reconciliation, reconcile
from utawaku.library.records import Song, SongSpan
from utawaku.library.schema import song_aliases, song_search, song_tags, songs, streams
from utawaku.library.store.connections import Connections, batches
from utawaku.library.store.text_changes import count_change

_PLAIN = [field.name for field in fields(Song) if field.name not in ("flags", "tags")]
COLUMNS = [songs.c[name] for name in _PLAIN] + [songs.c.flags, songs.c.number]
"""Columns to select for `song_from_row`."""
SURE = {
    "boundary_source": "user",
    "confidence": 1.0,
    "start_confidence": 1.0,
    "stop_confidence": 1.0,
}
"""Values of a song whose boundaries the user has placed or found right."""


def song_from_row(row: sa.Row[Any], tags: Sequence[str] = ()) -> Song:
    """Build a record from a row of `COLUMNS`."""
    values = dict(zip(_PLAIN, row, strict=False))
    return Song(**values, flags=tuple(row.flags or ()), tags=tuple(tags))


class Songs:
    """Kept cuts and their labels."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def get(self, song_id: str) -> Song:
        """One song.

        Raises:
            NotFoundError: there is none with this id.
        """
        found = self.select(songs.c.id == song_id)
        if not found:
            raise NotFoundError(
                "no such song", subject=song_id, next_step="`utawaku songs` lists them"
            )
        return found[0]

    def ids_of_files(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the ids of the kept songs with these files (relative to the library), by file."""
        found: dict[str, str] = {}
        with self._catalogue.read() as connection:
            for some in batches(paths, 500):
                query = sa.select(songs.c.file_path, songs.c.id).where(
                    songs.c.file_path.in_(some), songs.c.state == "kept"
                )
                found |= {row.file_path: row.id for row in connection.execute(query)}
        return found

    def of_stream(self, stream_id: str, *, dropped: bool = False) -> list[Song]:
        """Songs of a stream in order; with `dropped` also those that are no longer kept."""
        where = [songs.c.stream_id == stream_id]
        if not dropped:
            where.append(songs.c.state == "kept")
        return self.select(*where)

    def select(
        self,
        *where: sa.ColumnElement[bool],
        order_by: Sequence[sa.ColumnElement[Any]] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Song]:
        """Songs that satisfy all conditions over `utawaku.library.schema.songs`."""
        order = order_by or (songs.c.stream_id, songs.c.start_s)
        query = sa.select(*COLUMNS).where(*where).order_by(*order).limit(limit).offset(offset)
        with self._catalogue.read() as connection:
            rows = list(connection.execute(query))
            tags = tags_of(connection, [row.id for row in rows])
        return [song_from_row(row, tags.get(row.id, ())) for row in rows]

    def artists(self) -> list[str]:
        """Every artist's name that a song of the library has."""
        query = sa.select(songs.c.artist).where(songs.c.artist != "").distinct()
        with self._catalogue.read() as connection:
            return list(connection.execute(query).scalars())

    def count(self, *where: sa.ColumnElement[bool]) -> int:
        """Return how many songs satisfy all conditions."""
        query = sa.select(sa.func.count()).select_from(songs).where(*where)
        with self._catalogue.read() as connection:
            return connection.execute(query).scalar_one()

    def reconcile(
        self, stream_id: str, spans: Sequence[SongSpan], *, made_by: str
    ) -> Reconciliation:
        """Put a new cut of a stream in place, keeping what the user made.

        Songs keep the identity of first sight; lost ones become `dropped`, with their grades.
        """
        with self._catalogue.write() as connection:
            stream = connection.execute(sa.select(streams).where(streams.c.id == stream_id)).first()
            if stream is None:
                raise NotFoundError("no such stream in the catalogue", subject=stream_id)
            known = _of_stream(connection, stream_id)
            plan = reconcile(known, spans)
            for song, span in plan.updated:
                values = _span_values(span) | {
                    "made_by": made_by,
                    "state": "kept",
                    "drop_reason": "",
                }
                if span.title and song.label_source in ("", "setlist"):
                    values |= _label_values(span.title, span.artist, "setlist")
                _update(connection, song.id, values)
            taken = {song.id for song in known}
            for span in plan.added:
                values = _span_values(span) | {"made_by": made_by, "added_at": time.time()}
                if span.title:
                    values |= _label_values(span.title, span.artist, "setlist")
                song_id = _fresh_id(stream_id, span.start_s, taken)
                taken.add(song_id)
                connection.execute(
                    songs.insert().values(
                        id=song_id,
                        stream_id=stream_id,
                        position=0,
                        stream_title=stream.title,
                        channel=stream.channel,
                        stream_url=stream.url,
                        uploaded_on=stream.uploaded_on,
                        singer=stream.channel,
                        **values,
                    )
                )
            for song in plan.lost:
                _update(connection, song.id, {"state": "dropped"})
            _renumber(connection, stream_id)
            index_songs(connection, songs.c.stream_id == stream_id)
        return plan

    def set_span(self, song_id: str, start_s: float, stop_s: float) -> None:
        """Place a song's boundaries by hand; they are never overwritten again."""
        if not 0 <= start_s < stop_s:
            raise ValueError(f"a song cannot span {start_s} to {stop_s}")
        with self._catalogue.write() as connection:
            _update(
                connection,
                song_id,
                {"start_s": start_s, "stop_s": stop_s, **SURE},
            )
            stream_id = connection.execute(
                sa.select(songs.c.stream_id).where(songs.c.id == song_id)
            ).scalar_one()
            _renumber(connection, stream_id)

    def set_label(self, song_id: str, title: str, artist: str, source: str) -> bool:
        """Name a song; a name that the user chose gives way to the user alone.

        Returns False when the user's own name stands.
        """
        with self._catalogue.write() as connection:
            where = [songs.c.id == song_id]
            if source != "user":
                where.append(songs.c.label_source != "user")
            changed = connection.execute(
                songs.update().where(*where).values(**_label_values(title, artist, source))
            ).rowcount
            if (
                not changed
                and not connection.execute(
                    sa.select(songs.c.id).where(songs.c.id == song_id)
                ).first()
            ):
                raise NotFoundError("no such song", subject=song_id)
            index_songs(connection, songs.c.id == song_id)
        return bool(changed)

    def set_file(self, song_id: str, values: Mapping[str, Any]) -> None:
        """Record what was written to disk: `file_path`, `file_start_s`, `file_stop_s`, ..."""
        with self._catalogue.write() as connection:
            _update(connection, song_id, dict(values))

    def cut_again(self, song_ids: Iterable[str]) -> None:
        """Have files cut again by the next run, though the songs' boundaries are the same.

        Until then what is there stays in use.
        """
        with self._catalogue.write() as connection:
            for song_id in song_ids:
                _update(connection, song_id, {"file_stop_s": None})

    def set_tags(self, song_id: str, tags: Mapping[str, float], *, source: str) -> None:
        """Replace the tags of one source (`user`, `musicnn`, ...) of a song."""
        with self._catalogue.write() as connection:
            connection.execute(
                song_tags.delete().where(
                    song_tags.c.song_id == song_id, song_tags.c.source == source
                )
            )
            rows = [
                {"song_id": song_id, "tag": tag, "source": source, "score": score}
                for tag, score in tags.items()
            ]
            if rows:
                connection.execute(song_tags.insert(), rows)
            index_songs(connection, songs.c.id == song_id)

    def drop(self, song_id: str) -> None:
        """The user does not want this song; no re-cut brings it back."""
        with self._catalogue.write() as connection:
            values = {"state": "dropped", "drop_reason": "unwanted", "boundary_source": "user"}
            _update(connection, song_id, values)
            stream_id = connection.execute(
                sa.select(songs.c.stream_id).where(songs.c.id == song_id)
            ).scalar_one()
            _renumber(connection, stream_id)


def tags_of(connection: sa.Connection, song_ids: Iterable[str]) -> dict[str, list[str]]:
    """Tags by song, the strongest first."""
    wanted = list(song_ids)
    found: dict[str, list[str]] = {}
    for at in range(0, len(wanted), 500):
        query = (
            sa.select(song_tags.c.song_id, song_tags.c.tag)
            .where(song_tags.c.song_id.in_(wanted[at : at + 500]))
            .order_by(song_tags.c.score.desc(), song_tags.c.tag)
        )
        for song_id, tag in connection.execute(query):
            tags = found.setdefault(song_id, [])
            if tag not in tags:
                tags.append(tag)
    return found


def index_songs(connection: sa.Connection, where: sa.ColumnElement[bool]) -> None:
    """Refresh the search text of the songs that satisfy `where`."""
    rows = list(
        connection.execute(
            sa.select(
                songs.c.number,
                songs.c.id,
                songs.c.title,
                songs.c.artist,
                songs.c.singer,
                songs.c.channel,
                songs.c.stream_title,
            ).where(where)
        )
    )
    tags = tags_of(connection, [row.id for row in rows])
    aliases = _aliases_of(connection, [row.id for row in rows])
    n_changed = 0
    for row in rows:
        texts = {
            "title": search_fold(row.title),
            "artist": search_fold(row.artist),
            "singer": search_fold(row.singer),
            "channel": search_fold(row.channel),
            "stream": search_fold(row.stream_title),
            # A line break keeps a search from matching across the border of two tags.
            "tags": "\n".join(search_fold(tag) for tag in tags.get(row.id, ())),
            "aliases": "\n".join(_spellings(row.title, row.artist, aliases.get(row.id, ()))),
        }
        # Each text once: singer and channel are mostly the same.
        texts["everything"] = "\n".join(dict.fromkeys(text for text in texts.values() if text))
        where = song_search.c.number == row.number
        old = connection.execute(sa.select(song_search).where(where)).mappings().first()
        if old is None:
            connection.execute(song_search.insert().values(number=row.number, **texts))
        elif any(old[name] != text for name, text in texts.items()):
            connection.execute(song_search.update().where(where).values(**texts))
        else:
            continue
        n_changed += 1
    if n_changed:
        count_change(connection)


def _spellings(title: str, artist: str, aliases: Iterable[str]) -> Iterable[str]:
    """Every other way to write a song's name, folded, each once."""
    from utawaku.library.romanize import variants  # only writing needs it

    texts = (title, artist, *aliases)
    written = [search_fold(text) for text in aliases] + [
        one for text in texts for one in variants(text)
    ]
    return dict.fromkeys(search_fold(text) for text in written if text)


def _aliases_of(connection: sa.Connection, song_ids: Iterable[str]) -> dict[str, list[str]]:
    wanted = list(song_ids)
    found: dict[str, list[str]] = {}
    for at in range(0, len(wanted), 500):
        query = (
            sa.select(song_aliases.c.song_id, song_aliases.c.text)
            .where(song_aliases.c.song_id.in_(wanted[at : at + 500]))
            .order_by(song_aliases.c.text)
        )
        for song_id, text in connection.execute(query):
            found.setdefault(song_id, []).append(text)
    return found


def _of_stream(connection: sa.Connection, stream_id: str) -> list[Song]:
    query = sa.select(*COLUMNS).where(songs.c.stream_id == stream_id).order_by(songs.c.start_s)
    return [song_from_row(row) for row in connection.execute(query)]


def _span_values(span: SongSpan) -> dict[str, Any]:
    return {
        "start_s": float(span.start_s),
        "stop_s": float(span.stop_s),
        "boundary_source": span.source,
        "confidence": float(span.confidence),
        "start_confidence": span.start_confidence,
        "stop_confidence": span.stop_confidence,
        "flags": list(span.flags),
    }


def _label_values(title: str, artist: str, source: str) -> dict[str, Any]:
    return {"title": title, "artist": artist, "label_source": source}


def _update(connection: sa.Connection, song_id: str, values: dict[str, Any]) -> None:
    if not connection.execute(
        songs.update().where(songs.c.id == song_id).values(**values)
    ).rowcount:
        raise NotFoundError("no such song", subject=song_id)


def _fresh_id(stream_id: str, start_s: float, taken: set[str]) -> str:
    start_ms = max(0, round(start_s * 1000))
    while (song_id := f"{stream_id}@{start_ms}") in taken:
        start_ms += 1
    return song_id


def _renumber(connection: sa.Connection, stream_id: str) -> None:
    kept = [song for song in _of_stream(connection, stream_id) if song.state == "kept"]
    for position, song in enumerate(kept):
        if song.position != position:
            connection.execute(
                songs.update().where(songs.c.id == song.id).values(position=position)
            )
