"""Memory and open files of the pipeline over time; `hands_off.py soak` runs it.

Short streams come in without end, in turn through the watched folder and through a followed feed on
a local server; one in ten of the files is broken. Meanwhile a page of the web server is asked for
again and again, as by an open browser, and so are the Prometheus metrics; failures are posted to a
webhook.
"""

import argparse
import csv
import itertools
import json
import signal
import sys
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil

from benchmarks import watching_home

ROOT = Path(__file__).parent.parent
PORT = 3298
METRICS_PORT = 3296
HOOK = "/hook"
EVERY_S = 10.0
WARM_UP_S = 300.0
"""Before that, modules are loaded and caches filled."""
OPEN_AT_ONCE = 3
QUERY = "{runsOrError(limit: 30) {... on Runs {results {runId status stats {__typename}}}}}"
PARTS = {
    "utawaku-daemon": "daemon",
    "utawaku-code": "code server",
    "utawaku-web": "web page",
    "utawaku-forks": "fork server",
}
"""Name that a forked process gives itself -> its part; the supervisor has none."""


@dataclass(frozen=True)
class Sample:
    """One process at one moment."""

    at_s: float
    process: str
    pid: int
    rss_mb: float
    pss_mb: float
    uss_mb: float
    n_files: int
    n_threads: int
    n_streams: int
    """Finished by then."""


def soak(home: Path, given: argparse.Namespace) -> None:
    """Run for `limit_s`, then print each process' memory over time."""
    from tests.servers.media_site import MediaSite
    from tests.services.downloader_media import audio_bytes
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.subscriptions import ChannelRules
    from utawaku.services.downloader import Downloader
    from utawaku.workflows.subscriptions import follow

    watched = home / "watched"
    samples: list[Sample] = []
    with MediaSite() as site:
        feed: list[str] = []
        site.add("/feed.xml", lambda: as_feed(feed), "text/xml")
        site.add(HOOK, b"", "text/plain")
        watching_home.prepare(
            home,
            watched,
            given.weights,
            port=PORT,
            more="[download]\nsleep_s = [0, 0]\nsleep_requests_s = 0\n"
            f'[notices]\nwebhook = "{site.url(HOOK)}"\nbatch_quiet_minutes = 1\n',
        )
        up = watching_home.start_up("--metrics", str(METRICS_PORT))
        settings = load_settings()
        began = time.monotonic()
        try:
            watching_home.await_heartbeat(settings.data_dir)
            catalogue = Catalogue.open(settings)
            rules = ChannelRules(backlog=-1)
            channel = follow(
                site.url("/feed.xml"), rules, catalogue, Downloader(settings.download), look=False
            )
            n_given = n_broken = 0
            while time.monotonic() - began < given.limit_s:
                n_done = len(catalogue.assets.done_streams("embeddings"))
                if n_given - n_broken - n_done < OPEN_AT_ONCE:
                    # Short: runs are processes of their own, what lasts sees only their number.
                    content = audio_bytes(
                        "ogg", "libopus", duration_s=5.0, rate_hz=48_000, seed=n_given
                    )
                    if n_given % 10 == 9:
                        content = content[:100]  # a head without sound
                        n_broken += 1
                    if n_given % 2:
                        (watched / f"{n_given}.ogg").write_bytes(content)
                    else:
                        site.add(f"/{n_given}.ogg", content, "audio/ogg")
                        feed.insert(0, site.url(f"/{n_given}.ogg"))
                    n_given += 1
                # Looked at in each tick, not every half hour: that is where a leak would show.
                fresh = catalogue.channels.get(channel.id)
                if fresh.last_look_at is not None:
                    catalogue.channels.save(replace(fresh, next_look_at=None))
                ask_pages()
                now = take(up.pid, time.monotonic() - began, n_done)
                samples += now
                if given.csv:  # at once: what is cut short has its samples, too
                    write(now, given.csv)
                time.sleep(EVERY_S)
            n_done = len(catalogue.assets.done_streams("embeddings"))
            requests = Counter(f"{r.kind} {r.state}" for r in catalogue.requests.recent(limit=9999))
            n_looks = len(site.gets("/feed.xml"))
            n_posts = sum(one.method == "POST" and one.path == HOOK for one in site.seen)
            print(f"{'streams given, broken, finished':40} {n_given}, {n_broken}, {n_done}")
            print(f"{'posts to the webhook':40} {n_posts}")
            print(f"{'requests':40} {dict(requests)}")
            print(f"{'looks at the feed':40} {n_looks}")
            catalogue.close()
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(90)
    report(samples)


