"""Performances that sound alike: the same backing under another voice or in another key."""

import time
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from utawaku.library.records import SoundLink
from utawaku.library.schema import songs, sound_links
from utawaku.library.store.connections import Connections
from utawaku.library.store.text_changes import LINKS, count_change


class Sounds:
    """Links between songs. `Browser` counts linked songs as performances of one."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def replace(self, song_id: str, links: Sequence[SoundLink], *, engine_version: str) -> None:
        """Put these links of a song in place of those it had found before.

        Links that others found to it stay; links to songs that are no more are left out.
        """
        others = [link.other_id for link in links]
        with self._catalogue.write() as connection:
            connection.execute(sound_links.delete().where(sound_links.c.song_id == song_id))
            known = set(
                connection.scalars(sa.select(songs.c.id).where(songs.c.id.in_([song_id, *others])))
            )
            count_change(connection, LINKS)
            if song_id not in known:
                return
            for link in links:
                if link.other_id in known and link.other_id != song_id:
                    connection.execute(
                        sound_links.insert().values(
                            song_id=song_id,
                            other_id=link.other_id,
                            score=link.score,
                            semitones=link.semitones,
                            tempo=link.tempo,
                            engine_version=engine_version,
                            at=time.time(),
                        )
                    )

    def of_song(self, song_id: str) -> list[SoundLink]:
        """The songs that sound like this one, as seen from it, the surest first."""
        query = sa.select(
            sound_links.c.song_id,
            sound_links.c.other_id,
            sound_links.c.score,
            sound_links.c.semitones,
            sound_links.c.tempo,
        ).where((sound_links.c.song_id == song_id) | (sound_links.c.other_id == song_id))
        best: dict[str, SoundLink] = {}
        with self._catalogue.read() as connection:
            rows = [SoundLink(*row) for row in connection.execute(query)]
        for row in sorted(rows, key=lambda link: -link.score):
            if row.song_id != song_id:
                row = SoundLink(song_id, row.song_id, row.score, -row.semitones, 1 / row.tempo)
            best.setdefault(row.other_id, row)
        return list(best.values())


def linked_numbers(connection: sa.Connection) -> list[tuple[int, int]]:
    """Pairs of song numbers that are linked.

    Two songs that the user named differently are not one song, whatever they sound like.
    """
    return [(row.one, row.other) for row in _pairs(connection) if not row.parted]


def every_link(connection: sa.Connection) -> list[tuple[int, int]]:
    """Return pairs of song numbers that are linked, also those that are not one song."""
    return [(row.one, row.other) for row in _pairs(connection)]


def _pairs(connection: sa.Connection) -> Sequence[sa.Row[Any]]:
    one, other = songs.alias("one"), songs.alias("other")
    by_hand = (one.c.label_source == "user") & (other.c.label_source == "user")
    parted = by_hand & (one.c.title != other.c.title)
    query = (
        sa.select(one.c.number.label("one"), other.c.number.label("other"), parted.label("parted"))
        .select_from(sound_links)
        .join(one, one.c.id == sound_links.c.song_id)
        .join(other, other.c.id == sound_links.c.other_id)
    )
    return connection.execute(query).all()


def joined(groups: dict[int, int], links: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Group of each song number, after the groups of linked songs became one.

    `groups` holds the group of every linked number before; the smallest group of a chain stays.
    """
    parent: dict[int, int] = {}

    def root(group: int) -> int:
        while parent.get(group, group) != group:
            parent[group] = parent.get(parent[group], parent[group])
            group = parent[group]
        return group

    for left, right in links:
        a, b = root(groups[left]), root(groups[right])
        if a != b:
            # A name's group (above 0) outlives that of a song without a name.
            keep, lose = (a, b) if (a > 0, -a) > (b > 0, -b) else (b, a)
            parent[lose] = keep
    return {group: root(group) for group in set(groups.values())}
