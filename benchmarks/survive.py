"""What the pipeline survives when the machine below it misbehaves. Linux; as root for `disk`.

    python benchmarks/survive.py disk      a tmpfs that fills up in the middle of each artefact
    python benchmarks/survive.py clock     a clock that jumps days ahead and back (needs cc)
    python benchmarks/survive.py locked    a catalogue that others hold for minutes
    python benchmarks/survive.py network   a site that drops, stalls, refuses and sends garbage

Each starts the real `utawaku up` in a folder of its own, feeds it short generated streams through
the watched folder and a followed feed, does its harm, mends it, and then looks whether every stream
is done or waits with a reason, nothing is there twice, and `utawaku doctor` finds nothing left
over. Kills are in `hands_off.py survive`.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import watching_home  # noqa: E402
from benchmarks.jumped_clock import DAY_S, jumped_clock  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("disk", "clock", "locked", "network"))
    parser.add_argument("--weights", type=Path, help="weights folder to use instead of fetching")
    parser.add_argument("--limit-s", type=float, default=900.0, help="how long mending may take")
    parser.add_argument("--only", default="", help="artefacts, days or faults, by comma")
    parser.add_argument("--hold-s", type=float, default=40.0, help="how long the harm lasts")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="survive-", ignore_cleanup_errors=True) as folder,
        _small_disk(Path(folder) / "home") if given.what == "disk" else _folder(folder) as home,
    ):
        os.environ["UTAWAKU_HOME"] = str(home)
        HARMS[given.what](home, Path(folder), given)


@contextmanager
def _folder(folder: str) -> Iterator[Path]:
    home = Path(folder) / "home"
    home.mkdir()
    yield home


@contextmanager
def _small_disk(home: Path) -> Iterator[Path]:
    home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", home], check=True)
    try:
        yield home
    finally:
        subprocess.run(["umount", "-l", home], check=False)


@dataclass
class Night:
    """A pipeline at work, what it was given, and what was seen."""

    home: Path
    watched: Path
    site: Any
    catalogue: Any
    feed: list[str] = field(default_factory=list)
    n_given: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def give(self, through: str) -> str:
        """One more stream with two songs in it; its title."""
        from utawaku.demo import make_demo_stream

        name = f"evening-{self.n_given}"
        made = self.watched.parent / f"{name}.opus"
        make_demo_stream(made, seed=100 + self.n_given, minutes=1.5)
        self.n_given += 1
        if through == "feed":
            self.site.add(f"/{name}.opus", made.read_bytes(), "audio/ogg")
            self.feed.insert(0, self.site.url(f"/{name}.opus"))
        else:
            shutil.copy(made, self.watched)
        return name

    def look_now(self) -> None:
        """The feed is looked at in the next tick."""
        for channel in self.catalogue.channels.all():
            self.catalogue.channels.save(replace(channel, next_look_at=None))

    def n_done(self) -> int:
        """Streams that are through the whole chain."""
        return len(self.catalogue.assets.done_streams("embeddings"))

    def note_waits(self) -> None:
        """Remember why requests wait, without what differs from one to the next."""
        for one in self.catalogue.requests.waiting():
            if one.attempts or one.not_before:
                self.seen[f"waits: {one.message[:90] or '(no reason)'}"] += 1

    def wait_for(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Look twice a second, through a catalogue that may be out of reach."""
        from utawaku.library.errors import CatalogueError

        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            with suppress(CatalogueError):
                self.note_waits()
                if condition():
                    return True
            time.sleep(0.5)
        return False

    def mend(self, within_s: float) -> float:
        """The harm is over: let nothing wait for its time, and see how long the rest takes."""
        began = time.monotonic()

        def finished() -> bool:
            self.catalogue.requests.wake()
            for site in self.catalogue.sites.rests():
                self.catalogue.sites.welcome(site.site)
            requests = self.catalogue.requests
            n_open = requests.count("queued") + requests.count("running")
            return self.n_done() >= self.n_given and not n_open

        if not self.wait_for(finished, within_s):
            self.seen["NOT MENDED IN TIME"] += 1
        return time.monotonic() - began


