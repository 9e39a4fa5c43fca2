"""Orders of the page, kept as files: what was ordered, how far it is, and what came of it."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from utawaku.library.errors import NotFoundError
from utawaku.library.files import atomic_path
from utawaku.web.names import is_id, new_id

_RECORD = "job.json"
KINDS = ("highlights", "playlist")
OPEN = ("queued", "running")
"""States of jobs that are not over."""
MAX_SONGS = 200


@dataclass
class Job:
    """One order for highlights or a playlist."""

    id: str
    kind: str
    """One of `KINDS`."""
    songs: list[str]
    """References of songs; see `songs.py`."""
    options: dict[str, Any]
    created_at: float
    state: str = "queued"
    """`queued`, `running`, `done`, `failed` or `cancelled`."""
    done: float = 0.0
    """Fraction in [0, 1]."""
    message: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)
    """Highlights, as the worker tells them."""
    failed: list[dict[str, str]] = field(default_factory=list)
    """Songs that could not be used: `ref`, `title`, `why`."""
    notes: list[dict[str, str]] = field(default_factory=list)
    """Songs that are not as was asked: `title`, `why`."""
    made: dict[str, Any] | None = None
    """The playlist: names of its files in the job's folder, chapters, length."""
    error: str = ""
    revision: int = 0
    """Grows with each change, so that a page sees that there is one."""

    @property
    def is_open(self) -> bool:
        """Return whether it waits or is worked on."""
        return self.state in OPEN

    def result_of(self, ref: str) -> dict[str, Any] | None:
        """Return the highlight of a song; None where there is none yet."""
        return next((one for one in self.results if one["ref"] == ref), None)

    def file_names(self) -> set[str]:
        """Return the names of files in its folder that may be served."""
        made = self.made or {}
        names = {one["sound"] for one in self.results if one.get("sound")}
        return names | {made[name] for name in ("file", "m3u8", "zip") if made.get(name)}


class Jobs:
    """The jobs in a folder; each change is on disk before anybody is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        found = (_read(path) for path in folder.glob(f"*/{_RECORD}"))
        self._jobs = {job.id: job for job in found if job}

    def all(self) -> list[Job]:
        """Return the jobs, the latest first."""
        return sorted(self._jobs.values(), key=lambda job: (-job.created_at, job.id))

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFoundError: there is none of this id (any more).
        """
        try:
            return self._jobs[job_id]
        except KeyError:
            raise NotFoundError("is no longer here", subject="the order") from None

    def folder_of(self, job: Job) -> Path:
        """Return the folder of a job's files."""
        return self._folder / job.id

    def add(self, kind: str, songs: Sequence[str], options: dict[str, Any]) -> Job:
        """File an order."""
        job = Job(new_id(), kind, list(songs), options, time.time())
        self._jobs[job.id] = job
        self.save(job)
        return job

    def save(self, job: Job) -> None:
        """Keep a change."""
        job.revision += 1
        folder = self.folder_of(job)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(folder / _RECORD) as temporary:
            temporary.write_text(json.dumps(asdict(job), ensure_ascii=False), "utf-8")

    def known_highlight(self, ref: str) -> dict[str, Any] | None:
        """Return the highlight that an earlier job found of a song; None where none did."""
        return next((found for job in self.all() if (found := job.result_of(ref))), None)

    def expire(self, now: float, keep_s: float) -> None:
        """Remove what is over and older than `keep_s` seconds."""
        for job in self.all():
            if not job.is_open and not 0 <= now - job.created_at < keep_s:
                self._jobs.pop(job.id)
                shutil.rmtree(self.folder_of(job), ignore_errors=True)


def _read(path: Path) -> Job | None:
    if not is_id(path.parent.name):
        return None
    try:
        values = json.loads(path.read_text("utf-8"))
        return Job(**{one.name: values[one.name] for one in fields(Job)})
    except (OSError, ValueError, KeyError, TypeError):
        return None  # of another version
