"""The parts of the highlight page that its handlers share."""

import time
from dataclasses import dataclass

from aiohttp import web

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.web.jobs import Jobs
from utawaku.web.runner import Runner
from utawaku.web.songs import UPLOAD, SongSource
from utawaku.web.uploads import Uploads


@dataclass(frozen=True)
class Service:
    """Everything that a request may need."""

    settings: Settings
    catalogue: Catalogue
    uploads: Uploads
    jobs: Jobs
    songs: SongSource
    runner: Runner
    is_public: bool = False

    @classmethod
    def of(cls, settings: Settings, catalogue: Catalogue, *, is_public: bool = False) -> "Service":
        """Put it together from what lies on disk."""
        uploads = Uploads(settings.web_dir / "uploads", settings.web)
        jobs = Jobs(settings.web_dir / "jobs")
        shows_library = not is_public or settings.web.public_library
        songs = SongSource(settings, catalogue, uploads, shows_library=shows_library)
        runner = Runner(settings, catalogue, jobs, songs)
        return cls(settings, catalogue, uploads, jobs, songs, runner, is_public)

    def expire(self) -> None:
        """Remove what is older than the settings allow, unless it is worked on."""
        now = time.time()
        self.jobs.expire(now, self.settings.web.keep_hours * 3600)
        waiting = [ref for job in self.jobs.all() if job.is_open for ref in job.songs]
        busy = frozenset(ref.partition(":")[2] for ref in waiting if ref.startswith(UPLOAD))
        self.uploads.expire(now, busy=busy)


SERVICE: web.AppKey[Service] = web.AppKey("service", Service)