@contextmanager
def night(home: Path, folder: Path, given: argparse.Namespace, **environ: str) -> Iterator[Night]:
    """`utawaku up` with a watched folder and a followed feed; afterwards, the report."""
    from soak import as_feed

    from tests.servers.media_site import MediaSite
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.subscriptions import ChannelRules
    from utawaku.services.downloader import Downloader
    from utawaku.workflows.subscriptions import follow

    watched = folder / "watched"
    watching_home.prepare(
        home,
        watched,
        given.weights,
        port=free_port(),
        more="[download]\nsleep_s = [0, 0]\nsleep_requests_s = 0\n[maintenance]\nmin_free_gb = 0\n",
    )
    settings = load_settings()
    with MediaSite() as site:
        up = watching_home.start_up(**environ)
        try:
            watching_home.await_heartbeat(settings.data_dir)
            catalogue = Catalogue.open(settings, busy_timeout_s=2)
            one = Night(home, watched, site, catalogue)
            site.add("/feed.xml", lambda: as_feed(one.feed), "text/xml")
            follow(
                site.url("/feed.xml"),
                ChannelRules(backlog=-1),
                catalogue,
                Downloader(settings.download),
                look=False,
            )
            yield one
            report(one)
            catalogue.close()
        finally:
            up.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                up.wait(60)
            up.kill()
    for what in ("as it was left", "after doctor --fix"):
        words = ["--json"] if what.startswith("as") else ["--json", "--fix"]
        answer = subprocess.run(
            [sys.executable, "-m", "utawaku", "doctor", *words],
            cwd=ROOT, check=False, capture_output=True, text=True,
        )  # fmt: skip
        found = [
            f"{one['name']}: {one['message']}"
            for one in json.loads(answer.stdout or "[]")
            if one["level"] in ("warning", "error") and one["name"] != "disk"
        ]
        print(f"{'doctor, ' + what:34} {found or 'nothing wrong'}")


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def report(one: Night) -> None:
    """Print what is true at the end."""
    catalogue = one.catalogue
    requests = catalogue.requests.recent(limit=10_000)
    songs = catalogue.songs.select()
    starts = Counter((song.stream_id, round(song.start_s)) for song in songs)
    rows = {
        "streams given, known, finished": f"{one.n_given}, {catalogue.streams.count()}, "
        f"{one.n_done()}",
        "requests": dict(Counter(f"{r.kind} {r.state}" for r in requests)),
        "given up": [f"{r.kind}: {r.message}" for r in requests if r.state == "failed"],
        "waiting without a reason": sum(
            bool(r.attempts and not r.message) for r in catalogue.requests.waiting()
        ),
        "songs, twice": f"{len(songs)}, {sum(n > 1 for n in starts.values())}",
        "tries of a request, most": max((r.attempts + 1 for r in requests), default=0),
    }
    for name, value in rows.items():
        print(f"{name:34} {value}")
    for name, n in one.seen.most_common():
        print(f"   seen {n:4}x {name}")


def disk(home: Path, folder: Path, given: argparse.Namespace) -> None:
    """Fill the disk of library, catalogue, cache and Dagster while each artefact is made."""
    from utawaku.library.artefacts import CHAIN

    filler = home / "filler"
    with night(home, folder, given) as one:
        for stage in CHAIN:
            if given.only and stage not in given.only.split(","):
                continue
            before = {(s.stream_id, s.asset) for s in _states(one, stage)}
            one.give("feed")
            one.look_now()

            def reached(stage: str = stage, before: set[tuple[str, str]] = before) -> bool:
                return any((s.stream_id, s.asset) not in before for s in _states(one, stage))

            began = time.monotonic()
            while not reached() and time.monotonic() - began < 180:
                time.sleep(0.02)
            fill(filler)
            until = time.monotonic() + given.hold_s
            one.wait_for(lambda until=until: time.monotonic() > until, given.hold_s + 5)
            with suppress(Exception):
                state = next(s for s in _states(one, stage) if (s.stream_id, stage) not in before)
                one.seen[f"{stage}: {state.state} {state.message[:110]}"] += 1
            filler.unlink()
            took_s = one.mend(given.limit_s)
            print(f"{'disk full at ' + stage:34} mended in {took_s:.0f} s", flush=True)


