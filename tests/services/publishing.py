"""The emulated site, an account, and worker processes: what the upload tests stand on."""

import hashlib
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tests.servers.bilibili import SUFFIXES, BilibiliSite, Member
from tests.servers.certificates import Authority
from tests.servers.connect_proxy import ConnectProxy
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.publish.records import Part, Submission

ROOT = Path(__file__).parents[2]


class Driver:
    """A process that runs the queue against the emulated site."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.upload_driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(folder / f"driver-{random.getrandbits(32):08x}.log").open("wb"),
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            cwd=folder,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line != "ready\n":
                self._lines.put(line)

    def send(self, order: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self, timeout_s: float = 120.0) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self._lines.get(timeout=timeout_s))
        return result

    def ask(self, **order: Any) -> dict[str, Any]:
        self.send(order)
        return self.answer()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(timeout=30)
        self.process.stdout.close()  # type: ignore[union-attr]


@dataclass
class Workers:
    """Driver processes, one of them always warming up: a kill costs no start-up time."""

    environment: dict[str, str]
    folder: Path
    _spare: list[Driver] = field(default_factory=list)
    _busy: list[Driver] = field(default_factory=list)

    def take(self, *, doomed: bool = False) -> Driver:
        """A worker; for one that will be killed its successor starts to warm up now."""
        wanted = 2 if doomed else 1
        while len(self._spare) < wanted:
            self._spare.append(Driver(self.environment, self.folder))
        driver = self._spare.pop(0)
        self._busy.append(driver)
        return driver

    def give_back(self, driver: Driver) -> None:
        self._spare.append(driver)

    def close(self) -> None:
        for driver in {*self._spare, *self._busy}:
            if driver.process.poll() is None:
                driver.kill()


@dataclass
class World:
    """One site, one account, one catalogue."""

    home: Path
    authority: Authority
    proxy: ConnectProxy
    site: BilibiliSite
    member: Member
    settings: Settings
    catalogue: Catalogue
    workers: Workers
    digests: dict[int, list[str]] = field(default_factory=dict)

    def submission(
        self,
        n_parts: int = 2,
        *,
        size: int = 150_000,
        seed: int = 0,
        append_to: str = "",
        **changes: Any,
    ) -> Submission:
        """A queued submission of random files."""
        random_ = random.Random(f"{seed}-{len(self.digests)}-{append_to}")
        parts, digests = [], []
        for index in range(n_parts):
            path = self.home / "videos" / f"{len(self.digests)}-{index} 私のひみつ.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            content = random_.randbytes(size + index)
            path.write_bytes(content)
            digests.append(hashlib.sha256(content).hexdigest())
            parts.append(
                Part(index, f"s{len(self.digests)}-{index}", f"{index + 1:02} 曲名", str(path))
            )
        number = len(self.digests)
        cover = self.home / "cover.webp"
        if not cover.exists():
            Image.new("RGB", (640, 480), (200, 30, 90)).save(cover)
        planned = Submission(
            id=0,
            target="bilibili",
            account="uta",
            title=changes.pop("title", f"[歌切] テスト {number}"),
            parts=tuple(parts),
            description="0:01:02 曲名 / 歌手",
            tags=("歌切", "歌枠"),
            source_url="https://www.youtube.com/watch?v=dQw4w9WgXcQ",
            append_to=append_to,
            cover_path=str(cover),
            **changes,
        )
        added = self.catalogue.submissions.add(planned)
        self.digests[added.id] = digests
        return self.catalogue.submissions.move(added.id, "queued")

    def run(self, *submissions: Submission, **options: Any) -> Any:
        """Let a worker run the queue; its answer."""
        driver = self.workers.take()
        answer = driver.ask(home=str(self.home), submissions=[s.id for s in submissions], **options)
        self.workers.give_back(driver)
        return answer

    def get(self, submission: Submission) -> Submission:
        return self.catalogue.submissions.get(submission.id)

    def until_published(self, submissions: Sequence[Submission]) -> None:
        """Do as a patient human does: look, release, queue again, until all is published."""
        store = self.catalogue.submissions
        for _ in range(4):
            store.release("bilibili", "uta")
            for submission in submissions:
                if self.get(submission).state in ("held", "failed"):
                    store.move(submission.id, "queued")
            self.run(*submissions)
            if all(self.get(submission).state == "published" for submission in submissions):
                return

    def assert_record_is_true(self, submission: Submission) -> None:
        """Return what the record says is what the site holds, at any moment."""
        kept = self.get(submission)
        names = {part.remote_name for part in kept.parts if part.remote_name}
        holding = [a for a in self.site.archives if names & set(a.filenames)]
        assert len(holding) <= 1, "the same submission is there twice"
        if kept.state == "published":
            assert [a.bvid for a in holding] == [kept.remote_id]
        for part in kept.parts:
            if part.state == "uploaded":
                assert self.site.sha256_of(part.remote_name) == part.sha256

    def assert_no_secret_was_written(self) -> None:
        """Neither the workers' output nor the catalogue holds a cookie or token."""
        written = self.settings.data_dir.joinpath("catalogue.db").read_bytes()
        for log in self.workers.folder.glob("*.log"):
            written += log.read_bytes()
        for sessdata, member in self.site.members.items():
            for secret in (sessdata, member.csrf, member.access_token, member.refresh_token):
                assert secret.encode() not in written

    def assert_all_published_once(self, submissions: Sequence[Submission]) -> None:
        """Each submission exists exactly once, with each part's bytes, in order."""
        assert self.site.violations == []
        assert self.proxy.refused == []
        new = [s for s in submissions if not s.append_to]
        assert len(self.site.archives) == len(new)
        for submission in submissions:
            kept = self.get(submission)
            assert kept.state == "published", kept.message
            assert kept.submit_sent_at is None
            assert kept.published_at is not None
            archive = self.site.archive(kept.remote_id)
            videos = archive.fields["videos"]
            ours = videos[-len(kept.parts) :] if submission.append_to else videos
            sent = [self.site.sha256_of(video["filename"]) for video in ours]
            assert sent == self.digests[submission.id]
            assert [video["title"] for video in ours] == [part.title for part in kept.parts]
            assert [part.sha256 for part in kept.parts] == self.digests[submission.id]
            if not submission.append_to:
                assert archive.fields["title"] == kept.title
                assert archive.fields["source"] == kept.source_url


