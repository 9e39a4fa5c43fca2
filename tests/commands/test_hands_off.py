"""follow, unfollow, channels, resume, status --metrics, doctor --fix through the program."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from tests.conftest import DemoStream, Program
from tests.servers.media_site import MediaSite
from tests.services.downloader_media import audio_bytes
from utawaku.commands.app import app
from utawaku.commands.memory_recycler import Renewal
from utawaku.commands.metrics_server import metrics_server
from utawaku.commands.supervised_process import Child
from utawaku.commands.up import (
    CHILDREN_FILE,
    LOCK_FILE,
    PID_FILE,
    Rounds,
    end_left_over,
    is_running,
)
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import UtawakuError
from utawaku.library.heartbeat import LastingProcess, beat, is_alive, stop_beating
from utawaku.library.processes import process_mark
from utawaku.library.records import Channel, SongSpan, Stream
from utawaku.library.requests import Ingest, IngestStream, Rematerialize
from utawaku.library.sites import full_address
from utawaku.library.tags import SongTags, write_tags


@dataclass
class Answer:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


class Commands:
    """The command line without a process of its own for each command."""

    def run(self, *arguments: str | Path) -> Answer:
        runner = CliRunner()
        result = runner.invoke(app, [str(one) for one in arguments])
        if isinstance(result.exception, UtawakuError):
            error = result.exception
            return Answer(error.exit_code, result.stdout, str(error))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def commands(settings: Settings) -> Commands:
    del settings  # its folder is the commands' home
    return Commands()


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>A Feed</title>
<item><title>歌枠 1</title><link>{link}</link></item></channel></rss>"""


def channels(commands: Commands) -> list[dict[str, object]]:
    answer = commands.run("channels", "--json")
    assert answer.returncode == 0, answer.stderr
    found: list[dict[str, object]] = json.loads(answer.stdout)
    return found


def test_a_channel_is_followed_changed_exported_and_left(
    commands: Commands, tmp_path: Path
) -> None:
    with MediaSite() as site:
        site.add("/feed.xml", FEED.format(link=site.url("/1")), "text/xml")
        url = site.url("/feed.xml")
        followed = commands.run(
            "follow", url, "--title", "@karaoke", "--min-minutes", "10", "--song-rule",
            "min_song_s=45",
        )  # fmt: skip
        assert followed.returncode == 0, followed.stderr
        assert "following A Feed" in followed.stdout
        assert commands.run("follow", url, "--want", "video").returncode == 0
        (row,) = channels(commands)
        assert row["rules"] == {
            "title": ["@karaoke"],
            "min_duration_s": 600.0,
            "want": "video",
            "songs": {"min_song_s": 45},
        }
        missing = commands.run("follow", site.url("/nothing"))
        assert missing.returncode == 5
    exported = tmp_path / "followed.toml"
    assert commands.run("channels", "export", exported).returncode == 0
    assert commands.run("unfollow", url, "--forget").returncode == 0
    assert channels(commands) == []
    assert commands.run("channels", "import", exported).returncode == 0
    (again,) = channels(commands)
    assert (again["url"], again["rules"]) == (url, row["rules"])
    assert commands.run("unfollow", "nobody").returncode == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--title", "(歌"), "no regular expression"),
        (("--only", "live"), "rule 'kinds"),
        (("--song-rule", "colour=red"), "colour"),
    ],
)
def test_rules_that_make_no_sense_change_nothing(
    commands: Commands, arguments: tuple[str, ...], told: str
) -> None:
    answer = commands.run("follow", "https://example.org/feed", *arguments)
    assert answer.returncode == 1
    assert told in answer.stderr
    assert channels(commands) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "x.opus", "--again", "nothing"),
        ("rematerialize", "nothing"),
        ("export", "x", "--as", "nothing"),
    ],
)
def test_a_value_that_no_command_knows_is_wrong_usage(
    commands: Commands, arguments: tuple[str, ...]
) -> None:
    answer = commands.run(*arguments)
    assert (answer.returncode, "nothing" in answer.stderr) == (2, True)


def test_rematerialize_tells_what_is_stale_and_what_cannot_be_made_anew(
    commands: Commands,
) -> None:
    catalogue = Catalogue.open(load_settings())
    for name in ("here", "dropped"):
        catalogue.streams.save(
            Stream(name, f"/{name}", dropped_at=1.0 if name == "dropped" else None)
        )
        catalogue.assets.done(name, "segments", engine="sm", engine_version="older")
    dry = json.loads(commands.run("rematerialize", "segments", "--dry-run", "--json").stdout)
    assert [one["stream_id"] for one in dry["stale"]] == ["here"]
    assert (dry["n_dropped"], dry["request"]) == (1, None)
    assert "1 more streams are out of date" in commands.run("rematerialize").stdout
    (request,) = catalogue.requests.waiting(Rematerialize)
    assert request.target == "all"
    catalogue.close()


