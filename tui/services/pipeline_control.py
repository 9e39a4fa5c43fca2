"""The pipeline as the screens see it: whether it runs, how to start it, what to ask it for."""

import subprocess
import sys
import time
from typing import Any

from textual.app import App
from textual.timer import Timer

from utawaku.library.errors import UtawakuError
from utawaku.library.heartbeat import is_alive
from utawaku.library.language import in_english, tr
from utawaku.library.requests import AnyRequest
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.messages import PipelineChanged
from utawaku.tui.services.catalogue_worker import CatalogueWorker

START_TIMEOUT_S = 240
TELL_EVERY_S = 1.0
"""Time between two drawings of how long the start has taken."""


class PipelineControl:
    """Starts the pipeline and files requests for it."""

    def __init__(self, app: App[Any], library: LibraryHandle, worker: CatalogueWorker) -> None:
        self._app = app
        self._library = library
        self._worker = worker
        self.is_running = False
        """True where it ran at the last `look`."""
        self._starting_since: float | None = None
        self._timer: Timer | None = None

    @property
    def starting_s(self) -> float | None:
        """Seconds since the start was asked for; None unless it is starting."""
        since = self._starting_since
        return None if since is None else time.monotonic() - since

    def look(self) -> None:
        """Look whether it runs."""
        self.is_running = is_alive(self._library.place)

    def start(self) -> None:
        """Run `utawaku up --detach`."""
        self.look()
        if self.is_running:
            self._app.notify(tr("The pipeline already runs."))
            return
        if self._starting_since is not None:
            return
        self._starting_since = time.monotonic()
        self._tell()
        self._timer = self._app.set_interval(TELL_EVERY_S, self._tell)
        self._app.notify(tr("Starting the pipeline. This takes about 20 seconds."))
        # Not among the writes: it takes seconds, and grades must not wait for it.
        self._worker.read(self._start, self._started, self._failed)

    def _start(self) -> None:
        # Our own program, by the interpreter that runs us; no shell.
        try:
            finished = subprocess.run(
                [sys.executable, "-m", "utawaku", "up", "--detach"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=START_TIMEOUT_S,
                check=False,
                env=in_english(),
            )
        except subprocess.TimeoutExpired as error:
            raise UtawakuError(
                f"the pipeline did not start within {START_TIMEOUT_S} s",
                next_step="Run `utawaku up` in a terminal to see more",
            ) from error
        if finished.returncode:
            raise UtawakuError(
                f"the pipeline did not start ({finished.stderr.strip()[-300:]})",
                next_step="Run `utawaku up` in a terminal to see more",
            )

    def _tell(self) -> None:
        self._app.post_message(PipelineChanged())

    def _started(self, _result: Any) -> None:
        self._failed()
        self._app.notify(tr("The pipeline runs."))

    def _failed(self) -> None:
        self._starting_since = None
        if self._timer is not None:
            self._timer.stop()
        self.look()
        self._tell()

    def wait_note(self) -> str:
        """Return what to add to a notice about a request while the pipeline is off."""
        return "" if self.is_running else tr(" once the pipeline runs (P, then S)")

    def file_request(self, wanted: AnyRequest, notice: str) -> None:
        """File a request and say so."""
        self._worker.write(
            lambda: self._library.catalogue.requests.file(wanted),
            lambda _: self._app.notify(
                notice[:1].upper() + notice[1:] + self.wait_note(), markup=False
            ),
        )