def proxy_environment(proxy: ConnectProxy, authority: Authority) -> dict[str, str]:
    """Return what leads unpatched clients to the emulator."""
    address = f"http://127.0.0.1:{proxy.port}"
    return {
        "HTTPS_PROXY": address,
        "HTTP_PROXY": address,
        "ALL_PROXY": address,
        "NO_PROXY": "",
        "SSL_CERT_FILE": str(authority.ca_file),
        "REQUESTS_CA_BUNDLE": str(authority.ca_file),
    }


def make_world(home: Path, authority: Authority, proxy: ConnectProxy, workers: Workers) -> World:
    """A fresh site behind the proxy, and an account that is logged in."""
    site = BilibiliSite(authority)
    site.start()
    proxy.target_port = site.port
    proxy.refused.clear()
    member = site.add_member()
    accounts = home / "accounts"
    accounts.mkdir(parents=True, mode=0o700)
    cookie_file = accounts / "uta.json"
    cookie_file.touch(0o600)
    cookie_file.write_text(json.dumps(site.cookies_of(member)))
    settings = Settings(
        library_root=home / "library", data_dir=home / "data", cache_dir=home / "cache"
    )
    # Migrating an empty catalogue costs more than most tests here: do it once.
    template = workers.folder / "catalogue.db"
    if not template.exists():
        made = Catalogue.open(Settings(data_dir=workers.folder / "template"))
        made.backup(template)
        made.close()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template, settings.data_dir / "catalogue.db")
    return World(home, authority, proxy, site, member, settings, Catalogue.open(settings), workers)


def start_proxy() -> ConnectProxy:
    """A proxy that leads nowhere yet."""
    proxy = ConnectProxy(0, SUFFIXES)
    proxy.start()
    return proxy
