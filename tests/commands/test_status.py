"""`utawaku status`: streams, requests and notices, for people and for scripts."""

import json
import os
import time

from benchmarks.fake_catalogue import fill
from tests.commands.conftest import CommandLine
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.heartbeat import ServiceProcess, beat, stop_beating
from utawaku.library.requests import IngestStream

KEYS = {
    "library", "catalogue", "n_streams", "n_songs", "pipeline_running", "health", "shazam",
    "requests_waiting", "requests_running", "notices", "streams", "song_network",
    "failed_checks", "hosts",
}  # fmt: skip


def test_an_empty_library_has_a_status(command_line: CommandLine) -> None:
    report = json.loads(command_line.run("status", "--json").stdout)
    assert set(report) == KEYS
    assert (report["n_streams"], report["n_songs"], report["streams"]) == (0, 0, [])
    assert report["pipeline_running"] is False
    shown = command_line.run("status")
    assert (shown.exit_code, "not running (`utawaku up` starts it)" in shown.stdout) == (0, True)


def test_streams_requests_and_notices_are_listed(
    command_line: CommandLine, catalogue: Catalogue
) -> None:
    fill(catalogue, 40, now=1_700_000_000.0)
    request = catalogue.requests.file(IngestStream(stream_id="youtube-fake0000001"))
    catalogue.notices.add("warning", "A notice", body="its body", next_step="its next step")
    report = json.loads(command_line.run("status", "--json", "--limit", "2").stdout)
    assert (report["n_streams"], report["n_songs"]) == (3, 40)
    assert len(report["streams"]) == 2
    (first, _) = report["streams"]
    assert set(first["assets"]) == {
        "recordings", "segments", "songs", "labels", "library_files",
    }  # fmt: skip
    assert first["n_songs"] == len(catalogue.songs.of_stream(first["id"]))
    (waiting,) = report["requests_waiting"]
    assert (waiting["id"], waiting["kind"]) == (request.id, "ingest_stream")
    (notice,) = report["notices"]
    assert (notice["title"], notice["next_step"]) == ("A notice", "its next step")
    shown = command_line.run("status").stdout
    assert "requests  1 waiting, 0 running" in shown
    assert "A notice: its body" in shown


def test_what_each_lasting_process_takes_is_told(command_line: CommandLine) -> None:
    settings = load_settings()
    beat(settings, [ServiceProcess("daemon", os.getpid(), 3), ServiceProcess("gone", 2**22 + 1)])
    text = command_line.run("status", "--metrics").stdout
    assert 'utawaku_process_starts_total{process="daemon"} 3\n' in text
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if "process=" in line)
    assert float(found['utawaku_process_resident_bytes{process="daemon"}']) > 10e6
    assert float(found['utawaku_process_open_files{process="daemon"}']) > 2
    assert "gone" not in text
    assert "memory    daemon " in command_line.run("status").stdout
    stop_beating(settings)
    assert "process=" not in command_line.run("status", "--metrics").stdout


def test_what_a_site_says_is_shown_and_moves_no_cursor(command_line: CommandLine) -> None:
    catalogue = Catalogue.open(load_settings())
    said = "\x1b]0;owned\x07gone\x1b[2J\x9b31m \u202ehere\x08"
    catalogue.notices.add("error", f"Given up: {said}", body=said, next_step=said)
    request = catalogue.requests.file(IngestStream(stream_id="x"))
    catalogue.requests.wait(request.id, time.time() + 3600, f"the page says {said}")
    catalogue.sites.refuse("a-site", said, base_s=3600)
    catalogue.close()
    shown = command_line.run("status").stdout
    assert shown.count("gone here") == 5
    assert [one for one in shown if not one.isprintable() and one != "\n"] == []
