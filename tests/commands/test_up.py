"""`utawaku up` and `utawaku down`: the supervisor and its processes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.commands.conftest import CommandLine
from tests.conftest import DemoStream, Program
from utawaku.commands.memory_recycler import MemoryRecycler
from utawaku.commands.supervised_process import Child
from utawaku.commands.supervisor import (
    CHILDREN_FILE,
    LOCK_FILE,
    PID_FILE,
    Rounds,
    end_left_over,
    is_running,
)
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.heartbeat import is_alive, service_processes
from utawaku.library.processes import process_mark


def test_what_a_killed_supervisor_left_is_ended_and_nobody_else(settings: Settings) -> None:
    import psutil

    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    left, another = (subprocess.Popen(sleep, start_new_session=True) for _ in range(2))
    try:
        settings.data_dir.mkdir(parents=True)
        # The second number was another process' when the note was written.
        notes = [process_mark(left.pid), f"{another.pid}-1.earlier", f"{2**22 + 1}-1.never"]
        (settings.data_dir / CHILDREN_FILE).write_text(json.dumps(notes), "utf-8")
        end_left_over(settings)
        assert not psutil.pid_exists(left.pid)
        assert another.poll() is None
    finally:
        for one in (left, another):
            one.kill()
            one.wait()


def test_a_home_that_cannot_be_made_is_named_with_the_next_step(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("UTAWAKU_DATA_DIR", str(tmp_path / "file" / "data"))
    refused = command_line.run("up")
    assert (refused.exit_code, "cannot be made" in refused.stderr) == (1, True)
    assert "set data_dir" in refused.stderr


def test_a_full_disk_does_not_end_the_supervisor(settings: Settings, tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    names = ("code server", "daemon", "web page")
    children = [Child(name, sleep, {}, tmp_path / f"{name}.log") for name in names]
    code, daemon, web = children
    rounds = Rounds(settings, children, MemoryRecycler(code, daemon, web, growth_mb=1000), int)
    # Neither its notes nor its signs of life can be written: something else lies in their place.
    in_the_way = [settings.data_dir / name for name in (CHILDREN_FILE, "heartbeat.json")]
    for path in in_the_way:
        path.mkdir(parents=True)
    try:
        for _ in range(3):
            rounds.go()
        pids = [child.process.pid for child in children if child.process is not None]
        assert len(pids) == 3
        assert not is_alive(settings)
        for path in in_the_way:
            path.rmdir()
        rounds.go()
        assert is_alive(settings)
        noted = json.loads((settings.data_dir / CHILDREN_FILE).read_text("utf-8"))
        assert noted == [process_mark(pid) for pid in pids]  # none was started twice
    finally:
        for child in children:
            child.end()


def test_a_clock_that_is_set_back_is_noticed_and_one_that_goes_ahead_is_none(
    settings: Settings, tmp_path: Path
) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    names = ("code server", "daemon", "web page")
    code, daemon, web = (Child(name, sleep, {}, tmp_path / f"{name}.log") for name in names)
    ahead = [0.0]
    put_right: list[bool] = []
    rounds = Rounds(
        settings,
        [code, daemon, web],
        MemoryRecycler(code, daemon, web, growth_mb=1000),
        lambda: put_right.append(daemon.running() is None),
        clock=lambda: time.time() + ahead[0],
    )
    try:
        rounds.go()
        first = [child.running() for child in (code, daemon, web)]
        for seconds in (0.0, 86_400.0, 86_390.0):  # as it goes, ahead, and a little back
            ahead[0] = seconds
            rounds.go()
        assert [child.running() for child in (code, daemon, web)] == first
        assert put_right == []
        ahead[0] = 0.0
        rounds.go()
        assert put_right == [True]  # while no daemon was there to write down its old time
        rounds.go()
        after = [child.running() for child in (code, daemon, web)]
        assert (after[0], after[2]) == (first[0], first[2])
        assert after[1] is not None
        assert after[1] != first[1]
        assert len(put_right) == 1
    finally:
        for child in (code, daemon, web):
            child.end()


def test_down_ends_nobody_who_has_got_the_number_of_a_supervisor_that_was_killed(
    command_line: CommandLine,
) -> None:
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    another = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        for mark in (f"{another.pid}-1.earlier", str(another.pid), ""):
            (settings.data_dir / PID_FILE).write_text(mark, "utf-8")
            answer = command_line.run("down")
            assert (answer.exit_code, "is not running" in answer.stderr) == (1, True)
        assert another.poll() is None
    finally:
        another.kill()
        another.wait()


def test_one_pipeline_of_a_library_lives_at_a_time(command_line: CommandLine) -> None:
    settings = load_settings()
    lock = settings.data_dir / LOCK_FILE
    lock.parent.mkdir(parents=True, exist_ok=True)
    (settings.data_dir / PID_FILE).write_text(process_mark(os.getpid()), "utf-8")
    assert not is_running(settings)
    with FileLock(lock):  # as another supervisor holds it for life, be it still coming up
        assert is_running(settings)
        for arguments in (("up",), ("up", "--detach")):
            answer = command_line.run(*arguments)
            assert answer.exit_code == 1
            assert f"running already (process {os.getpid()})" in answer.stderr
    assert not is_running(settings)


def test_down_ends_and_names_what_a_killed_supervisor_left(command_line: CommandLine) -> None:
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    left = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    (settings.data_dir / CHILDREN_FILE).write_text(json.dumps([process_mark(left.pid)]), "utf-8")
    answer = command_line.run("down")
    left.wait(30)
    assert (answer.exit_code, str(left.pid) in answer.stdout) == (0, True)
    assert "was killed before" in answer.stdout
    answer = command_line.run("down")
    assert (answer.exit_code, "is not running" in answer.stderr) == (1, True)


def test_a_pipeline_that_cannot_come_up_in_the_background_says_where_the_reason_is(
    program: Program,
) -> None:
    data = program.home / "data"
    data.mkdir()
    (data / "catalogue.db").write_text("no database", "utf-8")
    answer = program.run("up", "--detach")
    assert (answer.returncode, "did not come up" in answer.stderr) == (1, True)
    assert "file is not a database" in (data / "logs" / "up.log").read_text("utf-8")
    assert not (data / "heartbeat.json").exists()


@pytest.mark.slow
def test_the_pipeline_takes_a_watched_file_to_songs_and_survives_a_killed_daemon(
    program: Program, demo_stream: DemoStream, tmp_path: Path
) -> None:
    import psutil

    watched = tmp_path / "watched"
    watched.mkdir()
    program.environment |= {
        "UTAWAKU_WATCH__FOLDER": str(watched),
        "UTAWAKU_WATCH__STABLE_S": "1",
        "UTAWAKU_LABELS__SHAZAM": "false",
        "UTAWAKU_WEB_PORT": "3291",
    }
    up = program.start("up")
    try:
        catalogue = Catalogue.open(load_settings())
        (watched / "evening.opus").write_bytes(demo_stream.path.read_bytes())
        deadline, killed = time.monotonic() + 270, False
        while time.monotonic() < deadline and not catalogue.assets.done_streams("library_files"):
            time.sleep(1)
            if not killed and catalogue.requests.count("running"):
                services = {one.name: one.pid for one in service_processes(load_settings())}
                psutil.Process(services["daemon"]).kill()
                killed = True
        assert killed
        assert len(catalogue.assets.done_streams("library_files")) == 1
        assert catalogue.songs.count() == len(demo_stream.truth.songs)
        catalogue.close()
    finally:
        up.terminate()
        up.communicate(timeout=60)
    assert subprocess.run(["pgrep", "-f", str(program.home)], check=False).returncode == 1
