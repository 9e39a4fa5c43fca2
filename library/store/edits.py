"""Edits of the user, step by step, so that every step can be undone.

Boundaries that were edited are the user's (`boundary_source` is `user`) and names too
(`label_source` is `user`): no re-materialization writes over them.
"""

import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from utawaku.library.errors import EditError, NotFoundError
from utawaku.library.judgements import Plan
from utawaku.library.records import DropReason, SongEdit
from utawaku.library.schema import song_edits, songs, streams
from utawaku.library.store.connections import Connections
from utawaku.library.store.songs import SURE, _fresh_id, _renumber, index_songs

KEPT = (
    "id",
    "start_s",
    "stop_s",
    "boundary_source",
    "confidence",
    "start_confidence",
    "stop_confidence",
    "flags",
    "state",
    "drop_reason",
    "title",
    "artist",
    "label_source",
    "singer",
)
"""Columns that an edit can change, and that undoing it brings back."""

_WITHOUT = {"drop_reason": ""}
"""Values of columns that may not be empty, for steps of versions that did not know them."""
SHORTEST_S = 1.0
NAMES = ("title", "artist", "singer")


class Edits:
    """Changes of songs by hand. Each is one transaction with its way back."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def move(self, song_id: str, start_s: float, stop_s: float) -> SongEdit:
        """Place both ends of a song.

        Raises:
            EditError: the song would be empty, overlap another or leave the recording.
        """
        with self._catalogue.write() as connection:
            stream_id = _stream_of(connection, song_id)
            values = _placed(start_s, stop_s)
            return _edit(connection, stream_id, "move", {song_id: values})

    def split(self, song_id: str, at_s: float) -> SongEdit:
        """Make two songs of one; the first keeps the name, the marks and the identity."""
        with self._catalogue.write() as connection:
            stream_id = _stream_of(connection, song_id)
            stop_s = connection.execute(
                sa.select(songs.c.stop_s).where(songs.c.id == song_id)
            ).scalar_one()
            start_s = connection.execute(
                sa.select(songs.c.start_s).where(songs.c.id == song_id)
            ).scalar_one()
            changes = {song_id: _placed(start_s, at_s)}
            return _edit(connection, stream_id, "split", changes, [_placed(at_s, stop_s)])

    def merge(self, first_id: str, second_id: str) -> SongEdit:
        """Make one song of two neighbours; the first keeps its name, marks and identity."""
        with self._catalogue.write() as connection:
            stream_id = _stream_of(connection, first_id)
            rows = {
                row.id: row
                for row in connection.execute(
                    sa.select(songs).where(songs.c.id.in_((first_id, second_id)))
                )
            }
            if len(rows) != 2 or rows[second_id].stream_id != stream_id:
                raise NotFoundError("no such neighbour", subject=second_id)
            first, second = rows[first_id], rows[second_id]
            changes = {
                first_id: _placed(
                    min(first.start_s, second.start_s), max(first.stop_s, second.stop_s)
                ),
                second_id: _dropped("merged"),
            }
            return _edit(connection, stream_id, "merge", changes)

    def add(self, stream_id: str, start_s: float, stop_s: float) -> SongEdit:
        """A song that nobody found."""
        with self._catalogue.write() as connection:
            return _edit(connection, stream_id, "add", {}, [_placed(start_s, stop_s)])

    def drop(self, song_ids: Sequence[str], reason: DropReason) -> list[SongEdit]:
        """Songs that are none, or not wanted; no re-cut brings them back. One edit a stream.

        The song network learns from those that are none, the taste model from the others.
        """
        return self._each_stream("drop", dict.fromkeys(song_ids, _dropped(reason)))

    def confirm(self, song_ids: Sequence[str]) -> list[SongEdit]:
        """Songs whose cuts are right as they are: they become the user's. One edit a stream."""
        return self._each_stream("right", dict.fromkeys(song_ids, SURE))

    def judge(self, stream_id: str, plan: Plan) -> SongEdit:
        """Take over what was said of a stream elsewhere, as one edit.

        Raises:
            EditError: a song would overlap one of the user's, or leave the recording.
        """
        changes: dict[str, Mapping[str, Any]] = {
            song_id: {**_placed(*one.span), "state": "kept", "drop_reason": ""}
            for song_id, one in plan.placed.items()
        }
        changes |= {
            song_id: {**_dropped(one.said), "start_s": one.start_s, "stop_s": one.stop_s}
            for song_id, one in plan.dropped.items()
        }
        changes |= {song_id: _dropped("merged") for song_id in plan.merged}
        changes |= {
            song_id: {"start_s": start_s, "stop_s": stop_s}
            for song_id, (start_s, stop_s) in plan.trimmed.items()
        }
        added = [
            {**_placed(*one.span), **({} if one.said == "song" else _dropped(one.said))}
            for one in plan.added
        ]
        with self._catalogue.write() as connection:
            return _edit(connection, stream_id, "judge", changes, added)

    def rename(self, changes: Mapping[str, Mapping[str, str]]) -> list[SongEdit]:
        """Give songs names: `title`, `artist`, `singer` by song id. One edit a stream."""
        wanted = {}
        for song_id, values in changes.items():
            named = {name: values[name] for name in NAMES if name in values}
            if "title" in named or "artist" in named:
                named["label_source"] = "user"
            wanted[song_id] = named
        return self._each_stream("name", wanted)

    def undo(self, edit_id: int) -> SongEdit:
        """Take one step back.

        Raises:
            NotFoundError: there is no such step, or it was taken back already.
            EditError: later steps have changed the same songs so that they would overlap.
        """
        with self._catalogue.write() as connection:
            row = connection.execute(
                sa.select(song_edits).where(
                    song_edits.c.id == edit_id, song_edits.c.undone_at.is_(None)
                )
            ).first()
            if row is None:
                raise NotFoundError("nothing to undo", subject=str(edit_id))
            before_ids = {song["id"] for song in row.before}
            made = [song["id"] for song in row.after if song["id"] not in before_ids]
            if made:
                connection.execute(songs.delete().where(songs.c.id.in_(made)))
            for song in row.before:
                # Steps of older versions know nothing of confidence at the ends, nor of reasons.
                values = {name: song.get(name, _WITHOUT.get(name)) for name in KEPT if name != "id"}
                connection.execute(songs.update().where(songs.c.id == song["id"]).values(**values))
            _check(connection, row.stream_id)
            connection.execute(
                song_edits.update().where(song_edits.c.id == edit_id).values(undone_at=time.time())
            )
            _renumber(connection, row.stream_id)
            index_songs(connection, songs.c.stream_id == row.stream_id)
            return _edit_of(connection, edit_id)

    def history(self, stream_id: str, *, limit: int = 100) -> list[SongEdit]:
        """Steps that were not taken back, the latest first."""
        query = (
            sa.select(song_edits)
            .where(song_edits.c.stream_id == stream_id, song_edits.c.undone_at.is_(None))
            .order_by(song_edits.c.id.desc())
            .limit(limit)
        )
        with self._catalogue.read() as connection:
            return [SongEdit(*row) for row in connection.execute(query)]

    def _each_stream(self, kind: str, changes: Mapping[str, Mapping[str, Any]]) -> list[SongEdit]:
        with self._catalogue.write() as connection:
            by_stream: dict[str, dict[str, Mapping[str, Any]]] = {}
            for song_id, values in changes.items():
                by_stream.setdefault(_stream_of(connection, song_id), {})[song_id] = values
            return [
                _edit(connection, stream_id, kind, part) for stream_id, part in by_stream.items()
            ]


