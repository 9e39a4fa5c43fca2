"""The Dagster UI of `up` serves nobody without the token, and nobody's page elsewhere."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from aiohttp import web
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests import chromium
from tests.ports import free_port
from utawaku.commands import web_page
from utawaku.commands.pipeline import prepare_dagster_home
from utawaku.commands.web_page import Guarded, guard_of
from utawaku.library.config import Settings
from utawaku.library.web_guard import HOST, Guard
from utawaku.orchestration.dagster_storage import open_instance

ROOT = Path(__file__).parent.parent.parent
LONGEST_S = 240.0
BROWSER = chromium.find()


async def _orders(_request: Any) -> PlainTextResponse:
    return PlainTextResponse("done")


async def _news(socket_: WebSocket) -> None:
    await socket_.accept()
    await socket_.send_text("news")
    await socket_.close()


@pytest.fixture
async def guarded() -> AsyncIterator[Guard]:
    """A small application behind the guard, on a real server."""
    guard = Guard(free_port(), "secret-of-this-test", "Open the whole address.")
    small = Starlette(
        routes=[
            Route("/graphql", _orders, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", _news),
        ]
    )
    config = uvicorn.Config(
        Guarded(small, guard), host=HOST, port=guard.port, log_level="error", access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield guard
    server.should_exit = True
    await serving


async def test_requests_and_sockets_need_the_token(guarded: Guard) -> None:
    address = guarded.address(with_token=False) + "graphql"
    bearer = {"Authorization": f"Bearer {guarded.token}"}
    elsewhere = {"Origin": "http://other.example"}
    async with aiohttp.ClientSession() as session:
        for headers, status in (
            ({}, 403),
            (bearer, 200),
            ({**bearer, **elsewhere}, 403),
            ({**bearer, "Host": "other.example"}, 403),
        ):
            for method in ("GET", "POST"):
                async with session.request(method, address, headers=headers) as answer:
                    assert answer.status == status, headers
                    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            if status == 200:
                async with session.ws_connect(address, headers=headers) as socket_:
                    assert await socket_.receive_str() == "news"
            else:
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await session.ws_connect(address, headers=headers)
                assert refused.value.status == 403


async def test_a_page_that_nobody_looks_at_ends_and_one_with_a_visitor_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web_page, "ENDS_AFTER_IDLE_S", 0.5)
    monkeypatch.setattr(web_page, "LOOKS_EVERY_S", 0.05)

    async def until_it_closes(socket_: WebSocket) -> None:
        await socket_.accept()
        await socket_.receive()

    small = Starlette(routes=[WebSocketRoute("/graphql", until_it_closes)])
    attended = web_page.Attended(small)
    listening = socket.create_server((HOST, 0))
    server = uvicorn.Server(uvicorn.Config(attended, log_level="error", access_log=False))
    threading.Thread(target=web_page.end_when_idle, args=(server, attended), daemon=True).start()
    serving = asyncio.create_task(server.serve([listening]))
    address = f"http://{HOST}:{listening.getsockname()[1]}/graphql"
    async with aiohttp.ClientSession() as session, session.ws_connect(address):
        await asyncio.sleep(1.0)
        assert attended.idle_s() == 0.0
        assert not serving.done()
    await asyncio.wait_for(serving, 10)
    assert attended.idle_s() >= 0.5


async def test_the_token_of_the_address_becomes_a_cookie(guarded: Guard) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        entered = guarded.address(with_token=False) + f"graphql?token={guarded.token}"
        async with session.get(entered, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "/graphql")
        async with session.get(entered.split("?")[0]) as answer:
            assert (answer.status, await answer.text()) == (200, "done")
        address = guarded.address(with_token=False) + f"//other.example?token={guarded.token}"
        async with session.get(address, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/other.example"


# The real thing, in a real browser -------------------------------------------------------------


@pytest.fixture(params=["orders", "read-only"])
def dagster_ui(
    request: pytest.FixtureRequest, settings: Settings, tmp_path: Path
) -> Iterator[tuple[Guard, bool]]:
    """The page of `up` over a small code location; whether it takes orders."""
    home = prepare_dagster_home(settings)
    (tmp_path / "small.py").write_text(
        "import dagster as dg\n@dg.asset\ndef evening():\n    return 1\n"
        "defs = dg.Definitions(assets=[evening])\n",
        "utf-8",
    )
    workspace = tmp_path / "workspace.yaml"
    workspace.write_text(f"load_from:\n  - python_file: {tmp_path / 'small.py'}\n", "utf-8")
    guard = guard_of(settings, free_port())
    takes_orders = request.param == "orders"
    command = [sys.executable, "-m", "utawaku.commands.web_page", "--port", str(guard.port)]
    command += ["--workspace", str(workspace), *([] if takes_orders else ["--read-only"])]
    log = tmp_path / "web.log"
    with open_instance(home), log.open("wb") as told:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "DAGSTER_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "yes"},
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + LONGEST_S
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, guard.port)) == 0:
                    break
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        yield guard, takes_orders
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert guard.token not in log.read_text("utf-8")


@pytest.fixture
async def other_page() -> AsyncIterator[str]:
    """A page of another port of this machine: of the same site, so its requests carry cookies."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="<p>elsewhere</p>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, HOST, port).start()
    yield f"http://{HOST}:{port}/"
    await runner.cleanup()


