"""Uploads: streamed to disk, within the limits, opened before they are kept."""

import time

from aiohttp import BodyPartReader, web

from utawaku.library.errors import NotFoundError, UtawakuError
from utawaku.library.language import translated
from utawaku.library.web_settings import MB
from utawaku.web.answers import accept, refuse, wants_json
from utawaku.web.pages import render, whole_page
from utawaku.web.service import SERVICE
from utawaku.web.uploads import Upload, Uploads, UploadTooLargeError, shown_name
from utawaku.web.worker_process import inspect_in_worker

_PIECE = 1 << 18
_HEADERS = 100_000
"""Bytes of a request that are no file: names, boundaries."""


async def upload(request: web.Request) -> web.StreamResponse:
    """Take the files of a form. One that is refused is named, and the others are taken."""
    service = request.app[SERVICE]
    most = service.settings.web.max_total_mb * MB + _HEADERS
    if (request.content_length or 0) > most:
        limit = f"{service.settings.web.max_total_mb:,} MB"
        return refuse(request, f"All files together may take {limit}.", status=413)
    try:
        reader = await request.multipart()
    except (AssertionError, ValueError):
        return refuse(request, "Send the files as a form.", status=400)
    kept: list[Upload] = []
    problems: list[str] = []
    status = 400
    async for field in reader:
        if not isinstance(field, BodyPartReader) or not field.filename:
            continue
        try:
            kept.append(await _take(field, service.uploads))
        except UploadTooLargeError as error:
            problems.append(str(error))
            status = 413
        except UtawakuError as error:
            name = shown_name(field.filename)
            problems.append(f"{name}: {error.problem}. {error.next_step}".strip())
            status = 415
        except OSError as error:
            problems.append(f"{shown_name(field.filename)}: cannot be kept ({error.strerror})")
            status = 507
        await _skip(field, most)
    if not kept and not problems:
        return refuse(request, "Choose a file first.", status=400)
    if wants_json(request):
        told = {
            "uploads": [one.id for one in kept],
            "problems": [translated(one) for one in problems],
        }
        return web.json_response(told, status=200 if kept else status)
    if problems:
        return whole_page(service, problems=problems, status=200 if kept else status)
    return accept(request)


async def _take(field: BodyPartReader, uploads: Uploads) -> Upload:
    arrival = uploads.begin(field.filename or "")
    try:
        while piece := await field.read_chunk(_PIECE):
            arrival.write(piece)
        arrival.close()
        return arrival.keep(await inspect_in_worker(arrival.path), time.time())
    except BaseException:  # also where the browser goes away
        arrival.drop()
        raise


async def _skip(field: BodyPartReader, most: int) -> None:
    """Read the rest of a file that is not kept, so that those behind it are found."""
    n_read = 0
    while piece := await field.read_chunk(_PIECE):
        n_read += len(piece)
        if n_read > most:
            raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=n_read)


async def show_uploads(request: web.Request) -> web.StreamResponse:
    """Return the list of uploads, as a part of the page."""
    uploads = request.app[SERVICE].uploads.all()
    return render("uploads.html", uploads=uploads, chosen=set(request.query.getall("song", [])))


async def remove_upload(request: web.Request) -> web.StreamResponse:
    """Remove an upload."""
    try:
        request.app[SERVICE].uploads.remove(request.match_info["upload"])
    except NotFoundError as error:
        return refuse(request, str(error), status=404)
    return accept(request)
