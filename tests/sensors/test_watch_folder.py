"""Files that appear in a folder are taken in once they have stopped growing."""

import json
import os
import time
from pathlib import Path

import dagster as dg
import pytest

from tests.fixtures.pipeline import Pipeline
from tests.models.song_files import sound, write
from utawaku.jobs.ingest import resolve_source
from utawaku.library.catalogue import Catalogue
from utawaku.library.requests import Ingest
from utawaku.orchestration.resources import make_resources
from utawaku.sensors.watch_folder import scan_folder, watch_folder
from utawaku.workflows.recorder_pieces import Piece, evenings, series_of


def targets(catalogue: Catalogue) -> list[str]:
    return sorted(Path(request.target).name for request in catalogue.requests.recent())


def test_a_file_is_asked_for_once_and_only_when_it_has_settled(
    catalogue: Catalogue, folder: Path
) -> None:
    file = folder / "evening.mkv"
    file.write_bytes(b"beginning")
    now = time.time()
    known, n = scan_folder(folder, {}, 20, now, catalogue)
    assert n == 0
    with file.open("ab") as growing:
        growing.write(b"more")
    known, n = scan_folder(folder, known, 20, now + 30, catalogue)
    assert n == 0  # it has grown: the wait starts again
    known, n = scan_folder(folder, known, 20, now + 40, catalogue)
    assert n == 0
    known, n = scan_folder(folder, known, 20, now + 51, catalogue)
    assert n == 1
    known, n = scan_folder(folder, known, 20, now + 99, catalogue)
    assert n == 0
    assert targets(catalogue) == ["evening.mkv"]


def test_unfinished_hidden_empty_and_foreign_files_are_left_alone(
    catalogue: Catalogue, folder: Path
) -> None:
    for name in ("a.mkv.part", "a.temp.mkv", ".hidden.mkv", "~temp.mkv", "note.txt", "b.MKV"):
        (folder / name).write_bytes(b"x")
    (folder / "empty.mp3").touch()
    for name in (".trash", "#recycle", "$RECYCLE.BIN"):
        (folder / name).mkdir()
        (folder / name / "c.mkv").write_bytes(b"x")
    (folder / "sub").mkdir()
    (folder / "sub" / "d.opus").write_bytes(b"x")
    now = time.time()
    known, _ = scan_folder(folder, {}, 5, now, catalogue)
    scan_folder(folder, known, 5, now + 6, catalogue)
    assert targets(catalogue) == ["b.MKV", "d.opus"]


def test_a_clock_set_back_only_begins_the_wait_anew(catalogue: Catalogue, folder: Path) -> None:
    (folder / "a.mkv").write_bytes(b"x")
    now = time.time()
    known, _ = scan_folder(folder, {}, 5, now + 1e8, catalogue)
    known, n = scan_folder(folder, known, 5, now, catalogue)
    assert n == 0
    _, n = scan_folder(folder, known, 5, now + 6, catalogue)
    assert n == 1