def _placed(start_s: float, stop_s: float) -> dict[str, Any]:
    return {
        "start_s": round(float(start_s), 3),
        "stop_s": round(float(stop_s), 3),
        **SURE,
    }


def _dropped(reason: str) -> dict[str, Any]:
    return {"state": "dropped", "drop_reason": reason, "boundary_source": "user"}


def _stream_of(connection: sa.Connection, song_id: str) -> str:
    stream_id = connection.execute(
        sa.select(songs.c.stream_id).where(songs.c.id == song_id)
    ).scalar()
    if stream_id is None:
        raise NotFoundError("no such song", subject=song_id)
    return str(stream_id)


def _snapshot(connection: sa.Connection, song_ids: Iterable[str]) -> list[dict[str, Any]]:
    query = sa.select(*(songs.c[name] for name in KEPT)).where(songs.c.id.in_(list(song_ids)))
    return [dict(row) for row in connection.execute(query).mappings()]


def _edit(
    connection: sa.Connection,
    stream_id: str,
    kind: str,
    changes: Mapping[str, Mapping[str, Any]],
    added: Sequence[Mapping[str, Any]] = (),
) -> SongEdit:
    stream = connection.execute(sa.select(streams).where(streams.c.id == stream_id)).first()
    if stream is None:
        raise NotFoundError("no such stream", subject=stream_id)
    before = _snapshot(connection, changes)
    for song_id, values in changes.items():
        connection.execute(songs.update().where(songs.c.id == song_id).values(**values))
    taken = set(
        connection.execute(sa.select(songs.c.id).where(songs.c.stream_id == stream_id)).scalars()
    )
    made = []
    for values in added:
        song_id = _fresh_id(stream_id, values["start_s"], taken)
        taken.add(song_id)
        made.append(song_id)
        connection.execute(
            songs.insert().values(
                id=song_id,
                stream_id=stream_id,
                position=0,
                flags=[],
                added_at=time.time(),
                made_by="user",
                stream_title=stream.title,
                channel=stream.channel,
                stream_url=stream.url,
                uploaded_on=stream.uploaded_on,
                singer=stream.channel,
                **values,
            )
        )
    _check(connection, stream_id)
    _renumber(connection, stream_id)
    index_songs(connection, songs.c.stream_id == stream_id)
    edit_id = connection.execute(
        song_edits.insert()
        .values(
            stream_id=stream_id,
            kind=kind,
            before=before,
            after=_snapshot(connection, [*changes, *made]),
            at=time.time(),
        )
        .returning(song_edits.c.id)
    ).scalar_one()
    return _edit_of(connection, edit_id)


