"""Playlists of the user, as files that other players read."""

from pathlib import Path

import pytest

from benchmarks.fake_catalogue import fill
from utawaku.library import static_playlists
from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import LibraryFileError, NotFoundError
from utawaku.library.records import Song


@pytest.fixture
def songs(catalogue: Catalogue) -> list[Song]:
    """Three songs with files."""
    fill(catalogue, 10)
    found = catalogue.songs.select()[:3]
    for n, song in enumerate(found):
        catalogue.songs.set_file(song.id, {"file_path": f"Songs/mio/{n} #1.opus"})
    return [catalogue.songs.get(song.id) for song in found]


def test_a_playlist_is_a_file_beside_the_songs_that_any_player_reads(
    tmp_path: Path, catalogue: Catalogue, songs: list[Song]
) -> None:
    path = static_playlists.save(tmp_path, "夜 / night", songs[:2])
    assert path.parent == tmp_path / "Playlists"
    text = path.read_text("utf-8")
    assert text.startswith("#EXTM3U\n#PLAYLIST:夜 / night\n")
    entries = [line for line in text.splitlines() if not line.startswith("#")]
    assert entries == ["../Songs/mio/0 #1.opus", "../Songs/mio/1 #1.opus"]
    (name,) = static_playlists.names(tmp_path)
    assert static_playlists.song_ids(tmp_path, name, catalogue) == [s.id for s in songs[:2]]


def test_songs_are_added_once_and_those_without_a_file_left_out(
    tmp_path: Path, catalogue: Catalogue, songs: list[Song]
) -> None:
    bare = catalogue.songs.select()[5]
    assert static_playlists.add(tmp_path, "mix", songs[:1]) == 1
    assert static_playlists.add(tmp_path, "mix", [*songs, bare]) == 2
    assert static_playlists.song_ids(tmp_path, "mix", catalogue) == [s.id for s in songs]
    with pytest.raises(LibraryFileError, match="has a file"):
        static_playlists.save(tmp_path, "none", [bare])


def test_paths_follow_renamed_files_and_other_entries_stay(
    tmp_path: Path, catalogue: Catalogue, songs: list[Song]
) -> None:
    path = static_playlists.save(tmp_path, "mix", songs[:2])
    with path.open("a", encoding="utf-8") as file:
        file.write("#EXTINF:3,Another\n/music/another.mp3\n../Songs/mio/2 #1.opus\n")
    assert static_playlists.refresh(tmp_path, catalogue) == 0
    catalogue.songs.set_file(songs[0].id, {"file_path": "Songs/mio/new name.opus"})
    assert static_playlists.refresh(tmp_path, catalogue) == 1
    text = path.read_text("utf-8")
    assert "../Songs/mio/new name.opus" in text
    assert "#EXTINF:3,Another\n/music/another.mp3" in text
    assert static_playlists.song_ids(tmp_path, "mix", catalogue) == [song.id for song in songs]


def test_a_hostile_name_stays_in_the_folder_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    path = static_playlists.file_of(tmp_path, "../../etc/passwd")
    assert path.parent == tmp_path / "Playlists"
    with pytest.raises(NotFoundError):
        static_playlists.delete(tmp_path, "nothing")
    assert static_playlists.names(tmp_path) == []
