"""`utawaku follow`, `unfollow`, `channels`, `resume`: subscriptions and resting sites."""

import json
import time
from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine
from tests.servers.media_site import MediaSite
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Channel
from utawaku.library.requests import IngestStream
from utawaku.library.sites import full_address

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>A Feed</title>
<item><title>歌枠 1</title><link>{link}</link></item></channel></rss>"""


def channels(command_line: CommandLine) -> list[dict[str, object]]:
    answer = command_line.run("channels", "--json")
    assert answer.exit_code == 0, answer.stderr
    found: list[dict[str, object]] = json.loads(answer.stdout)
    return found


def test_a_channel_is_followed_changed_exported_and_left(
    command_line: CommandLine, tmp_path: Path
) -> None:
    with MediaSite() as site:
        site.add("/feed.xml", FEED.format(link=site.url("/1")), "text/xml")
        url = site.url("/feed.xml")
        followed = command_line.run(
            "follow", url, "--title", "@karaoke", "--min-minutes", "10", "--song-rule",
            "min_song_s=45",
        )  # fmt: skip
        assert followed.exit_code == 0, followed.stderr
        assert "following A Feed" in followed.stdout
        assert command_line.run("follow", url, "--want", "video").exit_code == 0
        assert command_line.run("follow", url, "--as", "songs").exit_code == 0
        (row,) = channels(command_line)
        assert row["rules"] == {
            "title": ["@karaoke"],
            "min_duration_s": 600.0,
            "want": "video",
            "songs": {"min_song_s": 45, "whole": "always"},
        }
        missing = command_line.run("follow", site.url("/nothing"))
        assert missing.exit_code == 5
    exported = tmp_path / "followed.toml"
    assert command_line.run("channels", "export", exported).exit_code == 0
    assert command_line.run("unfollow", url, "--forget").exit_code == 0
    assert channels(command_line) == []
    assert command_line.run("channels", "import", exported).exit_code == 0
    (again,) = channels(command_line)
    assert (again["url"], again["rules"]) == (url, row["rules"])
    assert command_line.run("unfollow", "nobody").exit_code == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--title", "(歌"), "no regular expression"),
        (("--only", "live"), "rule 'kinds"),
        (("--song-rule", "colour=red"), "colour"),
    ],
)
def test_rules_that_make_no_sense_change_nothing(
    command_line: CommandLine, arguments: tuple[str, ...], told: str
) -> None:
    answer = command_line.run("follow", "https://example.org/feed", *arguments)
    assert answer.exit_code == 1
    assert told in answer.stderr
    assert channels(command_line) == []


def test_an_address_without_its_scheme_is_understood_and_a_file_goes_before(
    command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue.open(load_settings())
    catalogue.channels.save(Channel("youtube:a", "https://www.youtube.com/@a", title="A"))
    catalogue.close()
    assert "no longer following A" in command_line.run("unfollow", "www.youtube.com/@a").stdout
    monkeypatch.chdir(tmp_path)
    assert full_address("evening.opus") == "evening.opus"
    assert full_address("songs/evening.opus") == "songs/evening.opus"
    assert full_address("youtu.be/dQw4w9WgXcQ") == "https://youtu.be/dQw4w9WgXcQ"
    (tmp_path / "my.archive").mkdir()
    assert full_address("my.archive/evening.opus") == "my.archive/evening.opus"


def test_a_resting_site_is_shown_and_can_be_woken(command_line: CommandLine) -> None:
    catalogue = Catalogue.open(load_settings())
    catalogue.channels.save(Channel("youtube:a", "https://youtube.com/a", site="youtube"))
    catalogue.sites.refuse("youtube", "the site asks to slow down", base_s=3600)
    request = catalogue.requests.file(IngestStream(stream_id="x"))
    until = time.time() + 3600
    catalogue.requests.wait(request.id, until, "youtube is on cooldown until 23:00: slow down")
    shown = command_line.run("status").stdout
    assert "resting   youtube until" in shown
    assert "1 x youtube is on cooldown" in shown
    assert "utawaku_site_rest_seconds" in command_line.run("status", "--metrics").stdout
    assert command_line.run("resume", "youtube").exit_code == 0
    assert catalogue.requests.get(request.id).not_before is None
    assert catalogue.sites.rests() == []
    assert command_line.run("resume", "youtube").exit_code == 4
    catalogue.close()


@pytest.mark.parametrize("room", ["live.bilibili.com/42", "https://live.bilibili.com/blanc/42?a=1"])
def test_a_live_room_is_refused_with_what_to_follow_instead(
    command_line: CommandLine, room: str
) -> None:
    answer = command_line.run("follow", room)
    assert answer.exit_code == 2
    assert "lists no recordings" in answer.stderr
    assert "https://space.bilibili.com/NUMBER/video" in " ".join(answer.stderr.split())
    assert channels(command_line) == []
