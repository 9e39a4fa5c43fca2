"""Files that appear in a folder are taken in once they have stopped growing."""

import json
import time
from pathlib import Path

import dagster as dg
import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.orchestration.resources import LibraryResource
from utawaku.sensors.watch_folder import look_into, watch_folder


def targets(catalogue: Catalogue) -> list[str]:
    return sorted(Path(request.target).name for request in catalogue.requests.recent())


def test_a_file_is_asked_for_once_and_only_when_it_has_settled(
    catalogue: Catalogue, folder: Path
) -> None:
    file = folder / "evening.mkv"
    file.write_bytes(b"beginning")
    now = time.time()
    known, n = look_into(folder, {}, 20, now, catalogue)
    assert n == 0
    with file.open("ab") as growing:
        growing.write(b"more")
    known, n = look_into(folder, known, 20, now + 30, catalogue)
    assert n == 0  # it has grown: the wait begins anew
    known, n = look_into(folder, known, 20, now + 40, catalogue)
    assert n == 0
    known, n = look_into(folder, known, 20, now + 51, catalogue)
    assert n == 1
    known, n = look_into(folder, known, 20, now + 99, catalogue)
    assert n == 0
    assert targets(catalogue) == ["evening.mkv"]


def test_unfinished_hidden_empty_and_foreign_files_are_left_alone(
    catalogue: Catalogue, folder: Path
) -> None:
    for name in ("a.mkv.part", ".hidden.mkv", "~temp.mkv", "note.txt", "b.MKV"):
        (folder / name).write_bytes(b"x")
    (folder / "empty.mp3").touch()
    (folder / ".trash").mkdir()
    (folder / ".trash" / "c.mkv").write_bytes(b"x")
    (folder / "sub").mkdir()
    (folder / "sub" / "d.opus").write_bytes(b"x")
    now = time.time()
    known, _ = look_into(folder, {}, 5, now, catalogue)
    look_into(folder, known, 5, now + 6, catalogue)
    assert targets(catalogue) == ["b.MKV", "d.opus"]


def test_a_clock_set_back_only_begins_the_wait_anew(catalogue: Catalogue, folder: Path) -> None:
    (folder / "a.mkv").write_bytes(b"x")
    now = time.time()
    known, _ = look_into(folder, {}, 5, now + 1e8, catalogue)
    known, n = look_into(folder, known, 5, now, catalogue)
    assert n == 0
    _, n = look_into(folder, known, 5, now + 6, catalogue)
    assert n == 1


def test_the_sensor_keeps_its_cursor_while_the_drive_is_away(
    catalogue: Catalogue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_FOLLOW__WATCH_FOLDER", str(folder))
    (folder / "a.mkv").write_bytes(b"x")

    def tick(cursor: str | None) -> dg.SensorResult:
        resources = {"library": LibraryResource()}
        with dg.build_sensor_context(cursor=cursor, resources=resources) as context:
            result = watch_folder(context)
        assert isinstance(result, dg.SensorResult)
        return result

    first = tick(None)
    assert list(json.loads(first.cursor or "")) == [str(folder / "a.mkv")]
    folder.rename(folder.with_name("away"))
    assert tick(first.cursor).cursor == first.cursor
    assert tick("{broken").skip_reason is not None
