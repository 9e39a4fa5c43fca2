"""The highlight page on a port of loopback, behind the guard, as `utawaku serve` mounts it."""

import asyncio
import math
import wave
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web

from tests.servers.webhook import Webhook
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.tui.serve import HOST, guarded_server
from utawaku.web.application import highlight_application
from utawaku.web.pages import ROOT

TOKEN = "a-secret-of-this-test"
LONGEST_S = 150.0
RATE_HZ = 8_000


def write_song(
    path: Path, *, bpm: float = 120, loud_from_s: float = 0.0, seconds: float = 4
) -> Path:
    """Clicks on the beat over a tone, 16-bit mono WAV; louder from a given second on."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    beat = np.exp(-(at % (60 / bpm)) * 30)
    sound = (0.05 + 0.4 * (at >= loud_from_s)) * (0.3 * np.sin(2 * math.pi * 330 * at) + beat) / 1.5
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((32_000 * sound).astype("<i2").tobytes())
    return path


@dataclass
class Served:
    """The page as a browser with the cookie sees it."""

    address: str
    """Of the page."""
    session: aiohttp.ClientSession
    settings: Settings
    catalogue: Catalogue
    stop: Callable[[], Any]
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
        """Post as the script of the page does; returns status and JSON or text."""
        own = {"Origin": self.address.removesuffix(ROOT), "Accept": "application/json"}
        async with self.session.post(self.address + path, data=data, headers=own | headers) as told:
            is_json = told.content_type == "application/json"
            return told.status, await (told.json() if is_json else told.text())

    async def get(self, path: str = "", **headers: str) -> tuple[int, str]:
        """Return status and text."""
        async with self.session.get(self.address + path, headers=headers) as told:
            return told.status, await told.text()

    async def upload(self, *files: tuple[str, bytes]) -> tuple[int, dict[str, Any]]:
        """Upload files of these names."""
        form = aiohttp.FormData()
        for name, content in files:
            form.add_field("file", content, filename=name)
        return await self.post("/uploads", form)

    async def order(self, kind: str, songs: list[str], **options: str) -> str:
        """Order something, and return the job."""
        form = [("kind", kind), *(("song", one) for one in songs), *options.items()]
        status, told = await self.post("/jobs", form)
        assert status == 200, told
        job: str = told["job"]
        return job

    async def state(self, job: str) -> dict[str, Any]:
        """How far a job is."""
        told = (await self.session.get(f"{self.address}/jobs")).json()
        return next(one for one in (await told)["jobs"] if one["id"] == job)

    async def until(self, job: str, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of these states."""
        async with asyncio.timeout(LONGEST_S):
            while (state := await self.state(job))["state"] not in states:
                await asyncio.sleep(0.05)
        return state


Serve = Callable[..., Any]


async def start(settings: Settings, port: int = 0) -> Served:
    """Serve the page; a port of 0 is any."""
    if not port:
        import socket

        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
    catalogue = Catalogue.open(settings)
    page = highlight_application(settings, catalogue)
    server = guarded_server(["true"], port, TOKEN, {ROOT: page})
    runner = web.AppRunner(await server._make_app())
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    session = aiohttp.ClientSession(cookies={f"utawaku_{port}": TOKEN},
                                    cookie_jar=aiohttp.CookieJar(unsafe=True))  # fmt: skip

    async def stop() -> None:
        await session.close()
        await runner.cleanup()
        catalogue.close()

    return Served(f"http://{HOST}:{port}{ROOT}", session, settings, catalogue, stop)


@pytest.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    """The page with an empty library."""
    made = await start(settings)
    yield made
    await made.stop()


@pytest.fixture
async def told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Served, Webhook]]:
    """The page, and the webhook that its notices reach."""
    with Webhook() as webhook:
        monkeypatch.setenv("UTAWAKU_NOTICES__WEBHOOK", webhook.url)
        made = await start(load_settings())
        yield made, webhook
        await made.stop()
