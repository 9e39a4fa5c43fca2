"""Stems of songs: which songs are separated, and from which file."""

from pathlib import Path

import pytest

from tests.tui.conftest import write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import MediaError
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.workflows.stems import is_good_enough, source_of, stems_name, wanted_songs


@pytest.fixture
def songs(catalogue: Catalogue) -> list[Song]:
    """Three songs of one stream; the first is liked."""
    catalogue.streams.save(Stream("file-1", "/gone.wav", duration_s=900.0))
    spans = [SongSpan(i, 300.0 * i, 300.0 * i + 6.0, "smart", 0.9) for i in range(3)]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    catalogue.grades.give("file-1@0", grade=1)
    return catalogue.songs.of_stream("file-1")


def test_a_grade_or_a_taste_score_at_the_threshold_is_good_enough(
    songs: list[Song], monkeypatch: pytest.MonkeyPatch
) -> None:
    by_taste = load_settings()
    assert [is_good_enough(song, by_taste) for song in songs] == [False] * 3
    monkeypatch.setenv("UTAWAKU_STEMS__MIN_GRADE", "1")
    assert [is_good_enough(song, load_settings()) for song in songs] == [True, False, False]


def test_songs_that_are_asked_for_go_before_good_ones(
    catalogue: Catalogue, songs: list[Song], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_STEMS__MIN_GRADE", "1")
    stream, settings = catalogue.streams.get("file-1"), load_settings()
    asked = wanted_songs(stream, catalogue, settings, [songs[2].id, "file-1@gone"])
    assert [song.id for song in asked] == [songs[2].id]
    good = wanted_songs(stream, catalogue, settings, [])
    assert [song.id for song in good] == [songs[0].id]


def test_the_songs_own_file_is_used_only_while_it_has_the_songs_span(
    catalogue: Catalogue, settings: Settings, songs: list[Song], tmp_path: Path
) -> None:
    recording = write_tone(tmp_path / "evening.wav", 440.0, 2.0)
    stream = catalogue.streams.save(
        Stream("file-1", str(recording), duration_s=900.0, recording_path=str(recording))
    )
    own = write_tone(settings.library_root / "Songs/1.wav", 440.0, 6.0)
    values = {"file_path": "Songs/1.wav", "file_start_s": 300.0, "file_stop_s": 306.0}
    catalogue.songs.set_file(songs[1].id, values)
    song = catalogue.songs.get(songs[1].id)
    assert source_of(song, stream, settings) == (own, 0.0, None)
    catalogue.songs.set_file(song.id, values | {"file_stop_s": 299.0})
    song = catalogue.songs.get(song.id)
    assert source_of(song, stream, settings) == (recording, 300.0, 306.0)
    recording.unlink()
    with pytest.raises(MediaError):
        source_of(song, stream, settings)


def test_stems_keep_their_name_when_the_song_is_renamed(
    catalogue: Catalogue, songs: list[Song]
) -> None:
    before = stems_name(songs[1], "builtin")
    catalogue.songs.set_label(songs[1].id, "夜", "Mio", "user")
    assert stems_name(catalogue.songs.get(songs[1].id), "builtin") == before
