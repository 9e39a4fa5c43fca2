"""A webhook for recorders, as one aiohttp application: a file that they have closed is ingested.

Understood are the webhook v2 of BililiveRecorder (`EventType`, `EventData.RelativePath`), that of
blrec (`type`, `data.path`), and a plain `{"path": ...}` or `{"paths": [...]}` of any program.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import ConfigError, NotFoundError, UsageError, UtawakuError
from utawaku.library.requests import Ingest
from utawaku.library.web_guard import HOOK_PLACE, HOOK_ROOT, PathGuard, lasting_token
from utawaku.media.folders import MEDIA_SUFFIXES

TOKEN_FILE = "hook-token"
"""In the folder of the data; delete it to make the address that recorders have worthless."""
MAX_BYTES = 100_000
MAX_PATHS = 200
CLOSED = ("FileClosed", "VideoFileCompletedEvent", "VideoPostprocessingCompletedEvent")
"""Events of recorders after which a file is complete."""
_ASKED_BY = "recorder"


def hook_guard(settings: Settings) -> PathGuard:
    """The guard of the hook; its token lasts, as recorders keep the address."""
    token = lasting_token(settings.data_dir / TOKEN_FILE)
    return PathGuard(HOOK_ROOT, (HOOK_PLACE,), ("POST",), token)


def hook_address(token: str, *, origin: str) -> str:
    """Return the address that a recorder posts to."""
    return f"{origin}{HOOK_ROOT}/{token}/{HOOK_PLACE}"


def paths_told(told: Any) -> list[str]:
    """Return the paths of closed files in what was posted; none for another event.

    Raises:
        UsageError: it is nothing that is understood.
    """
    if not isinstance(told, Mapping):
        raise UsageError("an object is wanted", subject="JSON")
    event = told.get("EventType") or told.get("type")
    if isinstance(event, str):
        data = told.get("EventData") or told.get("data")
        if event not in CLOSED:
            return []
        found = [data.get("RelativePath") or data.get("path")] if isinstance(data, Mapping) else []
    else:
        found = told["paths"] if isinstance(told.get("paths"), list) else [told.get("path")]
    if (
        not found
        or len(found) > MAX_PATHS
        or not all(isinstance(one, str) and one for one in found)
    ):
        raise UsageError("it names no file", subject="JSON")
    return [str(one) for one in found]


def file_below(folder: Path, told: str) -> Path:
    """Return the file that a recorder means; `told` counts from `folder`, or is absolute.

    Raises:
        NotFoundError: it is not there, is no media file, or lies elsewhere.
    """
    root = folder.expanduser().resolve()
    try:
        path = (root / told).resolve()
        is_there = path.is_relative_to(root) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        is_there = False
    if not is_there or path.suffix.lower() not in MEDIA_SUFFIXES:
        raise NotFoundError("there is no such recording in watch.recorder_folder", subject=told)
    return path


def file_request(told: Any, catalogue: Catalogue, settings: Settings) -> int:
    """Ask for what was posted; return the number of files, 0 for another event or one known.

    Raises:
        ConfigError: no `watch.recorder_folder` is set.
        UsageError, NotFoundError: as above.
    """
    named = paths_told(told)
    if not named:
        return 0
    folder = settings.watch.recorder_folder
    if folder is None:
        raise ConfigError(
            "no folder of recordings is set",
            subject="watch.recorder_folder",
            next_step="`utawaku settings watch.recorder_folder FOLDER`",
        )
    files = [file_below(folder, one) for one in named]
    parts = tuple(str(file) for file in files) if len(files) > 1 else ()
    # A file that was recorded anew under its name is another one.
    since = max(file.stat().st_mtime for file in files)
    wanted = Ingest(source=str(files[0]), parts=parts)
    return len(files) if catalogue.requests.file_once(wanted, since=since, by=_ASKED_BY) else 0


def hook_application(settings: Settings, catalogue: Catalogue) -> web.Application:
    """Return the hook, to be mounted at `HOOK_ROOT` behind the guard of `hook_guard`."""

    async def take(request: web.Request) -> web.StreamResponse:
        try:
            told = json.loads(await request.read())
        except ValueError as error:
            raise web.HTTPBadRequest(text="JSON is wanted") from error
        try:
            n_files = await asyncio.to_thread(file_request, told, catalogue, settings)
        except (UsageError, NotFoundError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        except UtawakuError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from error
        return web.Response(status=202 if n_files else 204)

    app = web.Application(client_max_size=MAX_BYTES)
    for token in ("", "/{token}"):
        app.router.add_post(f"{token}/{HOOK_PLACE}", take)
    return app
