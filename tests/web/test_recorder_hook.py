"""The hook for recorders: real posts over HTTP, with what real recorders send."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.ports import free_port
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.web_guard import HOOK_ROOT, HOST
from utawaku.tui.serve import guarded_server
from utawaku.web.recorder_hook import hook_address, hook_application, hook_guard


@dataclass
class Hook:
    """A served hook, and the folder of the recorder."""

    origin: str
    token: str
    folder: Path
    catalogue: Catalogue

    async def post(self, told: Any, *, path: str = "", **headers: str) -> int:
        address = hook_address(self.token, origin=self.origin)
        url = self.origin + path if path else address
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, json=told, headers=headers) as answer,
        ):
            return answer.status

    def asked(self) -> list[tuple[str, list[str], str]]:
        return [
            (one.target, list(one.arguments.get("parts", ())), one.asked_by)
            for one in reversed(self.catalogue.requests.recent())
        ]


@pytest.fixture
async def hook(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hook]:
    folder = tmp_path / "录播"
    folder.mkdir()
    monkeypatch.setenv("UTAWAKU_WATCH__RECORDER_FOLDER", str(folder))
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    port = free_port()
    guard = hook_guard(settings)
    pages = {HOOK_ROOT: hook_application(settings, catalogue)}
    server = guarded_server(["true"], port, "another-secret", pages, [guard])
    runner = web.AppRunner(await server._make_app())
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    yield Hook(f"http://{HOST}:{port}", guard.token, folder, catalogue)
    await runner.cleanup()
    catalogue.close()


def bililive(event: str, path: str) -> dict[str, Any]:
    """What BililiveRecorder posts (webhook v2)."""
    return {
        "EventType": event,
        "EventTimestamp": "2026-05-14T17:52:44.4960899+08:00",
        "EventId": "98f85267-e08c-4f15-ad9a-1fc463d42b0f",
        "EventData": {
            "RelativePath": path,
            "FileSize": 816412,
            "Duration": 4.992,
            "SessionId": "b6c4e5ab-0d0c-4c39-a6bb-a5ed8e0a4bd3",
            "RoomId": 23058,
            "Name": "3号直播间",
        },
    }


async def test_a_closed_file_of_each_recorder_is_asked_for_once(hook: Hook) -> None:
    for name in ("a.flv", "b.flv", "c.mp4", "d.flv", "e.flv"):
        (hook.folder / name).write_bytes(b"x")
    assert await hook.post(bililive("FileClosed", "a.flv")) == 202
    assert await hook.post(bililive("FileClosed", "a.flv")) == 204  # it was posted again
    blrec = {"id": "1", "date": "2026-05-14", "type": "VideoFileCompletedEvent",
             "data": {"room_id": 23058, "path": str(hook.folder / "b.flv")}}  # fmt: skip
    assert await hook.post(blrec) == 202
    assert await hook.post({"path": "c.mp4"}) == 202
    assert await hook.post({"paths": ["d.flv", "e.flv"]}) == 202
    assert await hook.post(bililive("SessionStarted", "a.flv")) == 204
    whole = [str((hook.folder / name).resolve()) for name in ("a.flv", "b.flv", "c.mp4", "d.flv")]
    assert [target for target, _parts, _by in hook.asked()] == whole
    last = str((hook.folder / "e.flv").resolve())
    assert hook.asked()[-1] == (whole[-1], [whole[-1], last], "recorder")


async def test_nothing_outside_of_the_folder_and_no_nonsense_is_taken(
    hook: Hook, tmp_path: Path
) -> None:
    (tmp_path / "secret.flv").write_bytes(b"x")
    (hook.folder / "link.flv").symlink_to(tmp_path / "secret.flv")
    (hook.folder / "notes.txt").write_bytes(b"x")
    for path in ("../secret.flv", str(tmp_path / "secret.flv"), "link.flv", "notes.txt",
                 "gone.flv", "a\0b.flv", ".", "x" * 5000 + ".flv"):  # fmt: skip
        assert await hook.post({"path": path}) == 400, path
    for told in ([], "a", {}, {"path": 3}, {"paths": []}, {"EventType": "FileClosed"}):
        assert await hook.post(told) == 400, told
    assert hook.asked() == []


async def test_only_who_shows_the_token_may_post(hook: Hook) -> None:
    (hook.folder / "a.flv").write_bytes(b"x")
    told = {"path": "a.flv"}
    assert await hook.post(told, path="/hooks/wrong/file-closed") == 403
    assert await hook.post(told, path="/hooks/file-closed") == 401
    assert await hook.post(told, path="/hooks/file-closed", Authorization="Bearer wrong") == 401
    elsewhere = {"Origin": "http://evil.example"}
    assert await hook.post(told, path=f"/hooks/{hook.token}/file-closed", **elsewhere) == 403
    assert await hook.post(told, path=f"/?token={hook.token}") == 403
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{hook.origin}/hooks/{hook.token}/file-closed") as answer,
    ):
        assert answer.status == 403
    assert hook.asked() == []
    bearer = f"Bearer {hook.token}"
    assert await hook.post(told, path="/hooks/file-closed", Authorization=bearer) == 202


async def test_without_a_folder_it_says_which_setting_is_missing(
    settings: Settings,
) -> None:
    from utawaku.library.errors import ConfigError
    from utawaku.web.recorder_hook import file_request

    catalogue = Catalogue.open(settings)
    with pytest.raises(ConfigError, match="recorder_folder"):
        file_request({"path": "a.flv"}, catalogue, settings)
    catalogue.close()