def test_the_sensor_keeps_its_cursor_while_the_drive_is_away(
    catalogue: Catalogue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_WATCH__FOLDER", str(folder))
    (folder / "a.mkv").write_bytes(b"x")

    def tick(cursor: str | None) -> dg.SensorResult:
        resources = make_resources()
        with dg.build_sensor_context(cursor=cursor, resources=resources) as context:
            result = watch_folder(context)
        assert isinstance(result, dg.SensorResult)
        return result

    first = tick(None)
    assert list(json.loads(first.cursor or "")) == [str(folder / "a.mkv")]
    folder.rename(folder.with_name("away"))
    assert tick(first.cursor).cursor == first.cursor
    assert tick("{broken").skip_reason is not None


def pieces(folder: Path, now: float, *ends_s: float, name: str = "room-1_{:03}.flac") -> list[Path]:
    """Files of three seconds each that were closed so many seconds before `now`."""
    made = []
    for number, ended_s in enumerate(ends_s, 1):
        path = write(folder / name.format(number), sound(3.0, 8_000, 1, seed=number), 8_000, "flac")
        os.utime(path, (now - ended_s, now - ended_s))
        made.append(path)
    return made


def test_pieces_that_follow_each_other_are_one_request(catalogue: Catalogue, folder: Path) -> None:
    now = time.time()
    made = pieces(folder, now, 900, 880, 400)  # the third begins eight minutes later
    known, _ = scan_folder(folder, {}, 20, now, catalogue, join_gap_s=300)
    known, n = scan_folder(folder, known, 20, now + 30, catalogue, join_gap_s=300)
    assert n == 3
    asked = {request.target: dict(request.arguments) for request in catalogue.requests.recent()}
    assert asked == {
        str(made[0]): {"parts": [str(made[0]), str(made[1])]},
        str(made[2]): {},
    }
    _, n = scan_folder(folder, known, 20, now + 60, catalogue, join_gap_s=300)
    assert n == 0


def test_an_evening_that_may_go_on_is_waited_for(catalogue: Catalogue, folder: Path) -> None:
    now = time.time()
    made = pieces(folder, now, 100, 90)
    known, _ = scan_folder(folder, {}, 20, now, catalogue, join_gap_s=300)
    known, n = scan_folder(folder, known, 20, now + 30, catalogue, join_gap_s=300)
    assert n == 0
    third = folder / "room-1_003.flac"  # the recorder writes to it
    third.write_bytes(b"beginning")
    known, n = scan_folder(folder, known, 20, now + 250, catalogue, join_gap_s=300)
    assert n == 0
    third.unlink()
    known, n = scan_folder(folder, known, 20, now + 290, catalogue, join_gap_s=300)
    assert n == 2
    (request,) = catalogue.requests.recent()
    assert request.arguments == {"parts": [str(path) for path in made]}


def test_other_rooms_and_files_without_a_number_are_not_joined(
    catalogue: Catalogue, folder: Path
) -> None:
    now = time.time()
    pieces(folder, now, 900, name="mio {}.flac")
    pieces(folder, now, 896, name="rin {}.flac")
    pieces(folder, now, 892, name="evening.flac")
    known, _ = scan_folder(folder, {}, 20, now, catalogue, join_gap_s=300)
    _, n = scan_folder(folder, known, 20, now + 30, catalogue, join_gap_s=300)
    assert n == 3
    assert all(not request.arguments for request in catalogue.requests.recent())


def test_pieces_are_told_by_their_names_and_times() -> None:
    assert series_of("/a/录制-12-20261121-2312.flv") == series_of("/a/录制-12-20261122-0012.FLV")
    assert series_of("/a/x1.flv") != series_of("/b/x1.flv")
    assert series_of("/a/x.flv") == ""
    made = [Piece("b", 200.0), Piece("a", 100.0), Piece("c", 260.0), Piece("d", 270.0)]
    length_s = {"a": 50.0, "b": 90.0, "c": 200.0, "d": 0.0}.__getitem__
    groups = [[piece.path for piece in group] for group in evenings(made, 60.0, length_s)]
    # c was recorded beside b, and nobody knows when d began.
    assert groups == [["a", "b"], ["c"], ["d"]]


def test_the_pieces_of_one_request_become_one_stream(
    catalogue: Catalogue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_WATCH__FOLDER", str(folder))
    made = [str(path) for path in pieces(folder, time.time(), 900, 896)]
    request = catalogue.requests.file(Ingest(source=made[0], parts=made))
    catalogue.requests.claim(request.id)
    with dg.DagsterInstance.ephemeral() as instance:
        done = resolve_source.execute_in_process(
            run_config={"ops": {"resolve_requests": {"config": {"request_ids": [request.id]}}}},
            resources=make_resources(),
            instance=instance,
        )
    assert done.success
    (stream,) = catalogue.streams.all()
    assert stream.duration_s == 6.0
    assert catalogue.requests.get(request.id).state == "done"
    (asked,) = [one for one in catalogue.requests.recent() if one.kind == "ingest_stream"]
    assert asked.target == stream.id


def look_twice(folder: Path, catalogue: Catalogue, **options: bool) -> int:
    """Look at the folder when a file is new, and when it has settled; how many were asked for."""
    now = time.time()
    known, _ = scan_folder(folder, {}, 5, now, catalogue, **options)
    return scan_folder(folder, known, 5, now + 6, catalogue, **options)[1]


def test_a_name_that_is_no_utf_8_is_told_once_and_the_others_are_taken(
    catalogue: Catalogue, folder: Path
) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/b\xe9b\xe9.mkv")).write_bytes(b"x")
    for name in ("a.mkv", "c.mkv"):
        (folder / name).write_bytes(b"x")
    known: dict[str, list[float]] = {}
    now = time.time()
    for tick in range(5):
        known, _ = scan_folder(folder, known, 5, now + 6 * tick, catalogue)
        json.dumps(known).encode()  # the cursor can be kept
    assert targets(catalogue) == ["a.mkv", "c.mkv"]
    (notice,) = catalogue.notices.recent()
    assert r"b\xe9b\xe9.mkv: its name is no valid UTF-8" in notice.body
    catalogue.notices.mark_read()
    scan_folder(folder, {}, 5, now, catalogue)
    assert len(catalogue.notices.recent()) == 1, "not told again where the cursor is lost"


def test_what_was_asked_for_is_not_asked_for_again_whatever_the_cursor_says(
    catalogue: Catalogue, folder: Path
) -> None:
    file = folder / "a.mkv"
    file.write_bytes(b"x")
    assert look_twice(folder, catalogue) == 1
    (request,) = catalogue.requests.recent()
    for settle in ("queued", "running", "done"):
        assert catalogue.requests.get(request.id).state == settle
        assert look_twice(folder, catalogue) == 0
        if settle == "queued":
            catalogue.requests.claim(request.id)
        elif settle == "running":
            catalogue.requests.finish(request.id)
    file.write_bytes(b"another recording")
    assert look_twice(folder, catalogue) == 1
    assert len(catalogue.requests.recent()) == 2


def test_a_link_out_of_the_folder_is_followed_only_where_a_setting_says_so(
    catalogue: Catalogue, folder: Path
) -> None:
    outside = folder.with_name("outside")
    outside.mkdir()
    (outside / "secret.mkv").write_bytes(b"x")
    (outside / "more.mkv").write_bytes(b"x")
    (folder / "real.mkv").write_bytes(b"x")
    (folder / "inside.mkv").symlink_to(folder / "real.mkv")
    (folder / "out.mkv").symlink_to(outside / "secret.mkv")
    (folder / "gone.mkv").symlink_to(outside / "nothing.mkv")
    (folder / "sub").symlink_to(outside)
    look_twice(folder, catalogue)
    assert targets(catalogue) == ["inside.mkv", "real.mkv"]
    (notice,) = catalogue.notices.recent()
    assert "out.mkv: a link out of the folder" in notice.body
    (outside / "back").symlink_to(folder)  # a circle
    look_twice(folder, catalogue, follow_links=True)
    assert set(targets(catalogue)) == {
        "inside.mkv",
        "real.mkv",
        "out.mkv",
        "more.mkv",
        "secret.mkv",
    }


def test_a_playlist_is_asked_for_in_place_of_its_segments(
    catalogue: Catalogue, folder: Path
) -> None:
    for name in ("seg0.ts", "seg1.ts"):
        (folder / name).write_bytes(b"x")
    (folder / "index.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nseg0.ts\n#EXTINF:2,\nseg1.ts\n"
    )
    now = time.time()
    known, _ = scan_folder(folder, {}, 20, now, catalogue)
    _, n = scan_folder(folder, known, 20, now + 30, catalogue)
    assert (n, targets(catalogue)) == (1, ["index.m3u8"])


@pytest.mark.parametrize(("stable_s", "n_asked"), [(1, 1), (60, 0)])
def test_a_tick_waits_for_a_file_that_is_to_settle_soon(
    pipeline: Pipeline,
    catalogue: Catalogue,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    stable_s: int,
    n_asked: int,
) -> None:
    monkeypatch.setenv("UTAWAKU_WATCH__FOLDER", str(folder))
    monkeypatch.setenv("UTAWAKU_WATCH__STABLE_S", str(stable_s))
    (folder / "a.mkv").write_bytes(b"x")
    pipeline.waiting_tick(watch_folder)
    assert targets(catalogue) == ["a.mkv"][:n_asked]
