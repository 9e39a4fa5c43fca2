"""Orders that stay in memory while songs change."""

import random

import numpy as np
import pytest
import sqlalchemy as sa

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.query.fields import FIELDS
from utawaku.library.query.results import Sort
from utawaku.library.records import SongSpan, SoundLink, Stream
from utawaku.library.schema import songs
from utawaku.library.store.browse import Browser
from utawaku.library.store.copies import BEST_COPY
from utawaku.library.store.kept_orders import MOST_CHANGED, KeptOrders, Order

SORTS = [
    Sort(field.name, down)
    for field in FIELDS.values()
    if field.sort is not None
    for down in (True, False)
]
VALUES = {
    "title": ("", "!", "夜", "zz"),
    "uploaded_on": ("", "2023-01-01", "2026-02-03"),
    "taste": (None, 0.0, 0.5, 1.0),
    "grade": (None, -1, 0, 1),
    "bpm": (None, 90.5),
    "key": ("", "Am"),
    "loudness_lufs": (None, -14.0),
    "stop_s": (9999.0, 5.0),
    "state": ("kept", "dropped"),
}


@pytest.fixture
def library(catalogue: Catalogue) -> Catalogue:
    fill(catalogue, 300, now=1_700_000_000.0)
    if catalogue.engine.dialect.name != "sqlite":
        pytest.skip("changes of songs are written down on SQLite only")
    return catalogue


def reads_of_all(catalogue: Catalogue) -> list[str]:
    """Log of the statements that read the numbers of all songs."""
    asked: list[str] = []

    def note(*given: object) -> None:
        if "group_concat" in str(given[2]):
            asked.append(str(given[2]))

    sa.event.listen(catalogue.engine, "before_cursor_execute", note)
    return asked


def test_every_order_is_right_after_songs_were_changed_added_and_removed(
    library: Catalogue,
) -> None:
    chance = random.Random(3)
    orders = {**{sort: Order.of(sort) for sort in SORTS}, "best": BEST_COPY}
    kept = KeptOrders()
    log = reads_of_all(library)
    for turn in range(6):
        with library.read() as connection:
            for name, order in orders.items():
                log.clear()
                found = kept.get(connection, name, order)
                assert (log == []) == (turn > 0), name
                assert found.tolist() == order.read(connection).tolist(), (turn, name)
        with library.write() as connection:
            for number in chance.sample(range(1, 301), 12):
                name = chance.choice(list(VALUES))
                change = songs.update().where(songs.c.number == number)
                connection.execute(change.values({name: chance.choice(VALUES[name])}))
            gone = chance.randrange(1, 301)
            connection.execute(songs.delete().where(songs.c.number == gone))
        stream = library.streams.save(Stream(f"file-{turn}", f"/tmp/{turn}", duration_s=900.0))
        spans = [SongSpan(0, 10.0 * turn, 200.0, "smart", 0.5, title="夜")]
        library.songs.reconcile(stream.id, spans, made_by="test")


def test_after_more_changes_than_are_written_down_an_order_is_read_anew(
    library: Catalogue,
) -> None:
    sort = Sort("title", False)
    kept, order = KeptOrders(), Order.of(sort)
    with library.read() as connection:
        kept.get(connection, sort, order)
    log = reads_of_all(library)
    for n_times in (1, 2 + 1000 // 300):
        for _ in range(n_times):
            with library.write() as connection:
                connection.execute(songs.update().values(title=songs.c.title + "a"))
        with library.read() as connection:
            log.clear()
            assert not kept.is_near(connection, sort)
            found = kept.get(connection, sort, order)
            assert log
            assert found.tolist() == order.read(connection).tolist()
            written = connection.exec_driver_sql("SELECT count(*) FROM song_changes").scalar_one()
            assert MOST_CHANGED < written <= 1000


def test_an_order_and_the_copies_after_a_grade_read_no_more_than_that_song(
    library: Catalogue,
) -> None:
    browser = library.browser
    browser.prepare()
    shown = browser.search("sort:title").numbers
    library.grades.give(browser.songs(shown[:1])[0].id, grade=1, stars=5)
    log = reads_of_all(library)
    assert np.array_equal(browser.search("sort:title").numbers, shown)
    assert browser.search("sort:grade").numbers[0] != 0
    browser.search("", grouped=True)
    assert log == []


def test_copies_follow_names_links_and_who_gave_the_names(library: Catalogue) -> None:
    browser = library.browser
    one, other = browser.songs(browser.search("title:夜").numbers[:2])
    pair = [browser.numbers_of([song.id])[song.id] for song in (one, other)]

    def n_copies() -> list[int]:
        found = browser.performances(pair).tolist()
        fresh = Browser(library, library.engine)
        assert fresh.performances(pair).tolist() == found
        fresh.close()
        return found

    library.songs.set_label(one.id, "one", "x", "setlist")
    library.songs.set_label(other.id, "other", "x", "setlist")
    assert n_copies() == [1, 1]
    library.sounds.replace(one.id, [SoundLink(one.id, other.id, 0.9, 0, 1)], engine_version="1")
    assert n_copies() == [2, 2]
    # Named by the user, two names are two songs, though no text changes.
    library.songs.set_label(one.id, "one", "x", "user")
    library.songs.set_label(other.id, "other", "x", "user")
    assert n_copies() == [1, 1]
    library.songs.set_label(other.id, "one", "x", "user")
    assert n_copies() == [2, 2]
    with library.write() as connection:
        connection.execute(songs.delete().where(songs.c.id == other.id))
    assert browser.performances(pair[:1]).tolist() == [1]
