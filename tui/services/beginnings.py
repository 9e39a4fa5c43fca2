"""Ways to fill an empty library, and how far they are."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.app import App

from utawaku.library.errors import UtawakuError
from utawaku.library.language import tr, translated
from utawaku.library.requests import AnyRequest
from utawaku.library.words import word
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.services.child_events import Child
from utawaku.tui.services.pipeline_control import PipelineControl
from utawaku.tui.widgets.first_minute import Step

N_SHOWN = 5
_LATEST = 20


class Beginnings:
    """Starts what the user chose; the pipeline is started with it."""

    def __init__(
        self,
        app: App[Any],
        library: LibraryHandle,
        worker: CatalogueWorker,
        pipeline: PipelineControl,
    ) -> None:
        self._app = app
        self._library = library
        self._worker = worker
        self._pipeline = pipeline
        self._demo: Child | None = None
        self._demo_step: Step | None = None

    def make_demo(self) -> None:
        """Run `utawaku demo`, which ingests by itself."""
        if self._demo is None:
            self._demo_step = Step(tr("The demo"), tr("is being prepared …"))
            self._demo = Child(self._app, ["demo", "--events"], self._heard, self._ended)

    def file(self, wanted: Sequence[AnyRequest]) -> None:
        """File requests, and start the pipeline unless it runs."""
        requests = self._library.catalogue.requests

        def filed(_result: Any) -> None:
            self._pipeline.look()
            if not self._pipeline.is_running:
                self._pipeline.start()

        self._worker.write(lambda: [requests.file(one) for one in wanted], filed)

    def look(self, tell: Callable[[list[Step]], None]) -> None:
        """Tell, on the event loop, what goes on now."""
        library = self._library
        self._worker.read(lambda: _running(library), lambda found: tell([*self._own(), *found]))

    def close(self) -> None:
        """End the demo that is being made."""
        if self._demo is not None:
            self._demo.stop()

    def _own(self) -> list[Step]:
        own = [self._demo_step] if self._demo_step is not None else []
        if (since_s := self._pipeline.starting_s) is not None:
            own.append(
                Step(
                    tr("The pipeline is starting"),
                    tr("{since_s:.0f} s of about 20", since_s=since_s),
                )
            )
        return own

    def _heard(self, event: dict[str, Any]) -> None:
        if event.get("event") == "making":
            self._demo_step = Step(
                tr("The demo is sung"), translated(str(event["message"])), event["share"]
            )
        elif event.get("event") == "made":
            self._demo_step = Step(
                tr("The demo is cut into songs"), tr("the first time, models are fetched")
            )
        elif event.get("event") == "ingested":
            self._demo_step = None

    def _ended(self, error: UtawakuError | None) -> None:
        self._demo = None
        if error is not None:
            told = translated(f"{error.problem}. {error.next_step}".strip(". "))
            self._demo_step = Step(tr("The demo failed:"), told, failed=True)


def _running(library: LibraryHandle) -> list[Step]:
    """Return what was asked for and what is being made; runs off the event loop."""
    catalogue = library.catalogue
    steps = []
    for request in catalogue.requests.recent(limit=_LATEST):
        name = request.target if "://" in request.target else Path(request.target).name
        if request.state == "failed":
            steps.append(Step(name, translated(request.message), failed=True))
        elif request.state in ("queued", "running"):
            told = translated(request.message) or (
                tr("waits for the pipeline") if request.state == "queued" else ""
            )
            steps.append(Step(name, told, request.progress if request.state == "running" else None))
    states = catalogue.assets.in_state("running", limit=N_SHOWN)
    titles = catalogue.streams.titles({state.stream_id for state in states})
    for state in states:
        title = titles.get(state.stream_id, state.stream_id)
        steps.append(
            Step(word(state.asset), f"{translated(state.message)}  {title}", state.progress)
        )
    return steps[:N_SHOWN]
