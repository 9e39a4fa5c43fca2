"""A title in kana is found however it is typed, in new catalogues and in old ones."""

import sqlite3

import pytest

from tests.library.older_catalogue import downgraded
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import SongSpan, Stream
from utawaku.library.romanize import variants


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ヨルニ", ("よるに", "yoruni")),
        ("とうきょう", ("トウキョウ", "toukyou", "tokyo")),
        ("ギター", ("ぎたー", "gita", "gitaa")),
        ("チェリー", ("ちぇりー", "cheri", "cherii")),
        ("マッチ", ("まっち", "macchi", "matchi")),
        ("デュエット", ("でゅえっと", "dyuetto")),
        (
            "シェルティとジェット!",
            ("しぇるてぃとじぇっと!", "シェルティトジェット!", "sherutitojetto!"),
        ),
        ("あっ", ("アッ", "a")),
        ("夜のうた", ("夜ノウタ",)),
        ("桜のうた", ("桜ノウタ", "樱のうた")),
        ("紅蓮華", ("红莲华",)),
        ("後來", ("后来",)),
        ("红莲华", ()),
        ("Paper Boats", ()),
        ("夜明", ()),
        ("", ()),
    ],
)
def test_a_text_is_written_in_its_other_scripts(text: str, expected: tuple[str, ...]) -> None:
    assert variants(text) == expected


def found(catalogue: Catalogue, text: str) -> list[str]:
    """Ids of the songs that a search finds."""
    return [song.id for song in catalogue.browser.songs(catalogue.browser.search(text).numbers)]


def named_song(catalogue: Catalogue, title: str, artist: str) -> str:
    catalogue.streams.save(Stream("file-1", "/x.opus", duration_s=600))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 10, 200, "smart", 1)], made_by="x")
    (song,) = catalogue.songs.of_stream("file-1")
    catalogue.songs.set_label(song.id, title, artist, "user")
    return song.id


@pytest.mark.parametrize("text", ["yoruni", "よる", "ヨルニ", "mio", "みお", "yo"])
def test_a_search_finds_what_the_user_named_in_kana(catalogue: Catalogue, text: str) -> None:
    song_id = named_song(catalogue, "ヨルニ", "みお")
    assert found(catalogue, text) == [song_id]


@pytest.mark.parametrize("title", ["紅蓮華", "红莲华"])
@pytest.mark.parametrize("text", ["紅蓮華", "红莲华", "紅蓮", "莲"])
def test_characters_are_found_however_they_are_simplified(
    catalogue: Catalogue, title: str, text: str
) -> None:
    song_id = named_song(catalogue, title, "みお")
    assert found(catalogue, text) == [song_id]


@pytest.mark.sqlite
def test_an_older_catalogue_is_upgraded_and_searched_alike(settings: Settings) -> None:
    opened = Catalogue.open(settings)
    song_id = named_song(opened, "ヨルニ", "みお")
    downgraded(opened, "0002")  # as the last release wrote it
    opened.close()
    database = settings.data_dir / "catalogue.db"
    with sqlite3.connect(database) as raw:
        columns = {row[1] for row in raw.execute("PRAGMA table_info(song_search)")}
        assert "aliases" not in columns
        rows = raw.execute("SELECT rowid FROM song_fts WHERE song_fts MATCH '\"ヨルニ\"'")
        assert len(rows.fetchall()) == 1
    again = Catalogue.open(settings)
    for text in ("yoruni", "ヨルニ", "yo", "alias:mio"):
        assert found(again, text) == [song_id], text
    assert again.channels.entries("nobody") == []
    again.close()


def test_texts_of_an_older_catalogue_lose_their_accents_for_searches(settings: Settings) -> None:
    opened = Catalogue.open(settings)
    song_id = named_song(opened, "Café Noël", "みお")
    downgraded(opened, "0007", "UPDATE song_search SET title = 'café noël'")  # as it wrote them
    opened.close()
    again = Catalogue.open(settings)
    for text in ("cafe", "café", "title:noel", "みお"):
        assert found(again, text) == [song_id], text
    assert again.songs.get(song_id).title == "Café Noël"
    again.close()


def test_songs_of_an_older_catalogue_get_the_spellings_of_today(settings: Settings) -> None:
    opened = Catalogue.open(settings)
    song_id = named_song(opened, "紅蓮華", "チェリー")
    downgraded(
        opened,
        "0018",  # as it wrote them
        "UPDATE song_search SET aliases = 'ちぇりー\nchieri', everything = '紅蓮華\nちぇりー'",
    )
    opened.close()
    again = Catalogue.open(settings)
    for text in ("红莲华", "cheri", "チェリー", "alias:红莲", "紅蓮華"):
        assert found(again, text) == [song_id], text
    again.close()
