"""Files of songs: cut where they are due, named by the template, put away when dropped."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.media.test_cut_video import film_with
from tests.tui.conftest import write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.library.tags import read_cover, read_tags
from utawaku.workflows.song_files import (
    Counts,
    SongCutter,
    any_due,
    file_away,
    free_path,
    holds_span,
    length_is_right,
    put_away,
    song_path,
)
from utawaku.workflows.song_tags import SONG_ID_TAG


@pytest.fixture
def stream(catalogue: Catalogue, tmp_path: Path) -> Stream:
    """A recording of 20 seconds with songs at 2 to 6 and 10 to 15 seconds."""
    recording = write_tone(tmp_path / "evening.wav", 440.0, 20.0)
    made = catalogue.streams.save(
        Stream(
            "file-1", str(recording), "歌枠", channel="Mio", uploaded_on="2026-11-01",
            duration_s=20.0, recording_path=str(recording),
        )
    )  # fmt: skip
    spans = [SongSpan(0, 2.0, 6.0, "smart", 0.9), SongSpan(1, 10.0, 15.0, "smart", 0.9)]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    return made


def cut(stream: Stream, catalogue: Catalogue, settings: Settings) -> Counts:
    counts = Counts()
    SongCutter(stream, catalogue, settings, counts).cut_all(catalogue.songs.of_stream(stream.id))
    return counts


def songs_of(catalogue: Catalogue) -> list[Song]:
    return catalogue.songs.of_stream("file-1")


def test_songs_are_cut_once_and_again_where_they_moved(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    assert any_due(stream, catalogue, settings)
    assert cut(stream, catalogue, settings).n_cut == 2
    assert not any_due(stream, catalogue, settings)
    songs = songs_of(catalogue)
    assert all(holds_span(song) and length_is_right(song, settings) for song in songs)
    for song in songs:
        tags = read_tags(settings.library_root / song.file_path)
        assert tags.extra[SONG_ID_TAG] == song.id
    spans = [SongSpan(0, 2.0, 7.0, "smart", 0.9), SongSpan(1, 10.0, 15.0, "smart", 0.9)]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    counts = cut(stream, catalogue, settings)
    assert (counts.n_cut, counts.n_untouched) == (1, 1)
    moved = songs_of(catalogue)[0]
    assert length_is_right(moved, settings)
    assert len([path for path in settings.songs_dir.rglob("*") if path.is_file()]) == 2


def test_a_damaged_thumbnail_is_one_notice_and_no_cover(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    thumbnail = settings.library_root / "Streams" / "thumbnail.webp"
    thumbnail.parent.mkdir(parents=True)
    thumbnail.write_bytes(b"RIFF of no picture")
    stream = catalogue.streams.save(replace(stream, thumbnail_path="Streams/thumbnail.webp"))
    counts = cut(stream, catalogue, settings)
    for song in songs_of(catalogue):
        file_away(song, stream, 2, catalogue, settings, counts)
    assert counts.n_cut == 2
    for song in songs_of(catalogue):
        path = settings.library_root / song.file_path
        assert read_tags(path).title
        assert read_cover(path) == b""
    (notice,) = [one for one in catalogue.notices.recent() if "thumbnail" in one.body]
    assert notice.stream_id == stream.id
    assert "JPEG" in notice.next_step


def test_a_file_that_was_deleted_is_due_again(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    cut(stream, catalogue, settings)
    (settings.library_root / songs_of(catalogue)[1].file_path).unlink()
    assert any_due(stream, catalogue, settings)
    assert cut(stream, catalogue, settings).n_cut == 1


def test_what_a_killed_run_left_half_made_goes_with_the_next_run(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    cut(stream, catalogue, settings)
    folder = song_path(songs_of(catalogue)[0], stream, settings, "flac").parent
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = folder / f".utawaku-{ended.pid}-0123abcd.part.opus"
    at_work = folder / f".utawaku-{os.getpid()}-0123abcd.part.opus"
    elsewhere = folder / "below" / left.name
    elsewhere.parent.mkdir()
    for path in (left, at_work, elsewhere):
        path.touch()
    cut(stream, catalogue, settings)
    assert not left.exists()
    assert at_work.exists(), "another program is at work on it"
    assert elsewhere.exists(), "a whole library is not walked for one stream"


def test_the_file_of_a_dropped_song_goes_to_the_trash_and_leaves_no_empty_folder(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    cut(stream, catalogue, settings)
    for song in songs_of(catalogue):
        file = settings.library_root / song.file_path
        put_away(song, catalogue, settings)
        assert not file.exists()
        assert catalogue.songs.get(song.id).file_path == ""
    assert list(settings.songs_dir.iterdir()) == []
    trashed = list(settings.library_root.rglob("*.flac"))
    assert len(trashed) == 2


def test_the_template_names_the_file_and_gets_an_ending(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    (song, _) = songs_of(catalogue)
    catalogue.songs.set_label(song.id, "夜/朝", "Mio", "user")
    song = catalogue.songs.get(song.id)
    changed = settings.model_copy(
        update={"cut": settings.cut.model_copy(update={"template": "{channel}/{track:02} {title}"})}
    )
    path = song_path(song, stream, changed, "opus")
    assert path.parent == settings.songs_dir / "Mio"
    assert path.suffix == ".opus"
    assert path.name.startswith("01 夜")


def test_a_name_of_another_song_gets_a_number_and_its_own_name_stays(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    cut(stream, catalogue, settings)
    first, second = songs_of(catalogue)
    file = settings.library_root / first.file_path
    assert free_path(file, first.id) == file
    assert free_path(file, second.id) not in (file, settings.library_root / second.file_path)


def test_a_song_whose_video_cannot_be_cut_is_filed_all_the_same_and_the_reason_is_told(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    # A recorder that started again: the picture's clock is the first one's twice.
    pieces = [film_with(tmp_path / f"{n}.mkv", n_pictures=50, seconds=5) for n in range(2)]
    recording = tmp_path / "film.mkv"
    recording.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    stream = catalogue.streams.save(
        Stream("file-1", str(recording), recording_path=str(recording), has_video=True)
    )
    spans = [SongSpan(0, 1.0, 4.0, "smart", 0.9), SongSpan(1, 6.0, 9.0, "smart", 0.9)]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    wanted = settings.model_copy(update={"cut": settings.cut.model_copy(update={"video": True})})
    assert cut(stream, catalogue, wanted).n_cut == 2
    first, second = songs_of(catalogue)
    assert first.video_path
    assert not second.video_path
    assert all(length_is_right(song, settings) for song in (first, second))
    (told,) = catalogue.notices.recent()
    assert told.title == "a song is filed without its video"
    assert "clock starts again" in told.body
    assert "disk" not in told.body
