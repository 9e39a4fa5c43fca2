"""Publishing as a user does it: the real program against the emulated site."""

import json
import stat
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.conftest import Program
from tests.servers.bilibili import HOSTS, BilibiliSite
from tests.servers.certificates import make_authority
from tests.services.publishing import proxy_environment, start_proxy
from utawaku.commands.app import app
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.errors import ConfigError
from utawaku.library.publish.records import Account
from utawaku.library.publish.states import StateError
from utawaku.library.records import SongSpan, Stream

STREAM = "youtube-aaaaaaaaaaa"


@dataclass
class Desk:
    """The program, the site, and a library with a sung stream."""

    program: Program
    site: BilibiliSite
    catalogue: Catalogue

    def run(self, *arguments: str, code: int = 0) -> str:
        done = self.program.run(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        done = self.program.run(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def sing(self, titles: list[str], stream_id: str = STREAM, url: str = "") -> None:
        """Put a stream with these songs on record, each with a file."""
        url = url or "https://www.youtube.com/watch?v=aaaaaaaaaaa"
        self.catalogue.streams.save(
            Stream(stream_id, url, "夜の歌枠", "youtube", channel="うた", uploaded_on="2026-11-01")
        )
        spans = [
            SongSpan(n, n * 300.0, n * 300.0 + 200, "smart", 1.0, (), title, "歌手")
            for n, title in enumerate(titles)
        ]
        self.catalogue.songs.reconcile(stream_id, spans, made_by="test")
        root = load_settings().library_root
        for song in self.catalogue.songs.of_stream(stream_id):
            stored = f"Songs/{song.id}.wav"
            (root / stored).parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(root / stored), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(44_100)
                noise = np.random.default_rng(song.position).integers(-9000, 9000, 44_100)
                file.writeframes(noise.astype("<i2").tobytes())
            self.catalogue.songs.set_file(
                song.id,
                {
                    "file_path": stored,
                    "file_start_s": song.start_s,
                    "file_stop_s": song.stop_s,
                },
            )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    authority = make_authority(tmp_path / "ca", HOSTS)
    site, proxy = BilibiliSite(authority), start_proxy()
    site.start()
    proxy.target_port = site.port
    program = Program(tmp_path / "utawaku", tmp_path / "no-weights")
    program.environment |= proxy_environment(proxy, authority)
    program.environment |= {
        "UTAWAKU_PUBLISH__PART_SPACING_S": "0",
        "UTAWAKU_PUBLISH__SUBMIT_SPACING_S": "0",
    }
    monkeypatch.setenv("UTAWAKU_HOME", str(program.home))
    catalogue = Catalogue.open(load_settings())
    yield Desk(program, site, catalogue)
    catalogue.close()
    proxy.stop()
    site.stop()
    assert site.violations == []


@pytest.mark.slow
def test_a_log_in_is_told_one_event_a_line(desk: Desk) -> None:
    done = desk.program.run("login", "uta", "--json")
    code, logged_in = map(json.loads, done.stdout.splitlines())
    assert code["event"] == "code"
    assert "█" in code["drawn"]
    assert logged_in["event"] == "logged_in"
    assert logged_in["account"] == "uta"
    assert "secret" not in done.stdout


def test_from_log_in_to_published_and_later_songs_appended(desk: Desk) -> None:
    said = desk.run("login", "uta")
    assert "█" in said
    assert "logged in as uta" in said
    cookie_file = desk.program.home / "data" / "accounts" / "uta.json"
    assert stat.S_IMODE(cookie_file.stat().st_mode) == 0o600
    assert desk.json("accounts")["accounts"][0]["state"] == ""

    desk.sing(["一曲目", "二曲目"])
    said = desk.run("upload", "channel:うた")
    assert "[歌切] うた 2026-11-01 夜の歌枠" in said
    assert "01 一曲目 - 歌手" in said
    assert "plan only" in said
    assert desk.catalogue.submissions.recent() == []
    assert desk.site.counts["preupload"] == 0

    (done,) = desk.json("upload", "channel:うた", "--now")["submissions"]
    assert done["state"] == "published"
    (archive,) = desk.site.archives
    assert done["remote_id"] == archive.bvid
    assert [video["title"] for video in archive.fields["videos"]] == [
        "01 一曲目 - 歌手",
        "02 二曲目 - 歌手",
    ]
    assert list((desk.program.home / "cache" / "renders").iterdir()) == []
    assert "nothing to share" in desk.run("upload", "channel:うた")

    archive.state = 0
    desk.sing(["一曲目", "二曲目", "三曲目"])
    assert f"append to {archive.bvid}" in desk.run("upload", "channel:うた")
    desk.run("upload", "channel:うた", "--now")
    assert archive.fields["videos"][-1]["title"] == "03 三曲目 - 歌手"
    assert len(archive.filenames) == 3


@pytest.mark.slow
def test_a_captcha_holds_the_queue_until_it_is_released(desk: Desk) -> None:
    desk.run("login", "uta")
    desk.sing(["一曲目"])
    desk.site.fail("preupload", "601", times=9)
    said = desk.run("upload", "channel:うた", "--now", code=8)
    assert "the queue waits for you" in said
    assert "on hold" in desk.run("submissions")
    desk.site.heal()
    desk.run("submissions", "--release", "uta", "--run")
    (kept,) = desk.json("submissions")["submissions"]
    assert kept["state"] == "published"
    assert len(desk.site.archives) == 1


def _here(*arguments: str) -> Result:
    """Run a command that needs no network inside this process: that saves its start."""
    return CliRunner().invoke(app, list(arguments))


def _logged_in(desk: Desk) -> None:
    desk.catalogue.accounts.put(Account("uta", "uta.json"))


def test_queueing_leaves_the_work_to_the_daemon(desk: Desk) -> None:
    _logged_in(desk)
    desk.sing(["一曲目"])
    answer = json.loads(_here("upload", "channel:うた", "--queue", "--json").stdout)
    assert answer["queued"]
    (kept,) = desk.catalogue.submissions.recent()
    assert kept.state == "queued"
    assert desk.site.counts["preupload"] == 0


def test_what_the_site_would_refuse_is_not_queued(desk: Desk) -> None:
    _logged_in(desk)
    desk.sing(["一曲目"], "file-0123456789abcdef", url="/home/uta/evening.mkv")
    refused = _here("upload", "channel:うた", "--queue")
    assert isinstance(refused.exception, ConfigError)
    assert "must name where it comes from" in refused.output
    assert "/home" not in refused.output
    assert desk.catalogue.submissions.recent() == []
    source = "https://example.org/live"
    assert _here("upload", "channel:うた", "--queue", "--source", source).exit_code == 0
    assert desk.catalogue.submissions.recent()[0].source_url == source


def test_songs_can_be_exported_into_a_folder(desk: Desk, tmp_path: Path) -> None:
    desk.program.environment["UTAWAKU_PUBLISH__FOLDER"] = str(tmp_path / "out")
    desk.sing(["一曲目", "二曲目"])
    (done,) = desk.json("upload", "channel:うた", "--to", "folder", "--now")["submissions"]
    folder = tmp_path / "out" / done["remote_id"]
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".mp4", ".mp4"]


def test_the_whole_plan_is_shown_to_whoever_is_not_logged_in_yet(desk: Desk) -> None:
    desk.sing(["一曲目", "二曲目"])
    shown = _here("upload", "channel:うた")
    assert shown.exit_code == 0
    assert "nobody is logged in" in shown.output
    assert "[歌切] うた 2026-11-01 夜の歌枠" in shown.output
    for what in ("tags", "artwork", "description", "0:00", "P2", "checks"):
        assert what in shown.output
    assert desk.catalogue.submissions.recent() == []


def test_the_page_as_it_will_be_is_written_with_its_season(desk: Desk, tmp_path: Path) -> None:
    desk.sing(["一曲目", "二曲目"])
    page = tmp_path / "previews" / "page.html"
    shown = _here("upload", "channel:うた", "--season", "夜の合集", "--page", str(page))
    assert shown.exit_code == 0
    assert "season     夜の合集" in shown.output
    written = page.read_text("utf-8")
    for what in ("[歌切] うた 2026-11-01 夜の歌枠", "01 一曲目 - 歌手", "3:20", "夜の合集"):
        assert what in written
    assert desk.catalogue.submissions.recent() == []


def test_no_page_is_written_of_no_submission(desk: Desk, tmp_path: Path) -> None:
    assert _here("upload", "nobody", "--page", str(tmp_path / "page.html")).exit_code == 0
    assert not (tmp_path / "page.html").exists()


def test_a_target_that_there_is_not_is_refused_before_its_plan(desk: Desk) -> None:
    desk.sing(["一曲目"])
    refused = _here("upload", "channel:うた", "--to", "fodler")
    assert isinstance(refused.exception, ConfigError)
    assert "folder" in refused.exception.next_step


def test_to_queue_it_without_an_account_the_next_step_is_told(desk: Desk) -> None:
    desk.sing(["一曲目"])
    refused = _here("upload", "channel:うた", "--queue")
    assert isinstance(refused.exception, ConfigError)
    assert "utawaku login" in str(refused.exception)


def test_the_human_mends_the_queue(desk: Desk) -> None:
    _logged_in(desk)
    desk.sing(["一曲目"])
    _here("upload", "channel:うた", "--queue")
    store = desk.catalogue.submissions
    (kept,) = store.recent()
    store.move(kept.id, "held", hold_code="unknown_outcome")
    assert _here("submissions", "--published-as", str(kept.id), "BV1xx411c7mD").exit_code == 0
    assert store.get(kept.id).remote_id == "BV1xx411c7mD"
    assert isinstance(_here("submissions", "--release", "nobody").exception, ConfigError)
    assert isinstance(_here("submissions", "--drop", str(kept.id)).exception, StateError)


@pytest.mark.parametrize("option", [("--by", "foo"), ("--at", "never")])
def test_a_word_that_an_option_does_not_know_is_wrong_usage(
    desk: Desk, option: tuple[str, str]
) -> None:
    assert "error: " + " ".join(option) in desk.run("upload", "channel:うた", *option, code=2)
