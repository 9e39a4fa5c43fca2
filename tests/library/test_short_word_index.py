"""Short words found in memory: the same songs that the database finds, also after changes."""

import threading

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests import postgres
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import Label
from utawaku.library.store.browse import Browser
from utawaku.library.store.short_word_index import Words
from utawaku.library.store.text_changes import state_of

N_SONGS = 8
LETTERS = "aAäÄßſ夜夜ｱアガｶﾞ가각İiıςΣﬁ1①%_\"'\\ 　\n\x1e\x1f\0👩‍👩‍👧🇯🇵é\u0301\u202e"
if postgres.SERVER:  # which stores no NUL
    LETTERS = LETTERS.replace("\0", "")
names = st.text(st.sampled_from(LETTERS), max_size=5)


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    catalogue.streams.save(Stream("file-1", "/tmp/1.opus", title="歌枠", channel="Mio"))
    spans = [SongSpan(i, i * 300, i * 300 + 180, "smart", 0.9) for i in range(N_SONGS)]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    return catalogue


def in_memory(catalogue: Catalogue) -> Browser:
    """A browser that has read all texts."""
    browser = Browser(catalogue, catalogue.engine)
    browser.prepare()
    return browser


def quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


@effort(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    titles=st.lists(names, min_size=N_SONGS, max_size=N_SONGS),
    artists=st.lists(names, min_size=N_SONGS, max_size=N_SONGS),
    tags=st.lists(names, max_size=3),
    words=st.lists(
        st.text(st.sampled_from(LETTERS), min_size=1, max_size=2), min_size=2, max_size=6
    ),
)
def test_memory_and_database_find_the_same_songs(
    filled: Catalogue, titles: list[str], artists: list[str], tags: list[str], words: list[str]
) -> None:
    named = enumerate(zip(titles, artists, strict=True))
    filled.edits.rename(
        {
            f"file-1@{n * 300_000}": {"title": title, "artist": artist}
            for n, (title, artist) in named
        }
    )
    filled.songs.set_tags("file-1@0", dict.fromkeys(tags, 1.0), source="user")
    by_sql, by_memory = Browser(filled, filled.engine), in_memory(filled)
    try:
        for word in words:
            for field in ("", "title:", "artist:", "tag:", "stream:", "-", "-title:"):
                query = field + quoted(word)
                assert (
                    by_memory.search(query).numbers.tolist()
                    == by_sql.search(query).numbers.tolist()
                ), query
    finally:
        by_sql.close()
        by_memory.close()


def test_every_kind_of_change_is_seen(filled: Catalogue) -> None:
    browser = in_memory(filled)

    def n_found(word: str) -> int:
        by_memory = len(browser.search(word))
        fresh = Browser(filled, filled.engine)
        assert len(fresh.search(word)) == by_memory
        fresh.close()
        browser.prepare()
        assert len(browser.search(word)) == by_memory
        return by_memory

    assert n_found("夜") == 0
    filled.songs.set_label("file-1@0", "夜", "", "user")
    assert n_found("夜") == 1
    filled.songs.set_label("file-1@0", "朝", "", "user")
    assert n_found("夜") == 0
    edits = filled.edits.rename({"file-1@300000": {"singer": "夜"}})
    assert n_found("夜") == 1
    filled.edits.undo(edits[0].id)
    assert n_found("夜") == 0
    filled.songs.set_tags("file-1@0", {"夜": 1.0}, source="user")
    assert n_found("夜") == 1
    spans = [SongSpan(0, 0, 180, "smart", 0.9, title="夜", artist="夜")]
    filled.streams.save(Stream("file-2", "/tmp/2.opus"))
    filled.songs.reconcile("file-2", spans, made_by="test")
    assert n_found("夜") == 2
    browser.close()


def test_the_state_tells_each_change_of_the_texts_and_no_other(filled: Catalogue) -> None:
    def state() -> int:
        with filled.read() as connection:
            return state_of(connection)

    before = state()
    filled.songs.set_label("file-1@0", "夜", "", "user")
    assert state() == before + 1
    filled.songs.set_label("file-1@0", "夜", "", "user")
    filled.grades.give("file-1@0", grade=1)
    filled.requests.file(Label(song_or_stream_id="file-1@0"))
    assert state() == before + 1


def test_what_holds_many_places_counts_once_a_song(filled: Catalogue) -> None:
    filled.songs.set_label("file-1@0", "a" * 1000, "aa", "user")
    with filled.read() as connection:
        words = Words.read(connection)
    assert words is not None
    assert len(words.find("a", "title")) == 1
    assert len(words.find("aa")) == 1
    assert len(words.find("b")) == 0


def test_an_empty_catalogue_holds_no_word(catalogue: Catalogue) -> None:
    browser = in_memory(catalogue)
    assert len(browser.search("夜")) == 0
    browser.close()


def test_searching_while_texts_are_read_again_finds_what_is_there(filled: Catalogue) -> None:
    filled.songs.set_label("file-1@0", "昼", "", "user")
    browser = in_memory(filled)
    stop = threading.Event()

    def rename() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            filled.songs.set_label("file-1@0", "夜昼"[n % 2], "", "user")

    def read() -> None:
        while not stop.is_set():
            browser.prepare()

    threads = [threading.Thread(target=rename), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(30):
            # One of the two is the title at any moment, in whatever view is read.
            assert len(browser.search("夜 OR 昼").numbers) == 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    browser.close()
