"""Saved searches as playlist files."""

from pathlib import Path

import pytest

from benchmarks.fake_catalogue import fill
from utawaku.library import static_playlists
from utawaku.library.catalogue import Catalogue
from utawaku.library.smart_playlists import refresh_smart, smart_file


@pytest.fixture
def songs(catalogue: Catalogue) -> list[str]:
    """Ids of three songs with files; the first is liked."""
    fill(catalogue, 10)
    found = [song.id for song in catalogue.songs.select()[:3]]
    for n, song_id in enumerate(found):
        catalogue.songs.set_file(song_id, {"file_path": f"Songs/mio/{n}.opus"})
        catalogue.grades.give(song_id, grade=1 if n == 0 else -1)
    return found


def entries(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]


def test_a_saved_search_is_a_playlist_that_fills_itself(
    tmp_path: Path, catalogue: Catalogue, songs: list[str]
) -> None:
    catalogue.saved_queries.save("夜 / best", "grade:like is:cut")
    assert refresh_smart(tmp_path, catalogue) == 1
    path = smart_file(tmp_path, "夜 / best")
    assert path.parent == tmp_path / "Playlists" / "Smart"
    assert path.read_text("utf-8").startswith(
        "#EXTM3U\n#UTAWAKU-SEARCH:grade:like is:cut\n#PLAYLIST:夜 / best\n"
    )
    assert entries(path) == ["../../Songs/mio/0.opus"]
    assert refresh_smart(tmp_path, catalogue) == 0  # nothing changed: no player reads it again
    catalogue.grades.give(songs[2], grade=1)
    assert refresh_smart(tmp_path, catalogue) == 1
    assert sorted(entries(path)) == ["../../Songs/mio/0.opus", "../../Songs/mio/2.opus"]


def test_the_file_goes_with_its_search_and_files_of_others_stay(
    tmp_path: Path, catalogue: Catalogue, songs: list[str]
) -> None:
    catalogue.saved_queries.save("best", "grade:like")
    refresh_smart(tmp_path, catalogue)
    path = smart_file(tmp_path, "best")
    other = path.with_name("other.m3u8")
    other.write_text("#EXTM3U\n../../Songs/mio/1.opus\n", "utf-8")
    catalogue.saved_queries.delete("best")
    assert refresh_smart(tmp_path, catalogue) == 1
    assert not path.exists()
    assert other.exists()
    assert static_playlists.names(tmp_path) == []  # no playlist that one puts songs on
