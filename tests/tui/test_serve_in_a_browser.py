"""`utawaku serve` in a real browser: songs in sight, keys answered, strangers kept out."""

import asyncio
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from tests import chromium
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings

ROOT = Path(__file__).parent.parent.parent
BROWSER = chromium.find()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium (looked for chromium, google-chrome)"),
]
LONGEST_S = 180.0
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Served:
    """The running program."""

    address: str
    """With the token."""
    host: str
    """`http://127.0.0.1:PORT`."""
    token: str


@pytest.fixture
def served(library: Catalogue, settings: Settings, tmp_path: Path) -> Iterator[Served]:
    """`utawaku serve` on a free port, as a user starts it."""
    library.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = tmp_path / "told"
    with told.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "utawaku", "serve", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "UTAWAKU_HOME": str(settings.data_dir.parent)},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + LONGEST_S
        while not (found := re.search(r"http://\S+\?token=(\S+)", told.read_text("utf-8"))):
            assert process.poll() is None, told.read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Served(found[0], f"http://127.0.0.1:{port}", found[1])
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
async def page(served: Served, tmp_path: Path) -> AsyncIterator[chromium.Page]:
    """The library in the browser."""
    assert BROWSER is not None
    async with chromium.opened(BROWSER, tmp_path / "profile", served.address) as opened:
        yield opened


async def until(condition: Callable[[], object], told: str) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not condition():
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.05)


def texts(received: bytes) -> str:
    """Return what the page was sent to draw, without colours."""
    return ESCAPE.sub(b"", received).decode("utf-8", "replace")


def ink(picture: bytes) -> int:
    """Return how many pixels are not of the commonest colour."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    counts = sorted((count for count, _ in image.getcolors(1 << 24) or []), reverse=True)
    return sum(counts[1:])


async def drawn(page: chromium.Page, *, unlike: bytes = b"") -> bytes:
    """A picture with a library's worth of letters, other than the one before, that stands still."""
    deadline = time.monotonic() + LONGEST_S
    before = b""
    while True:
        now = await page.picture()
        if now == before and now != unlike and ink(now) > 10_000:
            return now
        assert time.monotonic() < deadline, f"only {ink(now)} pixels are drawn"
        before = now
        await asyncio.sleep(0.3)


async def test_songs_are_seen_and_keys_are_answered(
    page: chromium.Page, settings: Settings
) -> None:
    catalogue = Catalogue.open(settings)
    browser = catalogue.browser
    everything = browser.search("")
    shown = [song.title for song in browser.songs(everything.numbers[:12]) if song.title]
    last = browser.songs(everything.numbers[-1:])[0]
    found = browser.songs(browser.search(f"id:{last.stream_id}").numbers)
    names = [song.title for song in found[:12] if song.title and song.title not in shown]
    catalogue.close()
    assert shown
    assert names
    await until(lambda: all(title in texts(page.received) for title in shown), "no titles came")
    assert not any(name in texts(page.received) for name in names)
    first = await drawn(page)
    assert await page.evaluate("location.search") == ""  # the token leaves the address
    # Without a click, as fast as they go.
    for key in f"/id:{last.stream_id}":
        await page.press(key)
    await until(lambda: all(name in texts(page.received) for name in names), "no answer came")
    second = await drawn(page, unlike=first)
    if folder := os.environ.get("UTAWAKU_TEST_PICTURES"):
        Path(folder, "serve.png").write_bytes(first)
        Path(folder, "serve-search.png").write_bytes(second)


async def test_a_page_of_another_port_reaches_nothing(
    page: chromium.Page, served: Served, tmp_path: Path
) -> None:
    """The cookie would go along: to a browser all ports of a machine are one site."""
    await until(lambda: "Library" in texts(page.received), "the app never came")
    elsewhere = web.AppRunner(_page_that_says("<p>another page</p>"))
    await elsewhere.setup()
    site = web.TCPSite(elsewhere, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    try:
        socket_address = f"{served.host.replace('http', 'ws')}/ws?width=80&height=24"
        opens = f"""new Promise(done => {{
            const socket = new WebSocket("{socket_address}");
            socket.onopen = () => done("open");
            socket.onerror = () => done("refused");
        }})"""
        assert await page.evaluate(opens) == "open"  # from its own page
        await page.go(f"http://127.0.0.1:{port}/")
        assert await page.evaluate("document.body.textContent") == "another page"
        assert await page.evaluate(opens) == "refused"
        read = f"""fetch("{served.host}/", {{credentials: "include"}})
            .then(answer => answer.text(), () => "refused")"""
        assert await page.evaluate(read) == "refused"
    finally:
        await elsewhere.cleanup()


def _page_that_says(html: str) -> web.Application:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", answer)
    return app


async def test_nobody_without_the_token_by_another_name_or_from_another_page(
    served: Served,
) -> None:
    port = served.host.rpartition(":")[2]
    cookie = {"Cookie": f"utawaku_{port}={served.token}"}
    strangers = {
        "no token": {},
        "a wrong token": {"Cookie": f"utawaku_{port}=wrong"},
        "another name of this machine": cookie | {"Host": f"evil.example:{port}"},
        "another page": cookie | {"Origin": "http://evil.example"},
        "a page of another port": cookie | {"Origin": "http://127.0.0.1:1"},
        "a page without an address": cookie | {"Origin": "null"},
    }
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/ws?width=80&height=24"):
            for who, headers in strangers.items():
                async with session.get(served.host + path, headers=headers) as answer:
                    assert answer.status == 403, (who, path)
        async with session.get(f"{served.host}/?token=wrong") as answer:
            assert answer.status == 403
        async with session.get(served.host, headers=cookie) as answer:
            assert answer.status == 200


async def test_the_page_asks_nobody_else(page: chromium.Page, served: Served) -> None:
    await until(lambda: "Library" in texts(page.received), "the app never came")
    await drawn(page)
    assert page.asked_elsewhere
    assert [url for url in page.asked_elsewhere if not url.startswith(served.host)] == []
