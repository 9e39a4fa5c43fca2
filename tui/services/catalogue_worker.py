"""Reads and writes of the catalogue in threads, so that the event loop stays free."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from textual.app import App

from utawaku.library.errors import UtawakuError
from utawaku.tui.services.error_reports import ErrorReports


class CatalogueWorker:
    """Runs jobs in threads and delivers their results on the event loop.

    An error of ours is reported; any other exception is a bug and ends the app.
    """

    def __init__(self, app: App[Any], reports: ErrorReports) -> None:
        self._app = app
        self._reports = reports
        self._reader = ThreadPoolExecutor(2, thread_name_prefix="read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="write")

    def write(
        self,
        job: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Run `job` after all earlier writes; call `done` with its result, or `failed`."""
        self._writer.submit(self._run, job, done, failed)

    def read(
        self,
        job: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[], None] | None = None,
    ) -> None:
        """Run `job` beside other reads; call `done` with its result, or `failed`."""
        self._reader.submit(self._run, job, done, failed)

    async def close(self) -> None:
        """Drop waiting reads and finish waiting writes."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self._writer.shutdown, wait=True)

    def _run(
        self,
        job: Callable[[], Any],
        done: Callable[[Any], None] | None,
        failed: Callable[[], None] | None,
    ) -> None:
        try:
            result = job()
        except UtawakuError as error:
            self._app.call_later(self._reports.report, error)
            if failed is not None:
                self._app.call_later(failed)
        except Exception as error:  # noqa: BLE001  (a bug: it ends the app with its traceback)
            self._app.call_later(self._crash, error)
        else:
            if done is not None:
                self._app.call_later(self._deliver, done, result)

    def _deliver(self, done: Callable[[Any], None], result: Any) -> None:
        # While the app closes, the widgets that wait for results are removed one by one.
        if self._app.is_running:
            done(result)

    def _crash(self, error: Exception) -> None:
        raise error
