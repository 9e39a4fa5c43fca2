"""A night in minutes: the real pipeline, a site that misbehaves, and nobody at the keyboard."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.commands import secret_samples as secrets
from tests.conftest import Program
from tests.ports import free_port
from tests.servers.media_site import Fault, MediaSite
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.files import remove_stale_temporaries
from utawaku.library.records import Request
from utawaku.library.requests import Follow
from utawaku.library.subscriptions.rules import ChannelRules

PATIENCE_S = 600.0
ITEM = "<item><title>歌枠 {link}</title><link>{link}</link></item>"
FEED = '<rss version="2.0"><channel><title>A feed</title>{items}</channel></rss>'


def until(condition: Callable[[], bool], *, within_s: float = PATIENCE_S) -> None:
    """Wait for something; a slow machine gets its time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(0.5)


def bearer() -> dict[str, str]:
    """Return what opens the pipeline's pages."""
    token = (load_settings().data_dir / "web-token").read_text("utf-8")
    return {"Authorization": f"Bearer {token}"}


def launch(port: int, job: str) -> None:
    """Start a job as the Dagster UI does."""
    query = """mutation($job: String!) { launchPipelineExecution(executionParams: {selector: {
        repositoryLocationName: "utawaku", repositoryName: "__repository__", jobName: $job},
        runConfigData: {}}) { __typename } }"""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query, "variables": {"job": job}}).encode(),
        {"Content-Type": "application/json", **bearer()},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert "LaunchRunSuccess" in answer.read().decode()