def _states(one: Night, asset: str) -> list[Any]:
    found = (
        one.catalogue.assets.of(stream.id).get(asset) for stream in one.catalogue.streams.all()
    )
    return [state for state in found if state is not None]


def fill(path: Path) -> None:
    """Leave no byte free where `path` lies."""
    with path.open("wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(path.parent).free - (1 << 20))
        file.seek(0, os.SEEK_END)
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def clock(home: Path, folder: Path, given: argparse.Namespace) -> None:
    """The wall clock of every process jumps; the time since boot does not, as on a real machine."""
    with jumped_clock(folder / "clock") as jump, night(home, folder, given, **jump.environ) as one:
        for days in (1, -1, 400, 0):
            if given.only and str(days) not in given.only.split(","):
                continue
            for through in ("feed", "watched"):
                one.give(through)
            one.look_now()
            time.sleep(8)  # in the middle of the work
            jump.to(days * DAY_S)
            time.sleep(given.hold_s)
            one.look_now()
            took_s = one.mend(given.limit_s)
            print(f"{f'clock {days:+d} days off':34} mended in {took_s:.0f} s", flush=True)


def locked(home: Path, folder: Path, given: argparse.Namespace) -> None:
    """Another program holds the catalogue: one that writes, one that reads for minutes."""
    with night(home, folder, given) as one:
        database = next(home.rglob("catalogue.db"))
        reader = sqlite3.connect(database, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM streams").fetchone()
        for number in range(3):
            for through in ("feed", "watched"):
                one.give(through)
            one.look_now()
            time.sleep(5 + 5 * number)
            writer = sqlite3.connect(database, isolation_level=None, timeout=60)
            writer.execute("BEGIN IMMEDIATE")
            time.sleep(given.hold_s)
            writer.execute("ROLLBACK")
            writer.close()
            took_s = one.mend(given.limit_s)
            print(f"{f'catalogue held for {given.hold_s:.0f} s':34} mended in {took_s:.0f} s")
        wal = database.with_name("catalogue.db-wal").stat().st_size / 1e6
        reader.close()
        print(f"{'write-ahead log with a long reader':34} {wal:.1f} MB")


def network(home: Path, folder: Path, given: argparse.Namespace) -> None:
    """The feed and its media misbehave, each in its way."""
    from tests.servers.media_site import Fault

    page = b"<!DOCTYPE html><title>blocked</title>" * 200
    faults = {
        "drops": Fault(cut_after=40_000),
        "stalls": Fault(stall_s=900),
        "stalls in the middle": Fault(stall_s=900, stall_after=60_000),
        "trickles": Fault(bytes_per_s=50, at_once=5),
        "sends a web page": Fault(instead=page),
        "sends noise": Fault(instead=os.urandom(300_000)),
        "503": Fault(status=503),
        "429": Fault(status=429, headers={"Retry-After": "30"}),
        "404": Fault(status=404),
    }
    with night(home, folder, given) as one:
        for name, fault in faults.items():
            if given.only and name not in given.only.split(","):
                continue
            title = one.give("feed")
            one.look_now()
            sound = one.give("watched")  # nobody else's failure holds this one up
            media, feed = one.site.resources[f"/{title}.opus"], one.site.resources["/feed.xml"]
            media.always = fault
            one.wait_for(lambda: bool(one.site.gets(f"/{title}.opus")), 90)  # noqa: B023
            feed.always = fault
            one.look_now()
            began = time.monotonic()

            def others_done(sound: str = sound) -> bool:
                done = one.catalogue.assets.done_streams("embeddings")
                return any(one.catalogue.streams.get(key).title == sound for key in done)

            if not one.wait_for(others_done, 300):
                one.seen[f"{name}: THE OTHERS STARVED"] += 1
            others_s = time.monotonic() - began
            one.wait_for(lambda: False, given.hold_s)
            media.always = feed.always = None
            one.look_now()
            took_s = one.mend(given.limit_s)
            print(
                f"{'a site that ' + name:34} others done in {others_s:.0f} s, "
                f"mended in {took_s:.0f} s",
                flush=True,
            )


HARMS = {"disk": disk, "clock": clock, "locked": locked, "network": network}

if __name__ == "__main__":
    main()
