"""Searches answered by a real catalogue."""

import threading
import time
from collections.abc import Callable

import pytest

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.query.fields import FIELDS
from utawaku.library.query.syntax import parse
from utawaku.library.records import SongSpan, Stream
from utawaku.library.store.browse import Browser

NAMES = [
    ("夜に駆ける", "YOASOBI"),
    ("春のうた", "水曜日の猫"),
    ("Midnight Parade", "Aoi Lanterns"),
    ("夜に駆ける", "YOASOBI"),
    ("", ""),
    ('100% "love"_song', "ＡＢＣ"),
]


@pytest.fixture
def browser(catalogue: Catalogue) -> Browser:
    for number, singer in enumerate(("Mio", "Aki")):
        stream = Stream(
            f"file-{number}",
            f"/tmp/{number}.opus",
            title=f"歌枠 #{number}",
            channel=singer,
            uploaded_on=f"202{number + 3}-05-0{number + 1}",
            duration_s=3000,
        )
        catalogue.streams.save(stream)
        spans = [
            SongSpan(i, i * 300, i * 300 + 180 + i * 10, "smart", 0.9, title=title, artist=artist)
            for i, (title, artist) in enumerate(NAMES)
        ]
        catalogue.songs.reconcile(stream.id, spans, made_by="test")
    catalogue.grades.give("file-0@0", grade=1, stars=5)
    catalogue.grades.give("file-0@300000", grade=-1)
    catalogue.songs.set_tags("file-0@600000", {"Ballad": 0.9}, source="user")
    return catalogue.browser


@pytest.fixture
def found(browser: Browser) -> Callable[[str], set[str]]:
    def ids(text: str) -> set[str]:
        return {song.id for song in browser.songs(browser.search(text).numbers)}

    return ids


Found = Callable[[str], set[str]]


def test_words_of_every_length_and_script_are_found(found: Found) -> None:
    both = {"file-0@0", "file-0@900000", "file-1@0", "file-1@900000"}
    for word in ("夜", "夜に", "夜に駆", "夜に駆ける", "yo", "YOASOBI", "oaso"):
        assert found(word) == both, word
    assert found("title:夜 singer:mio") == {"file-0@0", "file-0@900000"}
    assert found("abc singer:mio") == found("ａｂｃ singer:mio") == {"file-0@1500000"}


def test_accents_kana_romaji_width_and_one_typo_in_five_letters_are_forgiven(
    catalogue: Catalogue, browser: Browser, found: Found
) -> None:
    catalogue.songs.set_label("file-1@0", "Café Noël", "Beyoncé", "user")
    catalogue.songs.set_label("file-1@300000", "しずかなよる", "誰か", "user")
    catalogue.aliases.replace("file-1@600000", "test", [("title", "ミッドナイト")])
    catalogue.aliases.replace("file-0@0", "test", [("title", "yoru ni kakeru")])
    for word in ("cafe", "CAFÉ", "ｃａｆｅ", "title:noel", "artist=beyonce", "beyonse"):
        assert found(word) == {"file-1@0"}, word
    for word in ("shizuka", "sizuka", "シズカ", "しずか"):
        assert found(word) == {"file-1@300000"}, word
    assert found("みっどないと") == {"file-1@600000"}
    both = {"file-0@600000", "file-1@600000"}
    for word in ("midnigt", "mibnight", "midniight", "artist:lanternz"):
        assert found(word) == both, word
    assert found("kakerü") == found("kakero") == {"file-0@0"}
    assert found("mxdnxgt") == set()  # three typos in seven letters
    assert found("yoaz") == set()  # too short for a typo
    assert both <= found("-midnigt")  # what is excluded is excluded as written


def test_hits_stand_by_how_well_they_match_unless_an_order_is_asked(
    catalogue: Catalogue, browser: Browser
) -> None:
    names = {
        "file-1@0": "night",
        "file-1@300000": "nightfall",
        "file-1@600000": "one night",
        "file-1@900000": "midnight",
    }
    for song_id, title in names.items():
        catalogue.songs.set_label(song_id, title, "somebody", "user")
    catalogue.songs.set_label("file-0@600000", "other", "night band", "user")
    listing = browser.search("night")
    assert listing.ranked
    assert [song.title for song in browser.songs(listing.numbers)] == [
        "night",
        "nightfall",
        "one night",
        "other",
        "midnight",
    ]
    assert list(browser.search("night").numbers) == list(listing.numbers)
    catalogue.songs.set_label("file-1@900000", "night", "somebody", "user")
    catalogue.songs.set_label("file-1@0", "late night", "somebody", "user")
    renamed = browser.songs(browser.search("night").numbers)
    assert renamed[0].id == "file-1@900000"
    ordered = browser.search("night sort:title+")
    assert not ordered.ranked
    assert browser.songs(ordered.numbers)[0].title == "late night"


def test_tags_and_streams_are_facets(catalogue: Catalogue, browser: Browser) -> None:
    catalogue.songs.set_tags("file-1@0", {"Ballad": 0.9, "Live": 0.2}, source="user")
    everything = browser.search("")
    assert {v.value: v.n_songs for v in browser.facet("tag", everything)} == {
        "Ballad": 2,
        "Live": 1,
    }
    assert {v.value: v.n_songs for v in browser.facet("stream", everything)} == {
        "歌枠 #0": 6,
        "歌枠 #1": 6,
    }


def test_signs_of_like_patterns_and_quotes_are_only_text(found: Found) -> None:
    wanted = {"file-0@1500000", "file-1@1500000"}
    assert (
        found('"%"') == found('"_"') == found('"0% \\"l"') == found('title:"\\"love\\""') == wanted
    )