def settled(request: Request) -> bool:
    """Return whether a request is over, or waits and says why."""
    return request.state in ("done", "failed", "cancelled") or bool(request.message)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_a_misbehaving_site_leaves_every_stream_done_or_waiting_with_a_reason(
    program: Program, tmp_path: Path
) -> None:
    sound = audio_bytes("ogg", "libopus", duration_s=8.0, rate_hz=48_000)
    cookies = secrets.write_cookies(tmp_path, "127.0.0.1")
    port, scraped = free_port(), free_port()
    with MediaSite() as site:
        site.add(f"/hook/{secrets.TOKEN}", b"", "text/plain", always=Fault(status=500))
        names = {
            "good": [],
            "drops": [Fault(cut_after=20_000), Fault(cut_after=30_000)],
            "stalls": [Fault(stall_s=30.0, cut_after=10)],
            "errors": [Fault(status=503)] * 2,
        }
        for name, faults in names.items():
            site.add(f"/{name}.ogg", sound + name.encode(), "audio/ogg", faults=list(faults))
        site.add("/garbage.ogg", os.urandom(50_000), "audio/ogg")
        site.add("/gone.ogg", sound, "audio/ogg", always=Fault(status=404))
        site.add("/page.ogg", b"<html>Please log in</html>" * 99, "audio/ogg")
        asked_less = Fault(status=429, headers={"Retry-After": "7200"})
        site.add("/limited.ogg", sound, "audio/ogg", always=asked_less)
        links = [site.url(f"/{name}.ogg") for name in (*names, "garbage", "gone", "page")]
        # Another name for this machine is another site: it is on cooldown, and the first is not.
        links.append(f"http://localhost:{site.port}/limited.ogg")
        items = "".join(ITEM.format(link=link) for link in links)
        feed = site.add("/feed.xml", FEED.format(items=items), "text/xml")
        feed.faults += [Fault(cut_after=40), Fault(instead=os.urandom(3000))]
        program.environment |= secrets.environment(cookies, site.url(f"/hook/{secrets.TOKEN}"))
        program.environment |= {
            "UTAWAKU_LABELS__SHAZAM": "false",
            "UTAWAKU_WEB_PORT": str(port),
            "UTAWAKU_DOWNLOAD__SLEEP_S": "[0, 0]",
            "UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S": "0",
            "UTAWAKU_MAINTENANCE__DELETE_RECORDINGS": "true",
            "UTAWAKU_MAINTENANCE__RECORDINGS_GB": "0.00006",
        }
        catalogue = Catalogue.open(load_settings())
        catalogue.requests.file(Follow(url=site.url("/feed.xml"), rules=ChannelRules(backlog=-1)))
        up = program.start("up", "--metrics", str(scraped))
        printed = ""
        try:
            until(lambda: catalogue.channels.by_url(site.url("/feed.xml")) is not None)
            # The feed is cut off at first, then garbage: each time the next look is put off.
            until(lambda: len(feed.faults) < 2)
            until(lambda: look_now(catalogue, site.url("/feed.xml")) and not feed.faults)
            until(
                lambda: (
                    look_now(catalogue, site.url("/feed.xml"))
                    and len(catalogue.requests.recent(limit=99)) > len(links)
                )
            )
            # Killed from outside in the middle of it all, and started again.
            up.kill()
            printed += "".join(up.communicate(timeout=60))
            up = program.start("up", "--metrics", str(scraped))
            until(lambda: all_made(catalogue, len(names)), within_s=1200)
            until(lambda: all(settled(one) for one in catalogue.requests.recent(limit=99)))
            requests = {
                Path(one.target).stem: one
                for one in catalogue.requests.recent(limit=99)
                if one.kind == "ingest" and one.state != "done"
            } | {
                Path(catalogue.streams.get(one.target).url).stem: one
                for one in catalogue.requests.recent(limit=99)
                if one.kind == "ingest_stream"
            }
            for name in names:
                assert requests[name].state == "done", requests[name]
            waiting = requests["limited"]
            assert waiting.state == "queued"
            assert "on cooldown until" in waiting.message or "slow down" in waiting.message
            assert "never there" in requests["gone"].message
            for name in ("garbage", "page"):
                assert requests[name].state in ("failed", "queued"), requests[name]
                assert requests[name].message
            scrape = urllib.request.Request(f"http://127.0.0.1:{scraped}/metrics", headers=bearer())
            with urllib.request.urlopen(scrape, timeout=30) as page:
                assert re.search(r"^utawaku_up 1", page.read().decode(), re.MULTILINE)
            # The nightly round, and what it may throw away: the oldest recordings, not the songs.
            held = [one for one in catalogue.streams.all() if one.recording_path]
            assert len(held) == len(names)
            launch(port, "nightly_maintenance")
            until(lambda: any(one.dropped_at for one in catalogue.streams.all()))
            backups = load_settings().data_dir / "backups"
            until(lambda: bool(list(backups.glob("catalogue-2*.db"))))
        finally:
            up.send_signal(signal.SIGTERM)
            printed += "".join(up.communicate(timeout=90))
    assert [one for one in processes_of(program.home) if one.pid != os.getpid()] == []
    assert catalogue.requests.count("running") == 0
    catalogue.close()
    assert remove_stale_temporaries(load_settings().library_root) == []
    assert "Traceback" not in printed
    assert [secret for secret in secrets.ALL if secret in printed] == []
    assert secrets.found_in(program.home) == {}
    assert subprocess.run(program.command("doctor"), env=program.environment, check=False,
                          capture_output=True, timeout=280).returncode == 0  # fmt: skip


def all_made(catalogue: Catalogue, n: int) -> bool:
    """Return whether so many streams are through the chain; what waits for a broken line waits no
    more.
    """
    for one in catalogue.requests.waiting():
        if "connection failed" in one.message or "ended unfinished" in one.message:
            catalogue.requests.wake(reason_begins=one.message)
    return len(catalogue.assets.done_streams("embeddings")) >= n


def look_now(catalogue: Catalogue, url: str) -> bool:
    """Let the next look at a channel be due; True, to be used in conditions."""
    channel = catalogue.channels.by_url(url)
    if channel is not None and channel.last_error:
        catalogue.channels.put_off(channel.id, 0.0, channel.last_error)
    return True


def processes_of(home: Path) -> list[psutil.Process]:
    """Processes that work in this home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("UTAWAKU_HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return found
