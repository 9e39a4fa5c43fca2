"""Words of a command line: which are files, and which are a search."""

from pathlib import Path

import pytest

from utawaku.library.errors import NotFoundError
from utawaku.workflows.file_highlights import files_in
from utawaku.workflows.file_playlists import split_words


def test_words_are_files_where_there_are_such_or_they_end_like_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here").touch()
    words = ["grade:like", "here", "gone.mp3", "title:a.mp3", "limit:20", "x" * 5_000]
    assert split_words(words) == (
        [Path("here"), Path("gone.mp3")],
        f"grade:like title:a.mp3 limit:20 {'x' * 5_000}",
    )
    assert split_words([""]) == ([], "")


def test_a_folder_without_songs_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no audio or video file"):
        files_in([tmp_path])


def test_a_file_given_twice_is_taken_once_and_what_is_written_is_left_out(tmp_path: Path) -> None:
    for name in ("a.mp3", "mix.m4a", "mix.clips/1.mp3"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"sound")
    own = [tmp_path / "mix.m4a", tmp_path / "mix.clips"]
    assert files_in([tmp_path, tmp_path / "a.mp3"], without=own) == [tmp_path / "a.mp3"]
