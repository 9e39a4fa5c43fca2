"""Folders and tags of songs make one album a stream, by the rules that music servers document."""

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, TagSettings
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.workflows.song_files import song_path
from utawaku.workflows.song_tags import tags_for

STREAMS = (
    ("a", "歌枠", "2026-11-01"),
    ("b", "歌枠", "2026-11-08"),
    ("c", "弾き語り", "2026-11-08"),
)
"""Two of one title, and two of one day."""
Sung = list[tuple[Stream, Song]]


@pytest.fixture
def sung(catalogue: Catalogue) -> Sung:
    """Three streams of one channel, with two songs each."""
    found = []
    for stream_id, title, day in STREAMS:
        stream = catalogue.streams.save(
            Stream(stream_id, f"https://y/{stream_id}", title, channel="Mio", uploaded_on=day)
        )
        spans = [SongSpan(n, 300.0 * n, 300.0 * n + 200, "smart", 1.0) for n in range(2)]
        catalogue.songs.reconcile(stream_id, spans, made_by="x")
        for song in catalogue.songs.of_stream(stream_id):
            catalogue.songs.set_label(song.id, "夜に駆ける", "YOASOBI", "shazam")
        found += [(stream, song) for song in catalogue.songs.of_stream(stream_id)]
    return found


def albums(sung: Sung, catalogue: Catalogue, settings: Settings) -> set[tuple[str | None, ...]]:
    """Albums by album artist and album, as Navidrome and clients of MPD make them."""
    made = [
        tags_for(song, stream, 2, catalogue, album=settings.tags.album) for stream, song in sung
    ]
    return {(tags.album_artist, tags.album) for tags in made}


def test_each_folder_holds_one_album_and_each_album_lies_in_one_folder(
    sung: Sung, settings: Settings
) -> None:
    folders = {
        stream.id: {song_path(one, of, settings, "opus").parent for of, one in sung if of == stream}
        for stream, _song in sung
    }
    assert [len(found) for found in folders.values()] == [1, 1, 1]
    assert len(set.union(*folders.values())) == 3


def test_streams_of_one_title_are_one_album_by_tags_until_the_day_is_part_of_it(
    sung: Sung, catalogue: Catalogue, settings: Settings
) -> None:
    assert albums(sung, catalogue, settings) == {("Mio", "歌枠"), ("Mio", "弾き語り")}
    dated = settings.model_copy(update={"tags": TagSettings(album="dated")})
    assert albums(sung, catalogue, dated) == {
        ("Mio", "2026-11-01 歌枠"),
        ("Mio", "2026-11-08 歌枠"),
        ("Mio", "2026-11-08 弾き語り"),
    }
