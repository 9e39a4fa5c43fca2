"""FMA's archives: fetched, checked, unpacked, and gone on with after a stop."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from utawaku.library.errors import MediaError, NetworkError
from utawaku.models.training.fma_download import Archive, fetch_archive


class Site:
    """Serves files by ranges; breaks the first transfers off halfway."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.breaks = 0
        self.asked: list[str | None] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                span = self.headers.get("Range")
                site.asked.append(span)
                content = site.files.get(self.path.lstrip("/"))
                if content is None:
                    self.send_error(404)
                    return
                start = int(span.removeprefix("bytes=").rstrip("-")) if span else 0
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206 if span else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                rest = content[start:]
                if site.breaks:
                    site.breaks -= 1
                    rest = rest[: len(rest) // 2]
                self.wfile.write(rest)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, name: str, members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Archive:
        """Serve a zip file of these members."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", how) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        self.files[name] = packed.getvalue()
        return Archive(name, hashlib.sha1(packed.getvalue()).hexdigest(), 0.1)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


CLIPS = {f"fma_small/000/{n:06}.mp3": bytes([n]) * 50_000 + b"end" for n in range(1, 6)}


def test_a_transfer_that_breaks_off_goes_on_and_what_is_unpacked_is_not_fetched_again(
    site: Site, tmp_path: Path
) -> None:
    archive = site.put("fma_small.zip", CLIPS, zipfile.ZIP_BZIP2)
    site.breaks = 2
    assert fetch_archive(archive, tmp_path, site=site.url, pause_s=0) == len(CLIPS)
    assert [span is None for span in site.asked] == [True, False, False]
    for name, content in CLIPS.items():
        assert (tmp_path / name).read_bytes() == content
    assert not (tmp_path / archive.name).exists()
    assert fetch_archive(archive, tmp_path, site=site.url) == len(CLIPS)
    assert len(site.asked) == 3


def test_unpacking_that_was_stopped_goes_on_with_what_is_not_whole(
    site: Site, tmp_path: Path
) -> None:
    archive = site.put("fma_small.zip", CLIPS)
    first, second = [tmp_path / name for name in list(CLIPS)[:2]]
    first.parent.mkdir(parents=True)
    first.write_bytes(CLIPS["fma_small/000/000001.mp3"])
    second.write_bytes(b"half")
    before = first.stat().st_mtime_ns
    fetch_archive(archive, tmp_path, site=site.url, keep=True)
    assert first.stat().st_mtime_ns == before
    assert second.read_bytes() == CLIPS["fma_small/000/000002.mp3"]
    assert (tmp_path / archive.name).exists()


def test_another_file_than_the_published_one_is_refused(site: Site, tmp_path: Path) -> None:
    archive = site.put("fma_small.zip", CLIPS)
    site.put("fma_small.zip", {"fma_small/other.mp3": b"x"})
    with pytest.raises(NetworkError, match="sha1"):
        fetch_archive(archive, tmp_path, site=site.url)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_would_write_elsewhere_is_refused(site: Site, tmp_path: Path) -> None:
    archive = site.put("fma_small.zip", {"../outside.mp3": b"x"})
    with pytest.raises(MediaError, match="outside"):
        fetch_archive(archive, tmp_path / "in", site=site.url)
    assert not (tmp_path / "outside.mp3").exists()


def test_a_site_without_the_file_says_so_and_what_to_do(site: Site, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="404"):
        fetch_archive(Archive("gone.zip", "0" * 40, 0.1), tmp_path, site=site.url, pause_s=0)
