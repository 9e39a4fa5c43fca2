"""Orders for highlights and playlists: given, watched, cancelled, and their files."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from utawaku.library.errors import NotFoundError, PlaylistError
from utawaku.library.playlists import MAX_CROSSFADE_S, ORDERS
from utawaku.web.answers import accept, refuse
from utawaku.web.jobs import KINDS, MAX_SONGS, Job
from utawaku.web.pages import ROOT, render
from utawaku.web.service import SERVICE

FORMATS = {"m4a": "audio/mp4", "mp3": "audio/mpeg", "opus": "audio/ogg"}
"""Of a playlist, with the type that a browser plays it as."""
_DOWNLOADS = {"m3u8": "application/vnd.apple.mpegurl", "zip": "application/zip"}


async def order(request: web.Request) -> web.StreamResponse:
    """File an order for the chosen songs."""
    service = request.app[SERVICE]
    form = await request.post()
    songs = list(dict.fromkeys(str(ref) for ref in form.getall("song", [])))
    kind = str(form.get("kind", ""))
    if kind not in KINDS:
        return refuse(request, "Order highlights or a playlist.", status=400)
    if not songs:
        return refuse(request, "Choose songs first.", status=400)
    if len(songs) > MAX_SONGS:
        return refuse(request, f"Choose {MAX_SONGS} songs at most.", status=400)
    if sum(job.is_open for job in service.jobs.all()) >= service.settings.web.max_jobs:
        return refuse(request, "Too many orders wait. Try again when one is done.", status=429)
    try:
        options = read_options({name: str(value) for name, value in form.items()})
    except PlaylistError as error:
        return refuse(request, str(error), status=400)
    job = service.jobs.add(kind, songs, options if kind == "playlist" else {})
    service.runner.put(job)
    return accept(request, to=f"{ROOT}#job-{job.id}", job=job.id)


def read_options(form: Mapping[str, str]) -> dict[str, Any]:
    """Return how a playlist is wanted, from the fields of a form.

    Raises:
        PlaylistError: a field holds what is not offered.
    """
    chosen_order, form_of = form.get("order", "bpm"), form.get("format", "m4a")
    try:
        crossfade_s = float(form.get("crossfade", "4"))
    except ValueError:
        crossfade_s = -1.0
    if not 0 <= crossfade_s <= MAX_CROSSFADE_S:
        raise PlaylistError(f"A crossfade takes 0 to {MAX_CROSSFADE_S:.0f} seconds")
    if chosen_order not in ORDERS or form_of not in FORMATS:
        raise PlaylistError("There is no such order or format")
    return {
        "highlights": form.get("of", "highlights") == "highlights",
        "order": chosen_order,
        "crossfade_s": crossfade_s,
        "format": form_of,
    }


async def show_states(request: web.Request) -> web.StreamResponse:
    """Return how far all orders are, as JSON, for a page that watches."""
    jobs = request.app[SERVICE].jobs.all()
    names = ("id", "revision", "state", "done", "message")
    return web.json_response({"jobs": [{name: getattr(job, name) for name in names}
                                       for job in jobs]})  # fmt: skip


async def show_job(request: web.Request) -> web.StreamResponse:
    """Return an order and its results, as a part of the page."""
    return render("job.html", job=_job_of(request))


async def cancel(request: web.Request) -> web.StreamResponse:
    """Give an order up."""
    job = _job_of(request)
    await request.app[SERVICE].runner.cancel(job)
    return accept(request, to=f"{ROOT}#job-{job.id}", state=job.state)


async def job_file(request: web.Request) -> web.StreamResponse:
    """Return a file that an order made: to hear (any bytes of it), or to keep (`?download`)."""
    job, name = _job_of(request), request.match_info["name"]
    path = request.app[SERVICE].jobs.folder_of(job) / name
    # The names of the record are those of our own files, and of nothing outside of the folder.
    if name not in job.file_names() or not path.is_file():
        raise web.HTTPNotFound(text="there is no such file")
    ending = path.suffix.removeprefix(".")
    headers = {"Content-Type": {**FORMATS, **_DOWNLOADS}[ending]}
    if "download" in request.query or ending in _DOWNLOADS:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return web.FileResponse(path, headers=headers)


def _job_of(request: web.Request) -> Job:
    try:
        return request.app[SERVICE].jobs.get(request.match_info["job"])
    except NotFoundError as error:
        raise web.HTTPNotFound(text=str(error)) from error
