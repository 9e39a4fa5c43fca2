"""Karaoke backings: the accompaniment as a file with the song's tags and cover."""

from pathlib import Path

import numpy as np
import pytest

from tests.fixtures.song_with_stems import RATE, jpeg
from tests.fixtures.song_with_stems import song as song
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Song
from utawaku.library.tags import read_cover, read_tags
from utawaku.media.decode import load
from utawaku.workflows.backings import BACKING_TAG, write_backing
from utawaku.workflows.song_tags import SONG_ID_TAG


def test_it_is_the_accompaniment_with_the_songs_tags_and_cover(
    song: Song, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    path = write_backing(song, catalogue, settings, tmp_path / "out")
    assert path.parent == tmp_path / "out"
    assert "/" not in path.name
    assert path.name.endswith("(instrumental).flac")
    samples, rate = load(path)
    assert rate == RATE
    stem, _ = load(settings.library_root / "Streams/stems/a.flac")
    np.testing.assert_array_equal(samples, stem)  # FLAC loses nothing
    tags = read_tags(path)
    assert tags.title == "夜/に (instrumental)"
    assert (tags.artist, tags.album) == ("Mio", "金曜の歌枠")
    assert tags.extra[BACKING_TAG] == song.id
    assert SONG_ID_TAG not in tags.extra
    assert tags.replaygain_gain_db is not None
    assert read_cover(path) == jpeg()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_the_same_song_again_replaces_it_and_another_file_stays(
    song: Song, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    first = write_backing(song, catalogue, settings, tmp_path)
    assert write_backing(song, catalogue, settings, tmp_path) == first
    first.write_bytes(b"somebody else's")
    other = write_backing(song, catalogue, settings, tmp_path)
    assert other != first
    assert first.read_bytes() == b"somebody else's"


def test_stems_of_a_song_that_was_cut_since_are_not_written(
    song: Song, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    catalogue.songs.set_span(song.id, 1.0, 6.0)
    with pytest.raises(NotFoundError, match="boundaries were moved"):
        write_backing(catalogue.songs.get(song.id), catalogue, settings, tmp_path)
    assert list(tmp_path.glob("*.flac")) == []


def test_a_song_without_stems_says_how_to_get_them(
    song: Song, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    (settings.library_root / "Streams/stems/a.flac").unlink()
    with pytest.raises(NotFoundError, match="no stems") as missing:
        write_backing(song, catalogue, settings, tmp_path)
    assert "utawaku separate" in missing.value.next_step
