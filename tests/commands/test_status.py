"""`utawaku status`: streams, requests and notices, for people and for scripts."""

import json

from benchmarks.fake_catalogue import fill
from tests.commands.conftest import CommandLine
from utawaku.library.catalogue import Catalogue
from utawaku.library.requests import IngestStream

KEYS = {
    "library", "catalogue", "n_streams", "n_songs", "pipeline_running", "health", "shazam",
    "requests_waiting", "requests_running", "notices", "streams",
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
    assert first["n_songs"] == catalogue.songs.of_stream(first["id"]).__len__()
    (waiting,) = report["requests_waiting"]
    assert (waiting["id"], waiting["kind"]) == (request.id, "ingest_stream")
    (notice,) = report["notices"]
    assert (notice["title"], notice["next_step"]) == ("A notice", "its next step")
    shown = command_line.run("status").stdout
    assert "requests  1 waiting, 0 running" in shown
    assert "A notice: its body" in shown
