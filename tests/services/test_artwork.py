"""Covers from the web: pictures become JPEG files, everything else is no cover."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tests.servers.media_site import MediaSite
from utawaku.services.artwork import MAX_BYTES, MAX_SIDE, fetch_cover


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (width, height), (10, 120, 200, 128)).save(file, "PNG")
    return file.getvalue()


def test_a_picture_becomes_a_jpeg_file(tmp_path: Path) -> None:
    target = tmp_path / "covers" / "a.jpg"
    with MediaSite() as site:
        site.add("/a.png", png(30, 20), "image/png")
        assert fetch_cover(site.url("/a.png"), target)
    with Image.open(target) as picture:
        assert (picture.format, picture.size) == ("JPEG", (30, 20))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/missing.png", None),
        ("/page.html", b"<html>no picture</html>"),
        ("/long.png", png(8, 8) + b"\0" * MAX_BYTES),
        ("/wide.png", png(MAX_SIDE + 1, 1)),
        ("/cut.png", png(200, 200)[:60]),
    ],
    ids=["missing", "no picture", "too long", "too wide", "cut short"],
)
def test_anything_else_is_no_cover_and_leaves_no_file(
    tmp_path: Path, path: str, content: bytes | None
) -> None:
    target = tmp_path / "a.jpg"
    with MediaSite() as site:
        if content is not None:
            site.add(path, content, "image/png")
        assert not fetch_cover(site.url(path), target)
    assert list(tmp_path.iterdir()) == []


def test_only_web_addresses_are_fetched(tmp_path: Path) -> None:
    file = tmp_path / "own.png"
    file.write_bytes(png(8, 8))
    assert not fetch_cover(file.as_uri(), tmp_path / "a.jpg")
    assert not fetch_cover("http://127.0.0.1:9/a.png", tmp_path / "a.jpg")
    assert not (tmp_path / "a.jpg").exists()
