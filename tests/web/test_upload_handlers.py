"""Uploads at the wire: limits, hostile names, what is no media, two at once."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from tests.web.conftest import TOKEN, Served, start, write_song
from utawaku.library.config import Settings, load_settings
from utawaku.web.uploads import Uploads

HOSTILE = (
    "../../../etc/passwd",
    "..\\..\\x.wav",
    "<script>alert(1)</script>.wav",
    "a\u202eb.wav",
    "x" * 5_000 + ".wav",
    "CON",
    "quote'\".wav",
)


def sound(folder: Path, seconds: float = 1) -> bytes:
    return write_song(folder / "sound.wav", seconds=seconds).read_bytes()


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_files_of_hostile_names_are_kept_under_names_of_ours(
    served: Served, tmp_path: Path
) -> None:
    content = sound(tmp_path)
    for name in HOSTILE:
        status, told = await served.upload((name, content))
        assert (status, told["problems"]) == (200, []), name
    folder = served.settings.web_dir
    assert set(files_below(folder)) == {"sound", "upload.json"}
    _, page = await served.get()
    assert "<script>alert" not in page
    assert "passwd" in page
    assert "\u202e" not in page
    assert len(page) < 20_000


async def test_a_file_that_is_no_media_is_named_and_the_others_are_taken(
    served: Served, tmp_path: Path
) -> None:
    playlist = (
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
    )
    status, told = await served.upload(
        ("text.mp3", b"these are words" * 100),
        ("list.wav", playlist),
        ("list.txt", b"ffconcat version 1.0\nfile sound.wav\n"),
        ("empty.mp3", b""),
        ("good.wav", sound(tmp_path)),
    )
    assert status == 200
    assert len(told["uploads"]) == 1
    refused = [problem.split(":")[0] for problem in told["problems"]]
    assert refused == ["text.mp3", "list.wav", "list.txt", "empty.mp3"]
    assert len(files_below(served.settings.web_dir)) == 2
    status, told = await served.upload(("text.mp3", b"these are words"))
    assert status == 415


async def limited(monkeypatch: pytest.MonkeyPatch, settings: Settings, **limits: int) -> Served:
    del settings  # it sets the home
    for name, value in limits.items():
        monkeypatch.setenv(f"UTAWAKU_WEB__{name.upper()}", str(value))
    return await start(load_settings())


async def test_a_file_that_is_too_large_is_named_and_leaves_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = await limited(monkeypatch, settings, max_file_mb=1, max_total_mb=4)
    large = sound(tmp_path, seconds=100)
    status, told = await served.upload(("large.wav", large), ("small.wav", sound(tmp_path)))
    assert (status, len(told["uploads"])) == (200, 1)
    assert "large.wav: is larger than 1 MB" in told["problems"][0]
    assert len(files_below(served.settings.web_dir)) == 2
    status, told = await served.upload(("large.wav", large))
    assert status == 413
    assert len(files_below(served.settings.web_dir)) == 2
    await served.stop()


async def test_number_and_room_of_all_files_are_limited_also_for_two_that_come_at_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = await limited(monkeypatch, settings, max_file_mb=1, max_total_mb=1, max_files=2)
    half = sound(tmp_path, seconds=40)
    answers = await asyncio.gather(*(served.upload((f"{n}.wav", half)) for n in "ab"))
    assert sorted(status for status, _ in answers) == [200, 413]
    (refused,) = [told["problems"][0] for status, told in answers if status == 413]
    assert "there is no room" in refused
    await served.upload(("c.wav", sound(tmp_path)))
    status, told = await served.upload(("d.wav", sound(tmp_path)))
    assert (status, "there are 2 files already" in told["problems"][0]) == (413, True)
    uploads = Uploads(served.settings.web_dir / "uploads", load_settings().web)
    gone = uploads.all()[0].id
    status, _ = await served.post(f"/uploads/{gone}/remove")
    assert status == 200
    status, _ = await served.upload(("d.wav", sound(tmp_path)))
    assert status == 200
    status, _ = await served.post("/uploads/..%2F..%2Fx/remove")
    assert status == 404
    await served.stop()


async def test_two_uploads_at_once_are_both_kept(served: Served, tmp_path: Path) -> None:
    one, two = sound(tmp_path, 1), sound(tmp_path, 2)
    answers = await asyncio.gather(
        served.upload(("same.wav", one)), served.upload(("same.wav", two))
    )
    assert [status for status, _ in answers] == [200, 200]
    sizes = [path.stat().st_size for path in served.settings.web_dir.rglob("sound")]
    assert sorted(sizes) == sorted([len(one), len(two)])


async def begun_upload(
    served: Served, n_bytes: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the head of an upload was sent."""
    port = int(served.address.split(":")[2].split("/")[0])
    head = (
        f"POST /highlights/uploads HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nCookie: utawaku_{port}={TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {n_bytes}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode())
    return reader, writer


async def test_more_than_there_is_room_for_is_refused_before_it_is_sent(served: Served) -> None:
    reader, writer = await begun_upload(served, 50_000_000_000)
    assert b" 413 " in await reader.readline()
    writer.close()
    assert files_below(served.settings.web_dir) == []


async def test_a_browser_that_goes_away_leaves_nothing(served: Served, tmp_path: Path) -> None:
    _reader, writer = await begun_upload(served, 500_000)
    writer.write(b"\0" * 300_000)
    await writer.drain()
    uploads = served.settings.web_dir / "uploads"
    async with asyncio.timeout(30):
        while not files_below(uploads):
            await asyncio.sleep(0.02)
    writer.close()
    async with asyncio.timeout(30):
        while files_below(uploads):
            await asyncio.sleep(0.02)
    status, _ = await served.upload(("good.wav", sound(tmp_path)))
    assert status == 200


async def test_a_plain_form_is_answered_by_the_page(served: Served, tmp_path: Path) -> None:
    form = aiohttp.FormData()
    form.add_field("file", b"words", filename="text.mp3")
    headers = {"Origin": served.address.removesuffix("/highlights")}
    async with served.session.post(f"{served.address}/uploads", data=form, headers=headers) as told:
        assert told.status == 415
        assert "text.mp3: is no audio or video file" in await told.text()
    form = aiohttp.FormData()
    form.add_field("file", sound(tmp_path), filename="good.wav")
    async with served.session.post(f"{served.address}/uploads", data=form, headers=headers) as told:
        assert (told.status, told.url.path) == (200, "/highlights")
        assert "good.wav" in await told.text()
    async with served.session.post(f"{served.address}/uploads", data=b"x", headers=headers) as told:
        assert told.status == 400


async def test_old_uploads_and_half_ones_of_a_former_server_are_removed(
    served: Served, tmp_path: Path
) -> None:
    _, told = await served.upload(("old.wav", sound(tmp_path)))
    folder = served.settings.web_dir / "uploads"
    (folder / "0123456789abcdef").mkdir()
    (folder / "0123456789abcdef" / "sound").write_bytes(b"half")
    uploads = Uploads(folder, served.settings.web)
    now = time.time()
    uploads.expire(now + 23 * 3600)
    assert [one.name for one in uploads.all()] == ["old.wav"]
    assert not (folder / "0123456789abcdef").exists()
    uploads.expire(now + 25 * 3600, busy=frozenset(told["uploads"]))
    assert len(uploads.all()) == 1
    uploads.expire(now + 25 * 3600)
    assert list(folder.iterdir()) == []
