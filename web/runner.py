"""Work on the orders: one after another, each in a worker process."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.services.webhook import announce
from utawaku.web.jobs import Job, Jobs
from utawaku.web.songs import ChosenSong, SongSource
from utawaku.web.worker_process import WorkerProcess

_LOG = logging.getLogger(__name__)
_SAVE_EVERY_S = 0.5
BROKE_DOWN = "it broke the program that reads it"


@dataclass
class _Run:
    """The order that is being worked on."""

    job: Job
    worker: WorkerProcess
    current: tuple[str, str] = ("", "")
    """Reference and title of the song it has begun."""
    saved_at: float = 0.0


class Runner:
    """The queue of orders. Orders that a former server left open go on."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, jobs: Jobs, songs: SongSource
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._jobs = jobs
        self._songs = songs
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._run: _Run | None = None

    def start(self) -> None:
        """Begin to work, with what was left open, the oldest first."""
        for job in reversed(self._jobs.all()):
            if job.is_open:
                job.state, job.message = "queued", "goes on after a restart"
                # The joining is done again, and tells again what it left out.
                job.failed = [one for one in job.failed if one["ref"]]
                self._jobs.save(job)
                self.put(job)
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End at once; what is open goes on with the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def put(self, job: Job) -> None:
        """Add an order to the queue."""
        self._queue.put_nowait(job.id)

    async def cancel(self, job: Job) -> None:
        """Give an order up; what was found stays. One that is over stays as it is."""
        if not job.is_open:
            return
        job.state, job.message = "cancelled", ""
        self._jobs.save(job)
        if self._run is not None and self._run.job is job:
            await self._run.worker.end()

    async def _work(self) -> None:
        while True:
            job = self._jobs.get(await self._queue.get())
            if job.state != "queued":
                continue
            try:
                await self._serve(job)
            except Exception as error:  # noqa: BLE001 - one order's trouble is not the next one's
                _LOG.exception("an order of the highlight page failed")
                self._end(job, "failed", f"{type(error).__name__}: {error}")
            if job.state in ("done", "failed"):
                await self._announce(job)

    async def _serve(self, job: Job) -> None:
        job.state, job.message = "running", "starting"
        self._jobs.save(job)
        while job.state == "running":
            order = await self._order_of(job)
            if not order["songs"]:
                self._end(job, "failed", "No song of it can be used.")
                return
            self._run = _Run(job, WorkerProcess())
            try:
                async for event in self._run.worker.events(order):
                    self._take(self._run, event)
            finally:
                run, self._run = self._run, None
            if job.state != "running":
                return  # cancelled
            if run.worker.exit_code == 0:
                self._end(job, "failed" if job.error else "done", job.error)
            elif run.current[0]:
                # The song that it was at is left out, and the others go on.
                self._fail(job, *run.current, BROKE_DOWN)
            else:
                self._end(job, "failed", f"the worker ended with code {run.worker.exit_code}")

    async def _order_of(self, job: Job) -> dict[str, Any]:
        """Return what the worker is told; a song that is gone is named in the job."""
        left_out = {one["ref"] for one in job.failed}
        refs = [ref for ref in job.songs if ref not in left_out]
        songs = []
        for ref, song in await asyncio.to_thread(self._resolved, refs):
            if isinstance(song, str):
                self._fail(job, ref, ref, song)
                continue
            songs.append(
                {
                    "ref": ref,
                    "title": song.title,
                    "artist": song.artist,
                    "path": str(song.path),
                    "result": job.result_of(ref),
                    "known": song.known or self._jobs.known_highlight(ref),
                }
            )
        folder = str(self._jobs.folder_of(job))
        return {"kind": job.kind, "options": job.options, "songs": songs, "folder": folder}

    def _resolved(self, refs: Sequence[str]) -> list[tuple[str, ChosenSong | str]]:
        """Each reference with its song, or why there is none."""
        found: list[tuple[str, ChosenSong | str]] = []
        for ref in refs:
            try:
                found.append((ref, self._songs.resolve(ref)))
            except UtawakuError as error:
                found.append((ref, str(error)))
        return found

    def _take(self, run: _Run, event: dict[str, Any]) -> None:
        """Keep what the worker tells."""
        job, kind = run.job, event.pop("event")
        if kind == "begin":
            run.current = (event["ref"], event["title"])
        elif kind == "progress":
            job.done, job.message = event["done"], event["message"]
            if time.monotonic() - run.saved_at < _SAVE_EVERY_S:
                return
            run.saved_at = time.monotonic()
        elif kind == "highlight":
            if job.result_of(event["result"]["ref"]) is None:
                job.results.append(event["result"])
        elif kind == "failed":
            self._fail(job, event["ref"], event["title"], event["why"])
            return
        elif kind == "made":
            job.notes = event.pop("notes")
            job.made = event
        elif kind == "error":
            job.error = event["text"]
        self._jobs.save(job)

    def _fail(self, job: Job, ref: str, title: str, why: str) -> None:
        job.failed.append({"ref": ref, "title": title, "why": why})
        self._jobs.save(job)

    def _end(self, job: Job, state: str, error: str = "") -> None:
        if state == "done" and not job.results:
            state, error = "failed", "No song of it can be used."
        job.state, job.error, job.message = state, error, ""
        job.done = 1.0 if state == "done" else job.done
        self._jobs.save(job)

    async def _announce(self, job: Job) -> None:
        """Keep a notice in the catalogue, and post it."""
        what = "playlist" if job.kind == "playlist" else "highlights"
        if job.state == "failed":
            level, title = "failure", f"The {what} ordered on the highlight page failed"
        else:
            level = "warning" if job.failed else "success"
            title = f"The {what} ordered on the highlight page: done"
        lines = [f"{len(job.results)} songs", *filter(None, [job.error])]
        lines += [f"{one['title']}: {one['why']}" for one in job.failed[:10]]
        body = "\n".join(lines)
        kept_as = {"success": "info", "failure": "error"}.get(level, level)
        await asyncio.to_thread(self._catalogue.notices.add, kept_as, title, body=body)
        await asyncio.to_thread(announce, self._settings, level, title, body)