def limits(settings: Settings) -> dict[str, int | None]:
    """Return what orders have changed."""
    with open_instance(settings.dagster_home) as instance:
        return {pool.name: pool.limit for pool in instance.event_log_storage.get_pool_limits()}


async def seen(page: chromium.Page, text: str) -> None:
    async with asyncio.timeout(LONGEST_S):
        while text not in str(await page.evaluate("document.body ? document.body.innerText : ''")):
            await asyncio.sleep(0.2)


def post(address: str, key: str, mode: str) -> str:
    """A script that gives an order to the UI at `address`, and says what came back."""
    query = f'mutation {{ setConcurrencyLimit(concurrencyKey: "{key}", limit: 3) }}'
    kind = "text/plain" if mode == "no-cors" else "application/json"
    options = {
        "method": "POST",
        "mode": mode,
        "credentials": "include",
        "headers": {"Content-Type": kind},
        "body": json.dumps({"query": query}),
    }
    return (
        f"fetch({json.dumps(address + 'graphql')}, {json.dumps(options)})"
        ".then(answer => answer.text(), error => 'failed: ' + error)"
    )


def listen(address: str) -> str:
    """A script that opens the UI's WebSocket, and says whether it could."""
    return (
        f"new Promise(done => {{ const s = new WebSocket('{address.replace('http', 'ws')}graphql',"
        " 'graphql-ws'); s.onopen = () => done('open'); s.onclose = () => done('closed'); })"
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.browser
@pytest.mark.skipif(BROWSER is None, reason="no Chromium (looked for chromium, google-chrome)")
async def test_the_dagster_ui_is_usable_and_pages_elsewhere_give_no_orders(
    dagster_ui: tuple[Guard, bool], other_page: str, settings: Settings, tmp_path: Path
) -> None:
    assert BROWSER is not None
    guard, takes_orders = dagster_ui
    address = guard.address(with_token=False)
    async with chromium.opened(BROWSER, tmp_path / "profile", address) as page:
        await seen(page, "Open the whole address")
        await page.call("Page.navigate", url=guard.address())
        await seen(page, "Overview")
        assert "token" not in await page.evaluate("location.href")
        await page.call("Page.navigate", url=f"{address}assets")
        await seen(page, "evening")
        assert await page.evaluate(listen(address)) == "open"
        answer = await page.evaluate(post(address, "own", "cors"))
        assert re.search("setConcurrencyLimit", answer)
        await page.go(other_page)
        for mode in ("cors", "no-cors"):
            await page.evaluate(post(address, f"other-{mode}", mode))
        assert await page.evaluate(listen(address)) == "closed"
    changed = limits(settings)
    assert not [key for key in changed if key.startswith("other")], "an order from elsewhere"
    assert changed.get("own") == (3 if takes_orders else None)
