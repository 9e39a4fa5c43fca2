"""The app in a browser: nobody without the token, nobody from elsewhere."""

import asyncio
import gc
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.tui.serve import HOST, guarded_server, serve

TOKEN = "a-secret-of-this-test"
APP = """
from textual.app import App
from textual.widgets import Static
class Small(App):
    def compose(self):
        yield Static("hello from the served app")
Small().run()
"""


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """A guarded server with a small app, on a free port of loopback."""
    program = tmp_path / "small app.py"
    program.write_text(APP)
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    server = guarded_server([sys.executable, str(program)], port, TOKEN)
    runner = web.AppRunner(await server._make_app())
    await runner.setup()
    site = web.TCPSite(runner, HOST, port)
    await site.start()
    yield f"http://{HOST}:{port}"
    await runner.cleanup()
    # The pipes of the app's process close a moment after the process.
    await asyncio.sleep(0.3)
    gc.collect()


async def test_without_the_token_there_is_nothing(address: str) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/ws", "/static/js/textual.js", "/?token=wrong", "/download/x"):
            async with session.get(address + path) as answer:
                assert answer.status == 403, path


async def test_the_token_becomes_a_cookie_and_leaves_the_address(address: str) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{address}/?token={TOKEN}", allow_redirects=False) as answer:
            assert answer.status == 302
            assert answer.headers["Location"] == "/"
            cookie = answer.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
        async with session.get(address) as answer:
            assert answer.status == 200
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            page = await answer.text()
        assert TOKEN not in page


async def test_another_name_of_this_machine_is_refused(address: str) -> None:
    headers = {"Host": "evil.example", "Cookie": f"utawaku_{address.rpartition(':')[2]}={TOKEN}"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        assert answer.status == 403


async def test_the_app_itself_comes_through_the_socket(address: str) -> None:
    port = address.rpartition(":")[2]
    headers = {"Cookie": f"utawaku_{port}={TOKEN}"}
    received = b""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{address}/ws?width=80&height=24", headers=headers) as socket_,
    ):
        async with asyncio.timeout(30):
            while b"hello from the served app" not in received:
                message = await socket_.receive()
                assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT)
                if message.type == aiohttp.WSMsgType.BINARY:
                    received += message.data


def test_a_taken_port_is_told_before_anything_starts(settings: Settings) -> None:
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        with pytest.raises(UtawakuError, match="the port is taken"):
            serve(settings, holder.getsockname()[1])
