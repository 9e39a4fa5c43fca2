"""The page and the parts of it that its script asks for, from `templates/`."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from utawaku.library.language import language, tr, translated, trn
from utawaku.library.time_format import clock
from utawaku.library.words import word
from utawaku.web import curve
from utawaku.web.jobs import MAX_SONGS, Job
from utawaku.web.service import Service
from utawaku.web.songs import UPLOAD, ChosenSong

ROOT = "/highlights"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("utawaku.web"),
        autoescape=True,  # titles and names come from anywhere
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["clock"] = clock
    made.globals.update(
        root=ROOT,
        tr=tr,
        trn=trn,
        word=word,
        translated=translated,
        language=language,
        curve=curve,
        sound_address=sound_address,
        file_address=file_address,
        upload_kind=UPLOAD,
        max_songs=MAX_SONGS,
    )
    return made


def sound_address(ref: str) -> str:
    """Return the address of a song's own file."""
    kind, _, name = ref.partition(":")
    return f"{ROOT}/sound/{quote(kind, safe='')}/{quote(name, safe='')}"


def file_address(job: Job, name: str) -> str:
    """Return the address of a file that a job made."""
    return f"{ROOT}/jobs/{job.id}/files/{quote(name, safe='')}"


def render(template: str, **values: Any) -> web.Response:
    """Return a template as an answer."""
    text = _environment().get_template(template).render(**values)
    return web.Response(text=text, content_type="text/html")


def whole_page(
    service: Service,
    *,
    found: Sequence[ChosenSong] = (),
    query: str | None = None,
    chosen: Sequence[str] = (),
    problems: Sequence[str] = (),
    thanks: str = "",
    status: int = 200,
) -> web.Response:
    """Return the page.

    Args:
        service: what there is to show.
        found: songs that the search found.
        query: the search; None where nothing was searched for.
        chosen: references of songs that are ticked.
        problems: sentences about what went wrong.
        thanks: what is said about a feedback.
        status: of the answer.
    """
    jobs = service.jobs.all()
    answer = render(
        "page.html",
        uploads=service.uploads.all(),
        limits=service.settings.web,
        found=found,
        query=query,
        chosen=set(chosen),
        jobs=jobs,
        problems=problems,
        thanks=thanks,
        is_working=any(job.is_open for job in jobs),
        is_public=service.is_public,
        shows_library=service.songs.shows_library,
    )
    answer.set_status(status)
    return answer
