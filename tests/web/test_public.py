"""`serve --public` at the wire, as a reverse proxy asks it."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.checks import ROOT as ROOT_FOLDER
from tests.commands.conftest import CommandLine
from tests.commands.conftest import command_line as command_line
from tests.ports import free_port
from tests.web.conftest import write_song
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.errors import ConfigError
from utawaku.library.records import SongSpan, Stream
from utawaku.web.pages import ROOT
from utawaku.web.public import public_application, public_guard

ORIGIN = "https://songs.example.org"
SECRET = "a secret of the proxy"
PROXY = {"Host": "songs.example.org", "X-Remote-User": "mio", "X-Utawaku-Proxy": SECRET}

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def logged_in_by_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of deploy/nginx.conf."""
    monkeypatch.setenv("UTAWAKU_WEB__PUBLIC_URLS", f'["{ORIGIN}"]')
    monkeypatch.setenv("UTAWAKU_WEB__LOGIN_HEADER", "X-Remote-User")
    monkeypatch.setenv("UTAWAKU_WEB__PROXY_SECRET", SECRET)


@pytest.fixture
async def client(catalogue: Catalogue, logged_in_by_header: None) -> AsyncIterator[Client]:
    """The page with a song in the library."""
    catalogue.streams.save(Stream("a", "/a", title="Evening"))
    catalogue.songs.reconcile("a", [SongSpan(0, 1.0, 60.0, "smart", 1)], made_by="x")
    catalogue.songs.set_label("a@1000", "A private song", "Mio", "user")
    settings = load_settings()
    song = write_song(settings.songs_dir / "a.wav")
    held = {"file_path": f"Songs/{song.name}", "file_start_s": 1.0, "file_stop_s": 60.0}
    catalogue.songs.set_file("a@1000", held)
    made = TestClient(TestServer(public_application(settings, catalogue, public_guard(settings))))
    await made.start_server()
    yield made
    await made.close()


async def test_whom_the_proxy_logged_in_uploads_songs_and_leaves_feedback(
    client: Client, catalogue: Catalogue, tmp_path: Path
) -> None:
    page = await client.get(ROOT, headers=PROXY)
    assert page.status == 200
    text = await page.text()
    assert 'id="upload"' in text
    assert 'id="feedback"' in text
    form = aiohttp.FormData()
    content = write_song(tmp_path / "x.wav").read_bytes()
    form.add_field("file", content, filename="song.wav")
    own = {**PROXY, "Origin": ORIGIN, "Accept": "application/json"}
    taken = await client.post(f"{ROOT}/uploads", data=form, headers=own)
    assert (taken.status, len((await taken.json())["uploads"])) == (200, 1)
    said = await client.post(f"{ROOT}/feedback", data={"words": "fine"}, headers=own)
    assert said.status == 200
    assert any(notice.body == "fine" for notice in catalogue.notices.recent())
    foreign = await client.post(
        f"{ROOT}/feedback", data={"words": "x"}, headers={**own, "Origin": "https://x.example"}
    )
    assert foreign.status == 403


async def test_nobody_else_gets_anything_and_the_terminal_is_not_there(client: Client) -> None:
    for path in (ROOT, f"{ROOT}/songs", f"{ROOT}/static/highlights.css", "/", "/ws"):
        for headers in ({}, {"Host": PROXY["Host"]}, {**PROXY, "X-Utawaku-Proxy": "x"},
                        {**PROXY, "Host": "127.0.0.1"}):  # fmt: skip
            answer = await client.get(path, headers=headers, allow_redirects=False)
            assert answer.status == 403, (path, headers)
    for path in ("/ws", "/static/js/textual.js"):
        assert (await client.get(path, headers=PROXY)).status == 404


async def test_songs_of_the_library_stay_private(client: Client) -> None:
    for path in (f"{ROOT}?q=", f"{ROOT}/songs?q=", f"{ROOT}?q=&song=library:a@1000"):
        assert "A private song" not in await (await client.get(path, headers=PROXY)).text()
    sound = await client.get(f"{ROOT}/sound/library/a@1000", headers=PROXY)
    assert sound.status == 404
    own = {**PROXY, "Origin": ORIGIN, "Accept": "application/json"}
    order = {"kind": "highlights", "song": "library:a@1000"}
    job = (await (await client.post(f"{ROOT}/jobs", data=order, headers=own)).json())["job"]
    async with asyncio.timeout(60):
        while "there is no such song" not in (
            shown := await (await client.get(f"{ROOT}/jobs/{job}", headers=PROXY)).text()
        ):
            await asyncio.sleep(0.05)
    assert "A private song" not in shown


async def test_a_token_opens_the_page_and_is_the_same_after_a_restart(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings()
    guard = public_guard(settings, (ORIGIN,))
    assert public_guard(settings, (ORIGIN,)).token == guard.token
    async with TestClient(TestServer(public_application(settings, catalogue, guard))) as client:
        host = {"Host": "songs.example.org"}
        (address,) = guard.addresses(ROOT)
        path = address.removeprefix(ORIGIN)
        welcome = await client.get(path, headers=host, allow_redirects=False)
        assert (welcome.status, welcome.headers["Location"]) == (302, ROOT)
        cookie = welcome.headers["Set-Cookie"]
        assert "Secure" in cookie
        page = await client.get(ROOT, headers={**host, "Cookie": cookie.partition(";")[0]})
        assert page.status == 200


@pytest.mark.parametrize("secret", ["", "short", "CHANGE-ME-TO-A-LONG-SECRET"])
def test_a_log_in_by_a_header_needs_a_secret_of_ones_own(
    command_line: CommandLine,
    logged_in_by_header: None,
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
) -> None:
    monkeypatch.setenv("UTAWAKU_WEB__PROXY_SECRET", secret)
    answer = command_line.run("serve", "--public")
    assert answer.exit_code == ConfigError.exit_code
    assert "web.proxy_secret" in answer.stderr


def test_public_without_an_address_or_an_address_without_public_is_wrong(
    command_line: CommandLine,
) -> None:
    assert "web.public_urls" in command_line.run("serve", "--public").stderr
    assert command_line.run("serve", "--url", ORIGIN).exit_code == 2
    assert command_line.run("serve", "--bind", "0.0.0.0").exit_code == 2


def test_it_ends_while_a_client_holds_a_request_open(logged_in_by_header: None) -> None:
    port = free_port()
    serve = [sys.executable, "-m", "utawaku", "serve", "--public", "--port", str(port)]
    process = subprocess.Popen(serve, cwd=ROOT_FOLDER, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while (held := _connected(port)) is None:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with held:
            form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "1000"}
            headers = {**PROXY, "Origin": ORIGIN, **form}
            lines = [f"POST {ROOT}/feedback HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
            held.sendall("\r\n".join([*lines, "", "text=a"]).encode())
            time.sleep(0.5)
            process.terminate()
            # aiohttp alone would wait a minute for the rest of the request.
            process.wait(40)
    finally:
        process.kill()
        process.wait()


def _connected(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port))
    except ConnectionRefusedError:
        return None