def as_feed(links: list[str]) -> bytes:
    """An RSS feed of the newest links."""
    items = "".join(
        f"<item><title>歌枠 {link}</title><link>{link}</link></item>" for link in links[:30]
    )
    text = f'<rss version="2.0"><channel><title>A feed</title>{items}</channel></rss>'
    return text.encode()


def ask_pages() -> None:
    """What an open page of Dagster's asks for, and what Prometheus does."""
    from utawaku.library.config import load_settings

    token = (load_settings().data_dir / "web-token").read_text("utf-8")
    bearer = {"Authorization": f"Bearer {token}"}
    query = urllib.request.Request(
        f"http://127.0.0.1:{PORT}/graphql",
        json.dumps({"query": QUERY}).encode(),
        {"Content-Type": "application/json", **bearer},
    )
    metrics = urllib.request.Request(f"http://127.0.0.1:{METRICS_PORT}/metrics", headers=bearer)
    for page in (query, metrics):
        try:
            with urllib.request.urlopen(page, timeout=20) as answer:
                answer.read()
        except OSError as error:
            print(f"{page.full_url} does not answer: {error}", file=sys.stderr)


def take(up: int, at_s: float, n_streams: int) -> list[Sample]:
    """The supervisor and its lasting children, without runs."""
    samples = []
    supervisor = psutil.Process(up)
    for process in (supervisor, *supervisor.children(recursive=True)):
        try:
            name = "supervisor" if process == supervisor else PARTS.get(process.name(), "")
            if not name:
                continue
            memory = process.memory_full_info()
            samples.append(
                Sample(
                    at_s,
                    name,
                    process.pid,
                    memory.rss / 1e6,
                    memory.pss / 1e6,
                    memory.uss / 1e6,
                    process.num_fds(),
                    process.num_threads(),
                    n_streams,
                )
            )
        except psutil.Error:
            continue  # it ended in between
    return samples


def write(samples: list[Sample], target: Path) -> None:
    """Add samples to the file."""
    with target.open("a", newline="") as file:
        rows = csv.writer(file)
        if not file.tell():
            rows.writerow(Sample.__dataclass_fields__)
        rows.writerows(list(vars(sample).values()) for sample in samples)


def report(samples: list[Sample]) -> None:
    """One table: PSS and open files of each process in each fifth of the time after warm-up."""
    if not samples:
        print("nothing was sampled")
        return
    last = samples[-1].at_s
    begin = min(WARM_UP_S, last / 3)
    edges = [begin + (last - begin) * step / 5 for step in range(6)]
    spans = [(0.0, begin), *itertools.pairwise(edges)]
    heads = [f"{start / 60:.0f}-{stop / 60:.0f} min" for start, stop in spans]
    print("PSS in MB / open files, mean of each span (the first is warm-up);")
    print("MB an hour: least squares over all after warm-up, and over the last half")
    print(
        f"{'':14}"
        + "".join(f"{head:>14}" for head in heads)
        + "    MB an hour    last half  starts"
    )
    for name in dict.fromkeys(sample.process for sample in samples):
        own = [sample for sample in samples if sample.process == name]
        cells = []
        for start, stop in spans:
            found = [one for one in own if start <= one.at_s <= stop]
            n = max(1, len(found))
            mb, files = sum(x.pss_mb for x in found) / n, sum(x.n_files for x in found) / n
            cells.append(f"{mb:.1f} / {files:.1f}")
        rows = "".join(f"{cell:>14}" for cell in cells)
        slopes = (slope_an_hour([x for x in own if x.at_s >= since]) for since in (begin, last / 2))
        rows += "".join(f"{mb:>7.1f} +-{error:4.1f}" for mb, error in slopes)
        print(f"{name:14}{rows}{len({x.pid for x in own}):>14}")


def slope_an_hour(samples: list[Sample]) -> tuple[float, float]:
    """Least-squares growth of PSS and its standard error, MB an hour."""
    if len(samples) < 4:
        return 0.0, 0.0
    hours = np.array([one.at_s for one in samples]) / 3600
    coefficients, covariance = np.polyfit(hours, [one.pss_mb for one in samples], 1, cov=True)
    return float(coefficients[0]), float(np.sqrt(covariance[0, 0]))


if __name__ == "__main__":
    sys.exit("run it as: python benchmarks/hands_off.py soak")
