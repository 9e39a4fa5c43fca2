"""Atomic writes, moves and the trash."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from utawaku.library.errors import LibraryFileError, NotFoundError
from utawaku.library.files import (
    atomic_path,
    empty_trash,
    list_trash,
    move,
    remove_stale_temporaries,
    restore,
    temporary_path,
    trash,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def other_device(tmp_path: Path):
    folder = Path("/dev/shm")
    if not folder.is_dir() or folder.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    path = Path(tempfile.mkdtemp(dir=folder))
    yield path
    shutil.rmtree(path)


def test_a_write_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "song.mp3"
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"half")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.suffix == ".mp3"
        temporary.write_bytes(b"whole")
    assert target.read_bytes() == b"whole"
    assert names(target.parent) == ["song.mp3"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    target = tmp_path / "song.mp3"
    target.write_bytes(b"old")

    def break_off() -> None:
        with atomic_path(target) as temporary:
            temporary.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        break_off()
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["song.mp3"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permission bits")
@pytest.mark.parametrize("name", ["", "folder", "file/below"])
def test_what_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    target = tmp_path / name
    with pytest.raises((IsADirectoryError, FileExistsError)) as refused, atomic_path(target):
        pytest.fail("the block began")
    assert str(refused.value.filename) in (str(target), str(target.parent))
    assert names(tmp_path) == ["file", "folder"]


def test_permissions_follow_the_mode_the_old_file_or_the_umask(tmp_path: Path) -> None:
    secret, kept = tmp_path / "secret", tmp_path / "kept"
    with atomic_path(secret, mode=0o600) as temporary:
        assert temporary.stat().st_mode & 0o777 == 0o600
    assert secret.stat().st_mode & 0o777 == 0o600
    kept.touch(mode=0o600)
    kept.chmod(0o640)
    with atomic_path(kept) as temporary:
        temporary.write_text("x")
    assert kept.stat().st_mode & 0o777 == 0o640


def test_a_name_of_255_bytes_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("歌" * 83 + ".opus")
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"x")
    assert target.read_bytes() == b"x"


def test_what_a_killed_process_left_is_swept_and_a_running_one_is_not(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from utawaku.library.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as t:\n"
        "    t.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a" / "x.mp3")], cwd=root)
    mine = temporary_path(tmp_path / "b.mp3")
    mine.touch()
    (left,) = (tmp_path / "a").iterdir()
    assert remove_stale_temporaries(tmp_path) == [left]
    assert mine.exists()
    assert remove_stale_temporaries(tmp_path, older_than_s=-1) == [mine]


def test_a_move_never_overwrites(tmp_path: Path) -> None:
    target = tmp_path / "out" / "song.mp3"
    places = []
    for text in ("a", "b", "c"):
        source = tmp_path / f"{text}.mp3"
        source.write_text(text)
        places.append(move(source, target))
        assert not source.exists()
    assert [p.name for p in places] == ["song.mp3", "song (2).mp3", "song (3).mp3"]
    assert [p.read_text() for p in places] == ["a", "b", "c"]


def test_many_movers_to_one_name_lose_nothing(tmp_path: Path) -> None:
    sources = [tmp_path / f"{i}" for i in range(40)]
    for source in sources:
        source.write_text(source.name)
    with ThreadPoolExecutor(8) as pool:
        places = list(pool.map(lambda s: move(s, tmp_path / "out" / "x.mp3"), sources))
    assert sorted(int(p.read_text()) for p in places) == list(range(40))


def test_a_move_of_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        move(tmp_path / "no", tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_a_move_onto_itself_does_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("a")
    assert move(path, path) == path
    assert names(tmp_path) == ["a"]


def test_a_move_to_a_hard_link_of_itself_keeps_both_names(tmp_path: Path) -> None:
    path, twin = tmp_path / "a", tmp_path / "b"
    path.write_text("a")
    os.link(path, twin)
    move(path, twin)
    assert path.read_text() == twin.read_text() == "a"


def test_a_folder_moves_to_a_free_name_and_not_into_itself(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "x").write_text("x")
    (tmp_path / "b").mkdir()
    with pytest.raises(LibraryFileError):
        move(folder, folder / "deep" / "b")
    assert move(folder, tmp_path / "b") == tmp_path / "b (2)"
    assert (tmp_path / "b (2)" / "deep" / "x").read_text() == "x"


def test_a_move_across_file_systems_keeps_content_and_time(
    tmp_path: Path, other_device: Path
) -> None:
    source = other_device / "a.mp3"
    source.write_bytes(bytes(range(256)) * 4096)
    os.utime(source, (1_000_000_000, 1_000_000_000))
    (tmp_path / "a.mp3").write_text("taken")
    placed = move(source, tmp_path / "a.mp3")
    assert placed.name == "a (2).mp3"
    assert placed.read_bytes() == bytes(range(256)) * 4096
    assert placed.stat().st_mtime == 1_000_000_000
    assert not source.exists()
    assert names(tmp_path) == ["a (2).mp3", "a.mp3"]


def test_a_folder_moves_across_file_systems(tmp_path: Path, other_device: Path) -> None:
    (other_device / "f" / "g").mkdir(parents=True)
    (other_device / "f" / "g" / "x").write_text("x")
    placed = move(other_device / "f", tmp_path / "f")
    assert (placed / "g" / "x").read_text() == "x"
    assert not (other_device / "f").exists()


def test_trash_and_restore_are_inverse(tmp_path: Path) -> None:
    song = tmp_path / "Songs" / "Ch" / "歌.mp3"
    song.parent.mkdir(parents=True)
    song.write_text("la")
    trashed = trash(song, tmp_path)
    assert not song.exists()
    assert trashed.read_text() == "la"
    (entry,) = list_trash(tmp_path)
    assert (entry.path, str(entry.original)) == (trashed, "Songs/Ch/歌.mp3")
    assert restore(trashed, tmp_path) == song
    assert song.read_text() == "la"
    assert list_trash(tmp_path) == []
    assert names(tmp_path / ".trash") == []


def test_a_restore_does_not_overwrite_what_came_since(tmp_path: Path) -> None:
    song = tmp_path / "a.mp3"
    song.write_text("old")
    trashed = trash(song, tmp_path)
    song.write_text("new")
    assert restore(trashed, tmp_path) == tmp_path / "a (2).mp3"
    assert song.read_text() == "new"


def test_a_folder_and_a_file_called_like_the_record_can_be_trashed(tmp_path: Path) -> None:
    folder = tmp_path / "Streams" / "x"
    folder.mkdir(parents=True)
    (folder / "trashed.json").write_text("mine")
    for thing in (folder / "trashed.json", folder):
        back = restore(trash(thing, tmp_path), tmp_path)
        assert back == thing
    assert (folder / "trashed.json").read_text() == "mine"


def test_only_what_is_inside_the_library_can_be_trashed(tmp_path: Path) -> None:
    root = tmp_path / "library"
    root.mkdir()
    outside = tmp_path / "outside"
    outside.write_text("x")
    inside = root / "a"
    inside.write_text("a")
    trashed = trash(inside, root)
    for path in (outside, root, root / ".." / "outside", trashed, root / ".trash"):
        with pytest.raises(LibraryFileError):
            trash(path, root)
    with pytest.raises(NotFoundError):
        trash(root / "missing", root)
    assert outside.exists()


def test_a_forged_record_cannot_restore_outside_the_library(tmp_path: Path) -> None:
    root = tmp_path / "library"
    root.mkdir()
    (root / "a").write_text("a")
    trashed = trash(root / "a", root)
    record = trashed.parent / "trashed.json"
    for original in ("../../evil", "/etc/evil", ""):
        record.write_text(
            json.dumps({"original": original, "trashed_at": "2026-01-01T00:00:00+00:00"})
        )
        with pytest.raises(LibraryFileError):
            restore(trashed, root)
    assert trashed.read_text() == "a"


def test_emptying_the_trash_spares_what_is_young(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    trash(tmp_path / "a", tmp_path)
    assert empty_trash(tmp_path, older_than_days=1) == 0
    assert empty_trash(tmp_path) == 1
    assert list_trash(tmp_path) == []