def test_a_word_does_not_match_across_two_fields(found: Found) -> None:
    assert found('"るyoa"') == set()


def test_fields_numbers_marks_and_dates_narrow_the_search(found: Found) -> None:
    assert found("grade:like") == {"file-0@0"}
    assert found("grade:dislike,like stars:5") == {"file-0@0"}
    assert found("grade!=none") == {"file-0@0", "file-0@300000"}
    assert found("stars>=4") == {"file-0@0"}
    assert found("tag:ballad") == found("tag=ballad") == {"file-0@600000"}
    assert found("label:unknown") == {"file-0@1200000", "file-1@1200000"}
    assert found("length>3:40") == {"file-0@1500000", "file-1@1500000"}
    assert found("length:3:00..3:05 singer:aki") == {"file-1@0"}
    assert found("year:2024 title:春") == found("date>2023 title:春") == {"file-1@300000"}
    assert found("date<2024 title:春") == {"file-0@300000"}
    assert found("date:2023-05-01 title:春") == {"file-0@300000"}
    assert len(found("added:today,-1h")) == 12
    assert found("added<-1d") == set()
    assert found("id:file-1 title:春") == {"file-1@300000"}
    assert found("artist=yoasobi singer!=mio") == {"file-1@0", "file-1@900000"}
    assert found("is:heard") == set()


def test_not_or_and_brackets_are_combined(found: Found) -> None:
    assert len(found("-夜")) == 8
    assert found("singer:aki (春 | parade)") == {"file-1@300000", "file-1@600000"}
    assert found("singer:aki -(春 | parade | 夜)") == {"file-1@1200000", "file-1@1500000"}


def test_songs_come_in_the_order_asked_with_the_unknown_last(browser: Browser) -> None:
    titles = [song.title for song in browser.songs(browser.search("sort:title").numbers)]
    assert titles == [*sorted(title for title in titles if title), "", ""]
    stars = [song.stars for song in browser.songs(browser.search("sort:stars+ limit:2").numbers)]
    assert stars == [5, None]


def test_copies_of_a_song_are_shown_once_with_their_number(browser: Browser) -> None:
    listing = browser.search("夜に駆ける", grouped=True)
    assert len(listing) == 1
    assert listing.copies is not None
    assert listing.copies.tolist() == [4]
    # Songs without a name are not copies of each other.
    assert len(browser.search("label:unknown", grouped=True)) == 2


def test_a_song_tells_how_often_it_was_sung_also_outside_of_the_search(browser: Browser) -> None:
    one = browser.search("夜に駆ける limit:1").numbers
    assert browser.performances(one).tolist() == [4]
    assert browser.performances(browser.search("label:unknown").numbers).tolist() == [1, 1]
    assert browser.performances([]).tolist() == []


def test_a_change_by_somebody_else_is_seen_at_the_next_search(
    catalogue: Catalogue, browser: Browser, found: Found
) -> None:
    assert found("アイドル") == set()
    before = browser.version()
    assert browser.version() == before
    catalogue.songs.set_label("file-1@0", "アイドル", "YOASOBI", "user")
    assert browser.version() != before
    assert found("アイドル") == {"file-1@0"}
    catalogue.songs.drop("file-1@0")
    assert found("アイドル") == set()


def test_values_for_completion_come_with_counts_the_best_start_first(browser: Browser) -> None:
    assert browser.values("singer", "m") == [("Mio", "6")]
    assert browser.values("tag", "") == [("Ballad", "1")]
    assert browser.values("artist", "yoa") == [("YOASOBI", "4")]


def test_facets_count_what_is_listed(browser: Browser) -> None:
    everything = browser.search("")
    assert [(v.value, v.n_songs) for v in browser.facet("singer", everything)] == [
        ("Aki", 6),
        ("Mio", 6),
    ]
    some = browser.search("夜 | 春")
    assert {v.value: v.n_songs for v in browser.facet("artist", some)} == {
        "YOASOBI": 4,
        "水曜日の猫": 2,
    }
    assert {v.value: v.n_songs for v in browser.facet("grade", some)} == {
        "none": 4,
        "like": 1,
        "dislike": 1,
    }
    assert {v.value: v.n_songs for v in browser.facet("year", some)} == {"2023": 3, "2024": 3}


def test_searches_from_many_threads_agree(browser: Browser) -> None:
    results: list[int] = []

    def look() -> None:
        for _ in range(20):
            results.append(len(browser.search("夜")))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [4] * 80


def test_a_query_keeps_its_meaning_when_time_goes_on(browser: Browser) -> None:
    query = parse("added:-1h", now=time.time())
    assert len(browser.search(query)) == 12


def test_orders_read_ahead_are_those_of_a_search_and_are_dropped_when_somebody_writes(
    catalogue: Catalogue,
) -> None:
    fill(catalogue, 60, now=1_700_000_000.0)
    asked, ahead = (Browser(catalogue, catalogue.engine) for _ in range(2))
    ahead.prepare()
    for name, field in FIELDS.items():
        if field.sort is not None:
            found, known = asked.search(f"sort:{name}"), ahead.search(f"sort:{name}")
            assert known.numbers.tolist() == found.numbers.tolist(), name
    last = ahead.songs(ahead.search("sort:title").numbers[-1:])[0]
    catalogue.songs.set_label(last.id, "!", "", "user")
    first = ahead.songs(ahead.search("sort:title").numbers[:1])[0]
    assert first.id == last.id
    asked.close()
    ahead.close()
