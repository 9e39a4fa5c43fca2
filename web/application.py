"""The highlight page as one aiohttp application, to be mounted at `pages.ROOT` behind the guard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.web import feedback_handlers, job_handlers, song_handlers, upload_handlers
from utawaku.web.security import add_headers, only_from_own_pages
from utawaku.web.service import SERVICE, Service

STATIC = Path(__file__).parent / "static"
_EXPIRE_EVERY_S = 600.0


def highlight_application(
    settings: Settings, catalogue: Catalogue, *, is_public: bool = False
) -> web.Application:
    """Return the page; orders are worked on while it runs.

    Args:
        settings: limits, and where things lie.
        catalogue: of the library; the caller closes it.
        is_public: for others than this machine's user: no link to the terminal, and songs of the
            library only where the settings say so.
    """
    app = web.Application(middlewares=[only_from_own_pages])
    app[SERVICE] = Service.of(settings, catalogue, is_public=is_public)
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(_working)
    app.add_routes(
        [
            web.get("", song_handlers.show_page),
            web.get("/songs", song_handlers.search),
            web.get("/sound/{kind}/{name}", song_handlers.sound),
            web.get("/uploads", upload_handlers.show_uploads),
            web.post("/uploads", upload_handlers.upload),
            web.post("/uploads/{upload}/remove", upload_handlers.remove_upload),
            web.get("/jobs", job_handlers.show_states),
            web.post("/jobs", job_handlers.order),
            web.get("/jobs/{job}", job_handlers.show_job),
            web.post("/jobs/{job}/cancel", job_handlers.cancel),
            web.get("/jobs/{job}/files/{name}", job_handlers.job_file),
            web.post("/feedback", feedback_handlers.take_feedback),
            web.static("/static", STATIC),
        ]
    )
    return app


async def _working(app: web.Application) -> AsyncIterator[None]:
    """Work while the server runs: orders, and the removal of what is old."""
    service = app[SERVICE]
    await asyncio.to_thread(service.expire)
    service.runner.start()
    removal = asyncio.create_task(_remove_old(service))
    yield
    removal.cancel()
    with suppress(asyncio.CancelledError):
        await removal
    await service.runner.stop()


async def _remove_old(service: Service) -> None:
    while True:
        await asyncio.sleep(_EXPIRE_EVERY_S)
        await asyncio.to_thread(service.expire)
