"""`utawaku candidates favourites`: what passes goes onto a folder of the user's own account."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import CommandLine
from tests.servers.bilibili import HOSTS, BilibiliSite, Member
from tests.servers.certificates import make_authority
from tests.services.publishing import proxy_environment, start_proxy
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.publish.records import Account
from utawaku.library.records import Candidate

BVIDS = ("BV17x411w7KC", "BV1Q541167Qg", "BV1mK4y1C7Bz")
AIDS = (170001, 455017605, 882584971)


@dataclass
class Finds:
    """The command line, logged in to the emulated site, and candidates with scores."""

    command_line: CommandLine
    site: BilibiliSite
    member: Member
    catalogue: Catalogue

    def run(self, *arguments: str, code: int = 0) -> str:
        done = self.command_line.run("candidates", *arguments)
        assert done.exit_code == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def put(self, code: int = 0) -> Any:
        done = self.command_line.run("candidates", "favourites", "--json")
        assert done.exit_code == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def find(self, url: str, score: float) -> Candidate:
        self.catalogue.candidates.add(
            [Candidate(0, url, url, f"曲 {score}", duration_s=200, source="search: 歌ってみた")]
        )
        (new,) = self.catalogue.candidates.in_state("found")
        self.catalogue.candidates.change(new.id, state="scored", score=score)
        return new

    def on_folder(self) -> list[int]:
        (folder,) = self.site.folders
        return folder.aids

    def requests(self, step: str) -> int:
        return self.site.counts[step]


@pytest.fixture
def finds(
    tmp_path: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Finds]:
    authority = make_authority(tmp_path / "ca", HOSTS)
    site, proxy = BilibiliSite(authority), start_proxy()
    site.start()
    proxy.target_port = site.port
    member = site.add_member()
    environment = {
        **proxy_environment(proxy, authority),
        "UTAWAKU_CRAWL__PLAYLIST_FROM": "0.7",
        "UTAWAKU_CRAWL__FAVOURITES": "见つけた歌",
        "UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S": "0.01",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    settings.accounts_dir.mkdir(mode=0o700, parents=True)
    cookies = settings.accounts_dir / "uta.json"
    cookies.touch(0o600)
    cookies.write_text(json.dumps(site.cookies_of(member)))
    catalogue = Catalogue.open(settings)
    catalogue.accounts.put(Account("uta", str(cookies)))
    site.videos = dict(zip(BVIDS, AIDS, strict=True))
    yield Finds(command_line, site, member, catalogue)
    catalogue.close()
    proxy.stop()
    site.stop()
    assert site.violations == []


def url_of(bvid: str) -> str:
    return f"https://www.bilibili.com/video/{bvid}"


def test_what_passes_is_put_on_a_private_folder_once_and_what_was_taken_off_stays_off(
    finds: Finds,
) -> None:
    finds.find(url_of(BVIDS[0]), 0.75)
    second = finds.find(url_of(BVIDS[1]) + "?p=2", 0.9)
    finds.find(url_of(BVIDS[2]), 0.6)
    finds.find("https://www.youtube.com/watch?v=aaaaaaaaaaa", 0.95)
    planned = finds.run("favourites", "--dry-run")
    assert "2 would be added" in planned
    assert finds.site.requests == []
    said = finds.run("favourites")
    assert "见つけた歌 of uta: 2 added" in said
    assert "1 are not on Bilibili: they are on the playlist Found only" in said
    assert finds.on_folder() == [AIDS[1], AIDS[0]], "the most promising first"
    assert finds.site.folders[0].privacy == 1
    # Nothing is asked where nothing is new; nor is added what the user took off there.
    finds.on_folder().remove(AIDS[0])
    n_requests = len(finds.site.requests)
    assert finds.put()["n_added"] == 0
    assert len(finds.site.requests) == n_requests
    # The folder keeps its number when it is given another title.
    finds.site.folders[0].title = "歌"
    finds.find(url_of(BVIDS[2]) + "/", 0.8)
    assert finds.put()["n_added"] == 1
    assert finds.on_folder() == [AIDS[1], AIDS[2]]
    # Rejected here, it goes there, too.
    finds.run("reject", str(second.id))
    assert finds.put()["n_removed"] == 1
    assert finds.on_folder() == [AIDS[2]]


def test_what_is_there_already_is_remembered_and_a_deleted_video_is_told_once(
    finds: Finds,
) -> None:
    finds.find(url_of(BVIDS[0]), 0.8)
    assert finds.put()["n_added"] == 1
    finds.find(url_of("av455017605"), 0.8)
    finds.on_folder().append(AIDS[1])  # by the user's own hand
    finds.find(url_of("BV1zzzzzzzzz"), 0.9)
    done = finds.put(5)
    assert (done["n_added"], done["n_waiting"]) == (1, 0)
    assert "曲 0.9" in done["failures"][0]
    assert "-404" in done["failures"][0]
    assert finds.on_folder() == [AIDS[0], AIDS[1]]
    assert finds.put()["failures"] == []


def test_no_more_are_added_than_a_day_allows(finds: Finds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTAWAKU_CRAWL__FAVOURITES_A_DAY", "2")
    for bvid in BVIDS:
        finds.find(url_of(bvid), 0.8)
    assert finds.put()["n_waiting"] == 1
    assert finds.put()["n_added"] == 0
    assert len(finds.on_folder()) == 2


def test_a_site_that_stops_the_account_is_left_alone_until_the_user_says_so(finds: Finds) -> None:
    finds.find(url_of(BVIDS[0]), 0.8)
    finds.find(url_of(BVIDS[1]), 0.9)
    finds.site.fail("favour", "-352", skip=1)
    done = finds.put(5)
    assert (done["n_added"], done["n_waiting"]) == (1, 1)
    assert "pass what it asks" in done["failures"][0]
    n_requests = len(finds.site.requests)
    assert "cooldown" in finds.put(5)["failures"][0]
    assert len(finds.site.requests) == n_requests
    assert finds.command_line.run("resume", "bilibili").exit_code == 0
    assert finds.put()["n_added"] == 1


def test_each_failure_names_the_next_step(finds: Finds, monkeypatch: pytest.MonkeyPatch) -> None:
    finds.find(url_of(BVIDS[0]), 0.8)
    finds.site.fail("favour", "500")
    assert "500" in finds.put(5)["failures"][0]
    assert finds.put()["n_added"] == 1
    finds.find(url_of(BVIDS[1]), 0.8)
    finds.site.log_out(finds.member)
    assert "utawaku login" in finds.put(5)["failures"][0]
    finds.catalogue.accounts.remove("uta")
    assert "utawaku login" in finds.put(5)["failures"][0]
    monkeypatch.delenv("UTAWAKU_CRAWL__FAVOURITES")
    assert "crawl.favourites" in finds.run("favourites", code=1)
