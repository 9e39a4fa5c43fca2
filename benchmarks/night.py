"""A night of streams in less time than a night; `hands_off.py night` runs it.

The local sites post within `limit_s` what channels post in a night: `hours` of karaoke streams of
`minutes` each, in turn through a followed feed and through the watched folder. The clock of the
pipeline stands so that the nightly maintenance falls into the middle of the run. On the way the
feed is out of order for a while, one recording drops its connection twice, one is refused at first,
one is gone for good, and two files hold no sound; somebody grades the songs of the first streams.
Nothing else is done by hand. Memory, files, runs, requests and notices are counted.
"""

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from soak import HOOK, METRICS_PORT, PORT, Sample, as_feed, ask_pages, report, take, write

from benchmarks import watching_home
from benchmarks.jumped_clock import jumped_clock

ROOT = Path(__file__).parent.parent
EVERY_S = 10.0
FILES_EVERY_S = 60.0
GRADED = 12
"""Songs that get a grade in the course of the night."""
MAINTENANCE = (4, 17)
"""Hour and minute (UTC) of the schedule `nightly_maintenance_schedule`."""
OPEN = ("queued", "running")


@dataclass
class Giver:
    """Streams of the night: made one ahead by another process, given at even distances."""

    made: Path
    watched: Path
    site: Any
    feed: list[str]
    n_streams: int
    minutes: float
    pool: ProcessPoolExecutor
    n_given: int = 0
    n_gone: int = 0
    next_one: Future[Any] | None = None
    given: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Let the next stream be made."""
        if self.next_one is None and self.n_given < self.n_streams:
            path = self.made / f"evening-{self.n_given:02}.opus"
            self.next_one = self.pool.submit(make_stream, str(path), self.n_given, self.minutes)

    def give(self) -> bool:
        """Give the stream that is made; False if it is not yet."""
        if self.next_one is None or not self.next_one.done():
            return False
        self.next_one.result()
        path = self.made / f"evening-{self.n_given:02}.opus"
        if self.n_given % 3 == 2:
            shutil.copy(path, self.watched)
        else:
            self.post(path.name, path.read_bytes())
        path.unlink()
        self.next_one = None
        self.n_given += 1
        self.prepare()
        return True

    def post(self, name: str, content: bytes, *faults: Any) -> None:
        """Put a recording on the site and into its feed."""
        self.site.add(f"/{name}", content, "audio/ogg").faults += faults
        self.feed.insert(0, self.site.url(f"/{name}"))


def make_stream(path: str, number: int, minutes: float) -> None:
    """Make one stream; runs in a process of its own."""
    from utawaku.demo import make_demo_stream

    make_demo_stream(Path(path), seed=7000 + number, minutes=minutes, info_json=False)


def seconds_to_maintenance(in_s: float) -> int:
    """Return by how much a clock must be ahead for the nightly maintenance to come in `in_s`."""
    now = datetime.now(UTC)
    hour, minute = MAINTENANCE
    due = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if due <= now + timedelta(seconds=in_s):
        due += timedelta(days=1)
    return int((due - now).total_seconds() - in_s)


def night(home: Path, given: argparse.Namespace) -> None:
    """Run for `limit_s`, then print what was counted."""
    from tests.servers.media_site import MediaSite
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.subscriptions import ChannelRules
    from utawaku.services.downloader import Downloader
    from utawaku.workflows.subscriptions import follow

    watched, made = home / "watched", home / "made"
    made.mkdir(parents=True)
    with (
        jumped_clock(home / "clock") as jump,
        MediaSite() as site,
        ProcessPoolExecutor(1, get_context("spawn")) as pool,
    ):
        jump.to(seconds_to_maintenance(given.limit_s / 2))
        feed: list[str] = []
        site.add("/feed.xml", lambda: as_feed(feed), "text/xml")
        site.add(HOOK, b"", "text/plain")
        watching_home.prepare(
            home,
            watched,
            given.weights,
            port=PORT,
            more="[download]\nsleep_s = [0, 0]\nsleep_requests_s = 0\n"
            "[subscriptions]\npoll_minutes = 5\n"
            "[taste]\nmin_grades = 6\nmin_each = 2\nretrain_after = 10\n"
            f'[notices]\nwebhook = "{site.url(HOOK)}"\nbatch_quiet_minutes = 2\n',
        )
        n_streams = max(1, round(given.hours * 60 / given.minutes))
        giver = Giver(made, watched, site, feed, n_streams, given.minutes, pool)
        giver.prepare()
        up = watching_home.start_up("--metrics", str(METRICS_PORT), **jump.environ)
        settings = load_settings()
        try:
            watching_home.await_heartbeat(settings.data_dir)
            with closing(Catalogue.open(settings)) as catalogue:
                rules = ChannelRules(backlog=-1)
                downloader = Downloader(settings.download)
                follow(site.url("/feed.xml"), rules, catalogue, downloader, look=False)
                Night(home, catalogue, site, giver, given, up).run()
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(90)
        pool.shutdown(cancel_futures=True)
        left_over(home)
        doctor(jump.environ)


@dataclass
class Night:
    """The run, from the first tick to the report."""

    home: Path
    catalogue: Any
    site: Any
    giver: Giver
    given: argparse.Namespace
    up: "subprocess.Popen[bytes]"
    samples: list[Sample] = field(default_factory=list)
    n_files: list[tuple[float, int, float]] = field(default_factory=list)
    n_graded: int = 0
    events: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Give, disturb, grade and sample until the time is over."""
        began = time.monotonic()
        limit_s = self.given.limit_s
        # The last stream comes at four fifths of the time: what is given must come through.
        pace_s = 0.8 * limit_s / self.giver.n_streams
        plan = self.disturbances(limit_s)
        files_at = 0.0
        while (at_s := time.monotonic() - began) < limit_s:
            while plan and at_s >= plan[0][0]:
                _, name, act = plan.pop(0)
                act()
                self.note(at_s, name)
            if at_s >= self.giver.n_given * pace_s and self.giver.give():
                self.note(at_s, f"stream {self.giver.n_given} of {self.giver.n_streams} given")
            self.grade_some()
            ask_pages()
            now = take(self.up.pid, at_s, self.n_done())
            self.samples += now
            if self.given.csv:
                write(now, self.given.csv)
            if at_s >= files_at:
                self.n_files.append((at_s, *files_below(self.home)))
                files_at = at_s + FILES_EVERY_S
            time.sleep(EVERY_S)
        self.report(time.monotonic() - began)

    def note(self, at_s: float, text: str) -> None:
        """Print and keep what was done."""
        self.events.append(text)
        print(f"{at_s / 60:6.1f} min  {text}; {self.n_done()} finished", flush=True)

    def n_done(self) -> int:
        """Streams that are through the whole chain."""
        return len(self.catalogue.assets.done_streams("embeddings"))

    def disturbances(self, limit_s: float) -> list[tuple[float, str, Callable[[], None]]]:
        """Return what goes wrong in the course of the night: when, its name, how it is done."""
        from tests.servers.media_site import Fault

        giver, feed = self.giver, self.site.resources["/feed.xml"]

        def out_of_order(fault: Any) -> None:
            feed.always = fault

        def broken(name: str, *, watched: bool) -> None:
            giver.n_gone += 1
            noise = b"OggS" + os.urandom(40_000)
            if watched:
                (giver.watched / name).write_bytes(noise)
            else:
                giver.post(name, noise)

        def extra(name: str, *faults: Any) -> None:
            from tests.services.downloader_media import audio_bytes

            content = audio_bytes("ogg", "libopus", duration_s=60.0, rate_hz=48_000, seed=99)
            giver.post(name, content, *faults)

        def gone() -> None:
            giver.n_gone += 1
            giver.feed.insert(0, self.site.url("/gone.ogg"))

        again = {"Retry-After": "60"}
        drops = Fault(cut_after=60_000)
        return [
            (0.10 * limit_s, "a file without sound", lambda: broken("b.ogg", watched=True)),
            (0.20 * limit_s, "the feed answers 503", lambda: out_of_order(Fault(status=503))),
            (0.28 * limit_s, "the feed is well again", lambda: out_of_order(None)),
            (0.35 * limit_s, "one that drops twice", lambda: extra("drops.ogg", drops, drops)),
            (0.45 * limit_s, "a recording without sound", lambda: broken("c.ogg", watched=False)),
            (0.55 * limit_s, "a recording that is gone (404)", gone),
            (
                0.60 * limit_s,
                "a recording refused once (429)",
                lambda: extra("later.ogg", Fault(status=429, headers=again)),
            ),
        ]  # fmt: skip

    def grade_some(self) -> None:
        """Grade songs as they come, each once, likes and dislikes in turn."""
        for song in self.catalogue.songs.select(limit=GRADED):
            if song.grade is None and self.n_graded < GRADED:
                self.catalogue.grades.give(song.id, grade=1 if self.n_graded % 2 else -1)
                self.n_graded += 1

    def report(self, took_s: float) -> None:
        """Print the counts."""
        catalogue, giver = self.catalogue, self.giver
        requests = catalogue.requests.recent(limit=9999)
        songs = catalogue.songs.select()
        starts = Counter((song.stream_id, round(song.start_s)) for song in songs)
        posts = sum(one.method == "POST" and one.path == HOOK for one in self.site.seen)
        notices = Counter(f"{one.level}: {one.title}" for one in catalogue.notices.recent())
        rows = {
            "ran": f"{took_s / 60:.1f} min",
            "streams given": f"{giver.n_given} of {giver.n_streams}, "
            f"{giver.n_given * giver.minutes / 60:.1f} h; two short ones; {giver.n_gone} bad ones",
            "known, finished": f"{catalogue.streams.count()}, {self.n_done()}",
            "songs, twice": f"{len(songs)}, {sum(n > 1 for n in starts.values())}",
            "songs graded, with a taste score": f"{self.n_graded}, "
            f"{sum(song.taste is not None for song in songs)}",
            "requests": dict(Counter(f"{r.kind} {r.state}" for r in requests)),
            "tries of a request, most": max((r.attempts + 1 for r in requests), default=0),
            "given up": [f"{r.kind}: {r.message}" for r in requests if r.state == "failed"],
            "open": [f"{r.kind}: {r.message}" for r in requests if r.state in OPEN],
            "runs": runs_by_status(self.home),
            "looks at the feed": len(self.site.gets("/feed.xml")),
            "notices": dict(notices),
            "posts to the webhook": posts,
            "integrity, foreign keys": pragmas(next(self.home.rglob("catalogue.db"))),
        }  # fmt: skip
        for name, value in rows.items():
            print(f"{name:34} {value}")
        for at_s, n, mb in self.n_files[:: max(1, len(self.n_files) // 8)]:
            print(f"   {at_s / 60:5.0f} min {n:6} files {mb:8.1f} MB below the home")
        report(self.samples)


def files_below(home: Path) -> tuple[int, float]:
    """Return the number of files below `home` and their size in MB, without the benchmark's own."""
    n, size = 0, 0
    for path in home.rglob("*"):
        try:
            if path.is_file() and path.relative_to(home).parts[0] not in ("made", "watched"):
                n, size = n + 1, size + path.stat().st_size
        except FileNotFoundError:
            continue  # it was removed in between
    return n, size / 1e6


def runs_by_status(home: Path) -> dict[str, int]:
    """Return how many of Dagster's runs ended how."""
    counts: Counter[str] = Counter()
    for path in home.rglob("runs.db"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            rows = database.execute(
                "SELECT pipeline_name, status, count(*) FROM runs GROUP BY 1, 2"
            )
            counts.update({f"{job} {status}": n for job, status, n in rows})
    return dict(counts)


def pragmas(database: Path) -> str:
    """Return what SQLite says of a catalogue's pages and of its foreign keys."""
    with closing(sqlite3.connect(database)) as connection:
        intact = connection.execute("PRAGMA integrity_check").fetchone()[0]
        foreign = len(connection.execute("PRAGMA foreign_key_check").fetchall())
    return f"{intact}, {foreign} violations"


def left_over(home: Path) -> None:
    """Print half-made files and processes that are there after the end."""
    halves = [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and (path.name.startswith(".utawaku-") or ".part" in path.name)
    ]
    print(f"{'half-made files':34} {halves or 'none'}")
    found = []
    for process in psutil.process_iter():
        try:
            own = os.getpid() in (process.pid, process.ppid())
            if not own and process.environ().get("UTAWAKU_HOME") == str(home):
                found.append(" ".join(process.cmdline())[:80])
        except psutil.Error:
            continue
    print(f"{'processes left':34} {found or 'none'}")


def doctor(environ: dict[str, str]) -> None:
    """Print what `utawaku doctor` finds."""
    answer = subprocess.run(
        [sys.executable, "-m", "utawaku", "doctor", "--json"],
        cwd=ROOT, check=False, capture_output=True, text=True, env={**os.environ, **environ},
    )  # fmt: skip
    found = [
        f"{one['name']}: {one['message']}"
        for one in json.loads(answer.stdout or "[]")
        if one["level"] in ("warning", "error")
    ]
    print(f"{'doctor':34} {found or 'nothing wrong'} (exit code {answer.returncode})")