def test_an_address_without_its_scheme_is_understood_and_a_file_goes_before(
    commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue.open(load_settings())
    catalogue.channels.save(Channel("youtube:a", "https://www.youtube.com/@a", title="A"))
    catalogue.close()
    assert "no longer following A" in commands.run("unfollow", "www.youtube.com/@a").stdout
    monkeypatch.chdir(tmp_path)
    assert full_address("evening.opus") == "evening.opus"
    assert full_address("songs/evening.opus") == "songs/evening.opus"
    assert full_address("youtu.be/dQw4w9WgXcQ") == "https://youtu.be/dQw4w9WgXcQ"
    (tmp_path / "my.archive").mkdir()
    assert full_address("my.archive/evening.opus") == "my.archive/evening.opus"


def test_metrics_are_served_to_this_machine_and_a_broken_catalogue_is_an_answer(
    settings: Settings,
) -> None:
    Catalogue.open(settings).close()
    with metrics_server(settings, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        token = (settings.data_dir / "web-token").read_text("utf-8")
        bearer = {"Authorization": f"Bearer {token}"}

        def ask(path: str, **headers: str) -> urllib.request.Request:
            return urllib.request.Request(address + path, headers=bearer | headers)

        for request in (f"{address}/metrics", ask("/metrics", Origin="http://other.example")):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=20)
            assert refused.value.code == 403
        with urllib.request.urlopen(ask("/metrics"), timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert b"utawaku_up 0" in answer.read()
        with pytest.raises(UtawakuError, match="nothing can be served"):
            metrics_server(settings, server.server_port)
        (settings.data_dir / "catalogue.db").write_bytes(b"no database" * 1000)
        for path, status in (("/metrics", 503), ("/etc/passwd", 404)):
            with pytest.raises(urllib.error.HTTPError) as raised:
                urllib.request.urlopen(ask(path), timeout=20)
            assert raised.value.code == status
        server.shutdown()


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


def test_a_full_disk_does_not_end_the_supervisor(settings: Settings, tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    names = ("code server", "daemon", "web page")
    children = [Child(name, sleep, {}, tmp_path / f"{name}.log") for name in names]
    code, daemon, web = children
    rounds = Rounds(settings, children, Renewal(code, daemon, web, growth_mb=1000), int)
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
        Renewal(code, daemon, web, growth_mb=1000),
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
    commands: Commands,
) -> None:
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    another = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        for mark in (f"{another.pid}-1.earlier", str(another.pid), ""):
            (settings.data_dir / PID_FILE).write_text(mark, "utf-8")
            answer = commands.run("down")
            assert (answer.returncode, "is not running" in answer.stderr) == (1, True)
        assert another.poll() is None
    finally:
        another.kill()
        another.wait()


def test_one_pipeline_of_a_library_lives_at_a_time(commands: Commands) -> None:
    settings = load_settings()
    lock = settings.data_dir / LOCK_FILE
    lock.parent.mkdir(parents=True, exist_ok=True)
    (settings.data_dir / PID_FILE).write_text(process_mark(os.getpid()), "utf-8")
    assert not is_running(settings)
    with FileLock(lock):  # as another supervisor holds it for life, be it still coming up
        assert is_running(settings)
        for arguments in (("up",), ("up", "--detach")):
            answer = commands.run(*arguments)
            assert answer.returncode == 1
            assert f"running already (process {os.getpid()})" in answer.stderr
    assert not is_running(settings)


def test_down_ends_and_names_what_a_killed_supervisor_left(commands: Commands) -> None:
    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    left = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    (settings.data_dir / CHILDREN_FILE).write_text(json.dumps([process_mark(left.pid)]), "utf-8")
    answer = commands.run("down")
    left.wait(30)
    assert (answer.returncode, str(left.pid) in answer.stdout) == (0, True)
    assert "was killed before" in answer.stdout
    answer = commands.run("down")
    assert (answer.returncode, "is not running" in answer.stderr) == (1, True)


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


def test_what_each_lasting_process_takes_is_told(commands: Commands) -> None:
    settings = load_settings()
    beat(settings, [LastingProcess("daemon", os.getpid(), 3), LastingProcess("gone", 2**22 + 1)])
    text = commands.run("status", "--metrics").stdout
    assert 'utawaku_process_starts_total{process="daemon"} 3\n' in text
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if "process=" in line)
    assert float(found['utawaku_process_resident_bytes{process="daemon"}']) > 10e6
    assert float(found['utawaku_process_open_files{process="daemon"}']) > 2
    assert "gone" not in text
    assert "memory    daemon " in commands.run("status").stdout
    stop_beating(settings)
    assert "process=" not in commands.run("status", "--metrics").stdout


def test_a_resting_site_is_shown_and_can_be_woken(commands: Commands) -> None:
    catalogue = Catalogue.open(load_settings())
    catalogue.channels.save(Channel("youtube:a", "https://youtube.com/a", site="youtube"))
    catalogue.sites.refuse("youtube", "the site asks to slow down", base_s=3600)
    request = catalogue.requests.file(IngestStream(stream_id="x"))
    until = time.time() + 3600
    catalogue.requests.wait(request.id, until, "youtube is left alone until 23:00: slow down")
    shown = commands.run("status").stdout
    assert "resting   youtube until" in shown
    assert "1 x youtube is left alone" in shown
    assert "utawaku_site_rest_seconds" in commands.run("status", "--metrics").stdout
    assert commands.run("resume", "youtube").returncode == 0
    assert catalogue.requests.get(request.id).not_before is None
    assert catalogue.sites.rests() == []
    assert commands.run("resume", "youtube").returncode == 4
    catalogue.close()


def test_what_a_site_says_is_shown_and_moves_no_cursor(commands: Commands) -> None:
    catalogue = Catalogue.open(load_settings())
    said = "\x1b]0;owned\x07gone\x1b[2J\x9b31m \u202ehere\x08"
    catalogue.notices.add("error", f"Given up: {said}", body=said, next_step=said)
    request = catalogue.requests.file(IngestStream(stream_id="x"))
    catalogue.requests.wait(request.id, time.time() + 3600, f"the page says {said}")
    catalogue.sites.refuse("a-site", said, base_s=3600)
    catalogue.close()
    shown = commands.run("status").stdout
    assert shown.count("gone here") == 5
    assert [one for one in shown if not one.isprintable() and one != "\n"] == []


def test_doctor_finds_and_repairs_what_is_out_of_step(commands: Commands) -> None:
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    catalogue.streams.save(Stream("file-1", "/gone.opus", site="file"))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 1, 60, "smart", 1)], made_by="x")
    lost = {"file_path": "Songs/lost.opus", "file_start_s": 1.0, "file_stop_s": 60.0}
    catalogue.songs.set_file("file-1@1000", lost)
    catalogue.assets.started("file-1", "segments", run_id="a-run-that-died")
    settings.songs_dir.mkdir(parents=True)
    orphan = settings.songs_dir / "orphan.opus"
    sound = audio_bytes("ogg", "libopus", duration_s=1.0, rate_hz=48_000)
    orphan.write_bytes(sound)
    write_tags(orphan, SongTags(title="x", extra={"UTAWAKU_SONG": "file-1@99"}), None)
    own = settings.songs_dir / "own.opus"
    own.write_bytes(sound)
    stale = settings.songs_dir / ".utawaku-999999-00000000.part.opus"
    stale.touch()
    from utawaku.commands.pipeline import prepare_dagster_home
    from utawaku.orchestration.dagster_storage import open_instance

    with open_instance(prepare_dagster_home(settings)) as instance:
        instance.add_dynamic_partitions("stream", ["stranded"])
    looked = {f["name"]: f for f in json.loads(commands.run("doctor", "--json").stdout)}
    assert looked["files"]["message"] == "1 songs of 1 streams have lost their file"
    assert looked["orphans"]["message"].startswith("1 files below Songs/")
    assert looked["runs"]["level"] == looked["partitions"]["level"] == "warning"
    assert orphan.exists()
    commands.run("doctor", "--fix")
    assert not orphan.exists()
    assert not stale.exists()
    assert own.exists()  # not ours
    assert [r.target for r in catalogue.requests.waiting(IngestStream)] == ["file-1"]
    assert catalogue.assets.of("file-1")["segments"].state == "failed"
    after = {f["name"]: f["level"] for f in json.loads(commands.run("doctor", "--json").stdout)}
    assert (after["runs"], after["partitions"], after["left over"]) == ("ok", "ok", "ok")
    catalogue.close()


