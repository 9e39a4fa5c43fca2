"""Trains the taste model after each graded batch where no pipeline does it."""

from textual.app import App

from utawaku.library.errors import UtawakuError
from utawaku.library.language import tr
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.services.child_events import Child
from utawaku.tui.services.error_reports import ErrorReports
from utawaku.tui.services.pipeline_control import PipelineControl


class Retrainer:
    """Runs `utawaku train taste` once enough was graded, one at a time."""

    def __init__(
        self,
        app: App[int],
        library: LibraryHandle,
        worker: CatalogueWorker,
        pipeline: PipelineControl,
        reports: ErrorReports,
    ) -> None:
        self._app = app
        self._library = library
        self._worker = worker
        self._pipeline = pipeline
        self._reports = reports
        self._child: Child | None = None
        self._closed = False

    def graded(self) -> None:
        """Train if it is time. Call it on the event loop, after a grade was written."""
        if self._closed or self._child is not None or self._pipeline.is_running:
            return
        library = self._library
        self._worker.read(
            lambda: library.catalogue.taste.is_training_due(library.settings.taste), self._told
        )

    def close(self) -> None:
        """End a training; the next session begins it again."""
        self._closed = True
        if self._child is not None:
            self._child.stop()

    def _told(self, is_due: bool) -> None:
        if is_due and self._child is None and not self._closed:
            self._app.notify(tr("learning from your grades"))
            arguments = ["train", "taste", "--json"]
            self._child = Child(self._app, arguments, lambda _event: None, self._ended)

    def _ended(self, error: UtawakuError | None) -> None:
        self._child = None
        if error is not None:
            self._reports.report(error)
        else:
            self._app.notify(tr("learned from your grades: the queue is new"))
