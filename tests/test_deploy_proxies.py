"""The examples of deploy/ for nginx and Caddy do what they say, with the real programs."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.proxies import ORIGIN, PASSWORD, SECRET, SITE, USER, Proxy, program, serving
from tests.web.conftest import write_song
from utawaku.library.web_guard import HOST
from utawaku.web.pages import ROOT

LOGGED_IN = {"Authorization": aiohttp.encode_basic_auth(USER, PASSWORD)}
OWN = {"Origin": ORIGIN, "Accept": "application/json"}

pytestmark = pytest.mark.slow


class _Resolver(aiohttp.abc.AbstractResolver):
    """Leads the name of the site to loopback, as a test has no name service."""

    async def resolve(
        self, host: str, port: int = 0, family: int = 0
    ) -> list[aiohttp.abc.ResolveResult]:
        assert host == SITE
        return [{"hostname": host, "host": HOST, "port": port, "family": family,
                 "proto": 0, "flags": 0}]  # fmt: skip

    async def close(self) -> None:
        """Hold nothing."""


def browser(proxy: Proxy) -> aiohttp.ClientSession:
    """Return a client that trusts the proxy's authority, and reaches it by the site's name."""
    context = ssl.create_default_context(cafile=proxy.ca_file)
    connector = aiohttp.TCPConnector(ssl=context, resolver=_Resolver(), limit=50)
    # People type no port: the proxy of a test listens on one all the same.
    headers = {"Host": SITE}
    jar = aiohttp.DummyCookieJar()  # a test sends its cookies itself
    return aiohttp.ClientSession(
        f"https://{SITE}:{proxy.port}", connector=connector, headers=headers, cookie_jar=jar
    )


@pytest.fixture(params=["nginx", "caddy"])
def name(request: pytest.FixtureRequest) -> str:
    """A proxy that this machine has."""
    found = str(request.param)
    if program(found) is None:
        pytest.skip(f"no {found} here")
    return found


@pytest.fixture
def by_log_in(name: str, tmp_path: Path) -> Iterator[Proxy]:
    """The proxy asks for name and password."""
    with serving(name, tmp_path, by_log_in=True) as proxy:
        yield proxy


async def test_whom_the_proxy_logs_in_uploads_a_song_and_nobody_else_gets_anything(
    by_log_in: Proxy, tmp_path: Path
) -> None:
    assert by_log_in.page_address == ORIGIN + ROOT
    forged = {"X-Remote-User": USER, "X-Utawaku-Proxy": SECRET}
    wrong = {"Authorization": aiohttp.encode_basic_auth(USER, "wrong")}
    async with browser(by_log_in) as client:
        for headers in ({}, forged):
            async with client.get(ROOT, headers=headers) as answer:
                assert answer.status == 401, "the proxy asks first"
        async with client.get(ROOT, headers=wrong) as answer:
            assert answer.status == 401
        async with client.get(ROOT, headers=LOGGED_IN) as answer:
            assert answer.status == 200
            assert 'id="upload"' in await answer.text()
        form = aiohttp.FormData()
        content = write_song(tmp_path / "x.wav").read_bytes()
        form.add_field("file", content, filename="song.wav")
        async with client.post(f"{ROOT}/uploads", data=form, headers=OWN | LOGGED_IN) as answer:
            assert answer.status == 200, await answer.text()
            assert len((await answer.json())["uploads"]) == 1
        foreign = {**OWN, "Origin": "https://other.example"}
        async with client.post(
            f"{ROOT}/feedback", data={"words": "x"}, headers=foreign | LOGGED_IN
        ) as answer:
            assert answer.status == 403
        # The public page has no terminal, and so no socket to pass on.
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.ws_connect("/ws", headers=LOGGED_IN)
        assert refused.value.status == 404


async def test_the_token_of_the_address_opens_the_page_where_the_proxy_asks_for_nothing(
    name: str, tmp_path: Path
) -> None:
    with serving(name, tmp_path, by_log_in=False) as proxy:
        entered = proxy.page_address.removeprefix(ORIGIN)
        assert entered.startswith(f"{ROOT}?token=")
        async with browser(proxy) as client:
            async with client.get(ROOT) as answer:
                assert answer.status == 403
            async with client.get(entered, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, ROOT)
                cookie = answer.headers["Set-Cookie"].partition(";")[0]
            # The name alone, as whoever writes the header himself sends it.
            async with client.get(ROOT, headers={"X-Remote-User": USER}) as answer:
                assert answer.status == 403
            async with client.get(ROOT, headers={"Cookie": cookie}) as answer:
                assert answer.status == 200
    assert proxy.page_address.partition("=")[2] not in (tmp_path / "proxy.log").read_text("utf-8")


async def test_nginx_refuses_a_body_over_the_limit_before_it_is_sent(tmp_path: Path) -> None:
    if program("nginx") is None:
        pytest.skip("no nginx here")
    with serving("nginx", tmp_path, by_log_in=True) as proxy:
        reader, writer = await _opened(proxy)
        try:
            writer.write(_head("POST", f"{ROOT}/uploads", 2_200_000_000))
            async with asyncio.timeout(60):
                assert b" 413 " in await reader.readline()
        finally:
            writer.close()


async def test_a_body_is_passed_on_up_to_the_limit(name: str, tmp_path: Path) -> None:
    limit = {"nginx": ("client_max_body_size 2g", "client_max_body_size 1m"),
             "caddy": ("max_size 2GB", "max_size 1MB")}[name]  # fmt: skip
    with serving(name, tmp_path, by_log_in=True, changes=dict([limit])) as proxy:
        async with browser(proxy) as client:
            for n_bytes, taken in ((900_000, True), (1_500_000, False)):
                form = aiohttp.FormData()
                content = write_song(tmp_path / "x.wav", seconds=2).read_bytes()
                form.add_field("file", content.ljust(n_bytes, b"\0"), filename="song.wav")
                async with client.post(
                    f"{ROOT}/uploads", data=form, headers=OWN | LOGGED_IN
                ) as answer:
                    # Caddy 2.6 tells its own refusal as a fault of the page, later ones as 413.
                    refusals = {413} if name == "nginx" else {413, 502}
                    assert answer.status in ({200} if taken else refusals)


async def test_nginx_answers_429_to_whoever_asks_too_often(tmp_path: Path) -> None:
    if program("nginx") is None:
        pytest.skip("no nginx here")
    with serving("nginx", tmp_path, by_log_in=True) as proxy:
        # Connections: 20 at once for one address. These posts are fewer than may come at once.
        held = [await _opened(proxy) for _ in range(24)]
        try:
            for _reader, writer in held:
                writer.write(_head("POST", f"{ROOT}/uploads", 1000))
            first_lines = [asyncio.create_task(reader.readline()) for reader, _writer in held]
            async with asyncio.timeout(60):
                while sum(line.done() for line in first_lines) < 4:
                    await asyncio.sleep(0.05)
            answered = [line.result() for line in first_lines if line.done()]
            assert all(b" 429 " in line for line in answered)
        finally:
            for _reader, writer in held:
                writer.close()
        # Posts: 30 at once, then one a second.
        statuses = await _ask(proxy, "POST", 60)
        assert {200, 429} == set(statuses)
        # Pages: 60 at once, then ten a second.
        statuses = await _ask(proxy, "GET", 400)
        assert {200, 429} == set(statuses)


async def _ask(proxy: Proxy, method: str, times: int) -> list[int]:
    """Ask many times at once, over few connections; return the answers' codes."""
    gate = asyncio.Semaphore(10)
    async with browser(proxy) as client:

        async def once() -> int:
            data = {"words": "fine"} if method == "POST" else None
            path = f"{ROOT}/feedback" if method == "POST" else ROOT
            async with (
                gate,
                client.request(method, path, data=data, headers=OWN | LOGGED_IN) as answer,
            ):
                return answer.status

        return list(await asyncio.gather(*(once() for _ in range(times))))


async def _opened(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = ssl.create_default_context(cafile=proxy.ca_file)
    return await asyncio.open_connection(HOST, proxy.port, ssl=context, server_hostname=SITE)


def _head(method: str, path: str, n_bytes: int) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: {SITE}\r\nOrigin: {ORIGIN}\r\n"
        f"Authorization: {LOGGED_IN['Authorization']}\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {n_bytes}\r\n\r\n"
    ).encode()