def test_a_long_reader_does_not_stop_writers_and_a_stuck_writer_is_told_of(
    commands: Commands,
) -> None:
    settings = load_settings()
    catalogue = Catalogue.open(settings, busy_timeout_s=0.3)
    reader = sqlite3.connect(settings.data_dir / "catalogue.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM streams").fetchone()
    catalogue.requests.file(Ingest(source="x"))  # WAL: a reader is in nobody's way
    reader.execute("COMMIT")
    reader.execute("BEGIN IMMEDIATE")
    from utawaku.library.errors import CatalogueLocked

    with pytest.raises(CatalogueLocked):
        catalogue.requests.file(Ingest(source="y"))
    reader.execute("ROLLBACK")
    assert [r.target for r in catalogue.requests.waiting()] == ["x"]
    reader.close()
    catalogue.close()


@pytest.mark.slow
def test_the_pipeline_takes_a_watched_file_to_songs_and_survives_a_killed_daemon(
    program: Program, demo_stream: DemoStream, tmp_path: Path
) -> None:
    import psutil

    watched = tmp_path / "watched"
    watched.mkdir()
    program.environment |= {
        "UTAWAKU_FOLLOW__WATCH_FOLDER": str(watched),
        "UTAWAKU_FOLLOW__SETTLE_S": "1",
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
                for child in psutil.Process(up.pid).children():
                    if "dagster._daemon" in child.cmdline():
                        child.kill()
                        killed = True
        assert killed
        assert len(catalogue.assets.done_streams("library_files")) == 1
        assert catalogue.songs.count() == len(demo_stream.truth.songs)
        catalogue.close()
    finally:
        up.terminate()
        up.communicate(timeout=60)
    assert subprocess.run(["pgrep", "-f", str(program.home)], check=False).returncode == 1