def _edit_of(connection: sa.Connection, edit_id: int) -> SongEdit:
    row = connection.execute(sa.select(song_edits).where(song_edits.c.id == edit_id)).one()
    return SongEdit(*row)


def _check(connection: sa.Connection, stream_id: str) -> None:
    """Kept songs lie inside the recording and do not overlap where the user has placed one."""
    duration_s = connection.execute(
        sa.select(streams.c.duration_s).where(streams.c.id == stream_id)
    ).scalar_one()
    rows = list(
        connection.execute(
            sa.select(songs.c.start_s, songs.c.stop_s, songs.c.boundary_source, songs.c.title)
            .where(songs.c.stream_id == stream_id, songs.c.state == "kept")
            .order_by(songs.c.start_s)
        )
    )
    for row in rows:
        if row.boundary_source != "user":
            continue
        if row.start_s < 0 or (duration_s and row.stop_s > duration_s + 0.05):
            raise EditError("it would leave the recording", subject=row.title)
        if row.stop_s - row.start_s < SHORTEST_S:
            raise EditError("it would be shorter than a second", subject=row.title)
    for row, following in itertools.pairwise(rows):
        by_hand = "user" in (row.boundary_source, following.boundary_source)
        if by_hand and following.start_s < row.stop_s - 0.001:
            raise EditError(
                "it would overlap its neighbour",
                subject=following.title or row.title,
                next_step="Move the neighbour's end first, or merge them",
            )
