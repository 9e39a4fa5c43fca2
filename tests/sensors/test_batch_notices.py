"""A finished batch is announced once."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Stream
from utawaku.library.requests import Ingest
from utawaku.sensors.batch_notices import announce_if_quiet


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    taken: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            taken.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", f"http://127.0.0.1:{server.server_port}/notify")
    yield taken
    server.shutdown()
    server.server_close()


def finish(catalogue: Catalogue, stream_id: str) -> None:
    catalogue.streams.save(Stream(stream_id, f"/{stream_id}"))
    catalogue.assets.done(stream_id, "library_files", engine="e", engine_version="1")


def test_the_first_batch_is_told_as_every_other_once_when_all_is_quiet(
    catalogue: Catalogue, webhook: list[dict[str, str]]
) -> None:
    settings = load_settings()
    catalogue.requests.file(Ingest(source="/a"))
    finish(catalogue, "a")
    later = time.time() + 3600
    assert announce_if_quiet(catalogue, settings, time.time()) == ""  # just finished: more may come
    assert announce_if_quiet(catalogue, settings, later) == "1 stream(s) finished, 0 given up"
    time.sleep(0.01)
    finish(catalogue, "b")
    assert announce_if_quiet(catalogue, settings, later)
    assert announce_if_quiet(catalogue, settings, later) == ""
    assert [one["type"] for one in webhook] == ["success", "success"]
    assert set(webhook[0]) == {"title", "body", "type", "tag"}


def test_what_was_there_before_anything_was_asked_is_no_batch(
    catalogue: Catalogue, webhook: list[dict[str, str]]
) -> None:
    settings = load_settings()
    finish(catalogue, "by hand")
    later = time.time() + 3600
    assert announce_if_quiet(catalogue, settings, later) == ""
    assert webhook == []
