"""Lyrics from the file, from its tags and from LRCLIB, at the wire."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.fake_catalogue import fill
from tests.servers.lrclib import LrclibSite
from tests.servers.media_site import Fault
from tests.tui.conftest import write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import LyricsError, SourceError
from utawaku.library.lrc import parse_lyrics
from utawaku.library.lyrics_files import keep_lyrics, lrc_path, move_lyrics, read_lyrics
from utawaku.library.records import Song
from utawaku.library.secret_url import SecretUrl
from utawaku.library.tags import SongTags, read_tags, write_tags
from utawaku.workflows.lyrics import file_of, find_lyrics

SYNCED = "[00:01.00]夜に\n[00:02.50]駆ける"


@pytest.fixture
def site() -> Iterator[LrclibSite]:
    with LrclibSite() as running:
        yield running
        assert running.faults == []


@pytest.fixture
def on(settings: Settings, site: LrclibSite) -> Settings:
    """Settings with LRCLIB switched on."""
    sources = settings.sources.model_copy(
        update={"lrclib": True, "lrclib_url": SecretUrl(site.address), "lrclib_per_minute": 6000.0,
                "contact": "me@example.org"}
    )  # fmt: skip
    return settings.model_copy(update={"sources": sources})


@pytest.fixture
def song(catalogue: Catalogue, settings: Settings) -> Song:
    """A named song with a file."""
    fill(catalogue, 5)
    one = catalogue.songs.select()[0]
    write_tone(settings.library_root / "Songs" / "one.wav", 440, 0.2)
    catalogue.songs.set_file(one.id, {"file_path": "Songs/one.wav"})
    catalogue.songs.set_span(one.id, 10.0, 271.0)
    catalogue.songs.set_label(one.id, "夜に駆ける", "YOASOBI", "user")
    return catalogue.songs.get(one.id)


def test_lyrics_with_times_are_found_kept_beside_the_song_and_in_its_tags(
    site: LrclibSite, on: Settings, catalogue: Catalogue, song: Song
) -> None:
    site.know("夜に駆ける", "Yoasobi", 261.0, syncedLyrics=SYNCED)
    lyrics, source = find_lyrics(song, catalogue, on)
    assert source == "LRCLIB"
    assert [line.text for line in lyrics.lines] == ["夜に", "駆ける"]
    path = file_of(song, on)
    assert "[00:02.50]駆ける" in lrc_path(path).read_text("utf-8")
    assert "[00:02.50]駆ける" in (read_tags(path).lyrics or "")
    n_asked = len(site.asked)
    assert find_lyrics(song, catalogue, on)[1] == "file"
    assert len(site.asked) == n_asked


def test_a_search_helps_where_the_cut_is_longer_than_the_record(
    site: LrclibSite, on: Settings, catalogue: Catalogue, song: Song
) -> None:
    site.know("夜に駆ける", "somebody else", 261.0, syncedLyrics="[00:01.00]wrong")
    site.know("夜に駆ける", "YOASOBI", 500.0, syncedLyrics="[00:01.00]another length")
    site.know("夜に駆ける", "YOASOBI", 256.5, syncedLyrics=SYNCED)
    lyrics, _source = find_lyrics(song, catalogue, on)
    assert lyrics.lines[0].text == "夜に"


def test_of_another_length_only_the_words_are_taken(
    site: LrclibSite, on: Settings, catalogue: Catalogue, song: Song
) -> None:
    site.know("夜に駆ける", "YOASOBI", 500.0, syncedLyrics=SYNCED)
    lyrics, _source = find_lyrics(song, catalogue, on)
    assert not lyrics.is_synced
    assert lyrics.plain == "夜に\n駆ける"


def test_a_song_is_found_by_its_other_spelling(
    site: LrclibSite, on: Settings, catalogue: Catalogue, song: Song
) -> None:
    catalogue.aliases.replace(song.id, "test", [("title", "Yoru ni Kakeru")])
    site.know("Yoru ni Kakeru", "YOASOBI", 261.0, syncedLyrics=SYNCED)
    assert find_lyrics(song, catalogue, on)[0].is_synced


def test_switched_off_nothing_is_asked_and_the_way_is_told(
    site: LrclibSite, settings: Settings, catalogue: Catalogue, song: Song
) -> None:
    with pytest.raises(LyricsError) as told:
        find_lyrics(song, catalogue, settings)
    assert "sources.lrclib" in told.value.next_step
    assert site.asked == []


@pytest.mark.parametrize("status", [429, 500])
def test_a_failing_service_is_told_and_costs_no_lyrics(
    site: LrclibSite, on: Settings, catalogue: Catalogue, song: Song, status: int
) -> None:
    site.trouble = [Fault(status=status)] * 4
    with pytest.raises(SourceError):
        find_lyrics(song, catalogue, on)
    assert not lrc_path(file_of(song, on)).exists()


@pytest.mark.parametrize(
    "lyrics", [{"syncedLyrics": 3}, {"plainLyrics": ["x"]}, {"instrumental": True}, {}]
)
def test_an_odd_record_gives_no_lyrics(
    site: LrclibSite, on: Settings, catalogue: Catalogue, song: Song, lyrics: dict[str, object]
) -> None:
    site.know("夜に駆ける", "YOASOBI", 261.0, **lyrics)
    with pytest.raises(LyricsError):
        find_lyrics(song, catalogue, on)


def test_times_go_before_plain_lyrics_wherever_they_lie(settings: Settings, song: Song) -> None:
    path = file_of(song, settings)
    assert read_lyrics(path) is None
    write_tags(path, SongTags(lyrics=SYNCED))
    lrc_path(path).write_text("plain words\n", "utf-8")
    found = read_lyrics(path)
    assert found is not None
    assert found.is_synced
    keep_lyrics(song, path, parse_lyrics("[00:07.00]now"))
    found = read_lyrics(path)
    assert found is not None
    assert found.lines[0].text == "now"


def test_lyrics_follow_a_song_whose_file_is_renamed(
    settings: Settings, song: Song, tmp_path: Path
) -> None:
    path = file_of(song, settings)
    keep_lyrics(song, path, parse_lyrics(SYNCED))
    moved = path.with_name("another.wav")
    path.rename(moved)
    move_lyrics(path, moved)
    assert lrc_path(moved).exists()
    assert not lrc_path(path).exists()


def test_a_song_without_a_file_has_no_place_for_lyrics(
    settings: Settings, catalogue: Catalogue, song: Song
) -> None:
    with pytest.raises(LyricsError, match="no file"):
        find_lyrics(replace(song, file_path=""), catalogue, settings)
