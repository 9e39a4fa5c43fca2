"""Playlists that were asked for, until they are made."""

from typing import Any

from textual.app import App
from textual.timer import Timer

from utawaku.library.errors import UtawakuError
from utawaku.library.language import tr
from utawaku.library.playlists import PlaylistOptions
from utawaku.library.records import Request
from utawaku.library.requests import MakePlaylist
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.services.error_reports import ErrorReports
from utawaku.tui.services.pipeline_control import PipelineControl
from utawaku.tui.text import shown

LOOK_EVERY_S = 1.0


class PlaylistRequests:
    """Files requests for playlists and says when they are done."""

    def __init__(
        self,
        app: App[Any],
        library: LibraryHandle,
        worker: CatalogueWorker,
        reports: ErrorReports,
        pipeline: PipelineControl,
    ) -> None:
        self._app = app
        self._library = library
        self._worker = worker
        self._reports = reports
        self._pipeline = pipeline
        self._open: set[int] = set()
        """Requests of this session whose outcome was not shown yet."""
        self._timer: Timer | None = None

    def file(self, options: PlaylistOptions) -> None:
        """File the request for a playlist."""

        def filed(request: Request) -> None:
            note = self._pipeline.wait_note()
            self._app.notify(
                tr("{name} will be made{note}", name=shown(options.name), note=note), markup=False
            )
            self._open.add(request.id)
            if self._timer is None:
                self._timer = self._app.set_interval(LOOK_EVERY_S, self._look)

        self._worker.write(
            lambda: self._library.catalogue.requests.file(MakePlaylist(options=options)), filed
        )

    def _look(self) -> None:
        waiting = sorted(self._open)
        requests = self._library.catalogue.requests

        def show(found: list[Request]) -> None:
            for request in found:
                if request.id in self._open:
                    self._show_outcome(request)
            if not self._open and self._timer is not None:
                self._timer.stop()
                self._timer = None

        self._worker.read(lambda: [requests.get(request_id) for request_id in waiting], show)

    def _show_outcome(self, request: Request) -> None:
        if request.state not in ("done", "failed", "cancelled"):
            return
        self._open.discard(request.id)
        name = shown(str(request.arguments.get("name", "")))
        if request.state == "failed":
            self._reports.report(UtawakuError(shown(request.message), subject=name))
        elif request.state == "done":
            self._app.notify(
                tr(
                    "{name} is ready ({message}). Y plays it.\n{target}",
                    name=name,
                    message=shown(request.message),
                    target=shown(request.target),
                ),
                timeout=10,
                markup=False,
            )
