"""Performances that sound alike count as one song, named or not."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import utawaku.library.migrations
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import SongSpan, SoundLink, Stream
from utawaku.library.schema import songs as songs_table
from utawaku.library.store.sound_links import joined

NAMES = [("Lemon", "A"), ("レモン", ""), ("", ""), ("", ""), ("Other", "B")]


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    catalogue.streams.save(Stream("file-1", "/tmp/1.opus", duration_s=3000))
    spans = [
        SongSpan(i, i * 300, i * 300 + 200, "smart", 0.9, title=title, artist=artist)
        for i, (title, artist) in enumerate(NAMES)
    ]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    return catalogue


def ids(catalogue: Catalogue) -> list[str]:
    return [song.id for song in catalogue.songs.of_stream("file-1")]


def sung(catalogue: Catalogue) -> list[int]:
    numbers = catalogue.browser.numbers_of(ids(catalogue))
    times = catalogue.browser.performances([numbers[song_id] for song_id in ids(catalogue)])
    return [int(count) for count in times]


def test_links_join_names_and_songs_without_one_along_a_chain(filled: Catalogue) -> None:
    assert sung(filled) == [1, 1, 1, 1, 1]
    a, b, c, d, _ = ids(filled)
    filled.sounds.replace(b, [SoundLink(b, a, 0.99, -2.0, 1.0)], engine_version="1")
    filled.sounds.replace(c, [SoundLink(c, b, 0.98)], engine_version="1")
    assert sung(filled) == [3, 3, 3, 1, 1]
    filled.sounds.replace(d, [SoundLink(d, c, 0.98)], engine_version="1")
    assert sung(filled) == [4, 4, 4, 4, 1]
    grouped = filled.browser.search("", grouped=True)
    assert sorted(int(n) for n in grouped.copies) == [1, 4]
    # A look that no longer finds it takes the link back.
    filled.sounds.replace(c, [], engine_version="2")
    assert sung(filled) == [2, 2, 2, 2, 1]


def test_a_link_is_seen_from_either_side(filled: Catalogue) -> None:
    a, b, *_ = ids(filled)
    filled.sounds.replace(b, [SoundLink(b, a, 0.99, -2.0, 1.25)], engine_version="1")
    assert filled.sounds.of_song(b) == [SoundLink(b, a, 0.99, -2.0, 1.25)]
    assert filled.sounds.of_song(a) == [SoundLink(a, b, 0.99, 2.0, 0.8)]


def test_what_the_user_named_differently_stays_apart(filled: Catalogue) -> None:
    a, b, *_ = ids(filled)
    filled.sounds.replace(b, [SoundLink(b, a, 0.99)], engine_version="1")
    filled.songs.set_label(a, "Lemon", "A", "user")
    assert sung(filled)[:2] == [2, 2]
    filled.songs.set_label(b, "Not Lemon", "A", "user")
    assert sung(filled)[:2] == [1, 1]


def test_links_to_songs_that_are_no_more_are_left_out_and_go_with_them(filled: Catalogue) -> None:
    a, b, c, *_ = ids(filled)
    links = [SoundLink(a, "gone@1", 0.99), SoundLink(a, b, 0.99), SoundLink(a, c, 0.99)]
    filled.sounds.replace(a, links, engine_version="1")
    assert {link.other_id for link in filled.sounds.of_song(a)} == {b, c}
    with filled.write() as connection:
        connection.execute(songs_table.delete().where(songs_table.c.id == b))
    assert [link.other_id for link in filled.sounds.of_song(a)] == [c]


def test_joining_keeps_the_group_of_a_name() -> None:
    assert joined({10: -10, 11: 4, 12: -12}, [(10, 11), (12, 10)]) == {-10: 4, 4: 4, -12: 4}
    assert joined({1: 7, 2: 3}, [(1, 2)]) == {7: 3, 3: 3}


def test_a_catalogue_of_the_first_schema_gains_the_links_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(utawaku.library.migrations.__file__).parent))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO streams (id, url, added_at) VALUES ('file-1', '/tmp/1.opus', 1)")
        )
        connection.execute(
            sa.text(
                "INSERT INTO songs (id, stream_id, position, start_s, stop_s, boundary_source,"
                " confidence, title, added_at)"
                " VALUES ('file-1@0', 'file-1', 0, 0, 200, 'smart', 0.9, '春', 1)"
            )
        )
    engine.dispose()
    settings = load_settings(catalogue_url=f"sqlite:///{path}")
    opened = Catalogue.open(settings)
    assert [song.title for song in opened.songs.of_stream("file-1")] == ["春"]
    opened.sounds.replace("file-1@0", [], engine_version="1")
    assert opened.sounds.of_song("file-1@0") == []
    opened.close()
    (copy,) = (tmp_path / "backups").glob("old-schema0001-*.db")
    with sqlite3.connect(copy) as kept:
        assert kept.execute("SELECT count(*) FROM songs").fetchone() == (1,)
