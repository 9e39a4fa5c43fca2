"""Following a Bilibili space and a Twitch channel: yt-dlp's real extractors, local sites."""

import time
from pathlib import Path

import pytest

from tests.fixtures.pipeline import QUICK, Pipeline
from tests.servers.bilibili_videos import BilibiliVideo, bilibili
from tests.servers.media_site import Fault
from tests.servers.twitch_site import Broadcast, twitch
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Channel
from utawaku.library.requests import Ingest, read_request
from utawaku.library.subscriptions import ChannelRules
from utawaku.services.downloader import Downloader
from utawaku.workflows.subscriptions import LOOKED, follow, settings_for

RULES = ChannelRules(title=("@karaoke",), backlog=-1)


@pytest.fixture
def quickly(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S", "0")
    return monkeypatch


def followed(url: str, catalogue: Catalogue, rules: ChannelRules = RULES) -> Channel:
    downloader = Downloader(load_settings().download, tuning=QUICK)
    return follow(url, rules, catalogue, downloader)


def look_again(pipeline: Pipeline, catalogue: Catalogue, channel: Channel) -> None:
    catalogue.channels.put_off(channel.id, 0.0)
    pipeline.look()


def resolve_streams(pipeline: Pipeline) -> None:
    for run in pipeline.drain():
        if run.job_name == "resolve_source":
            pipeline.carry_out(run)


def reasons(catalogue: Catalogue, channel: Channel) -> dict[str, str]:
    return {one.url[-12:]: one.reason for one in catalogue.channels.entries(channel.id)}


def test_a_bilibili_space_names_no_titles_so_each_page_decides_and_a_412_is_rested_out(
    catalogue: Catalogue, pipeline: Pipeline, quickly: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with bilibili(tmp_path / "authority") as (site, proxy):
        quickly.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        for bvid, title in (("BV1xx411c7mD", "【歌枠】夜"), ("BV1xx411c7mE", "ゲーム実況")):
            site.videos[bvid] = BilibiliVideo(bvid, title, duration_s=4000)
        channel = followed("https://space.bilibili.com/42/video", catalogue)
        assert channel.site == "bilibili"
        pipeline.look()
        assert len(catalogue.requests.waiting(Ingest)) == 2
        resolve_streams(pipeline)
        (stream,) = catalogue.streams.all()
        assert (stream.title, stream.site) == ("【歌枠】夜", "bilibili")
        assert reasons(catalogue, channel)["BV1xx411c7mE"].startswith(LOOKED)
        look_again(pipeline, catalogue, channel)  # nothing new: nobody is asked twice
        assert len(catalogue.requests.waiting(Ingest)) == 0
        site.videos["BV1xx411c7mF"] = BilibiliVideo("BV1xx411c7mF", "歌回", duration_s=4000)
        site.space_fault = Fault(status=412)
        look_again(pipeline, catalogue, channel)
        (rest,) = catalogue.sites.rests()
        assert rest.site == "bilibili"
        n_asked = len(site.seen)
        look_again(pipeline, catalogue, channel)
        assert len(site.seen) == n_asked  # left alone
        assert "on cooldown until" in catalogue.channels.get(channel.id).last_error
        catalogue.sites.welcome("bilibili")
        site.space_fault = None
        look_again(pipeline, catalogue, channel)
        assert [one.target[-12:] for one in catalogue.requests.waiting(Ingest)] == ["BV1xx411c7mF"]


def test_a_twitch_channel_is_followed_through_reordering_and_an_outage(
    catalogue: Catalogue, pipeline: Pipeline, quickly: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with twitch(tmp_path / "authority") as (site, proxy):
        quickly.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        site.broadcasts = [Broadcast("101", "歌枠 1"), Broadcast("102", "just chatting")]
        channel = followed("twitch.tv/asinger", catalogue)
        assert channel.site == "twitch"
        assert channel.url.endswith("/asinger/videos?filter=archives&sort=time")
        pipeline.look()
        (request,) = catalogue.requests.waiting(Ingest)
        assert request.target.endswith("/101")
        resolve_streams(pipeline)
        (stream,) = catalogue.streams.all()
        assert (stream.id, stream.title, stream.channel) == ("twitchvod-v101", "歌枠 1", "A Singer")
        assert stream.duration_s == 4000
        site.fault = Fault(status=500)
        look_again(pipeline, catalogue, channel)
        failing = catalogue.channels.get(channel.id)
        assert failing.last_error
        assert (failing.next_look_at or 0) > time.time() + 60
        site.fault = None
        site.broadcasts = [*reversed(site.broadcasts), Broadcast("103", "karaoke night")]
        look_again(pipeline, catalogue, channel)
        assert [one.target[-3:] for one in catalogue.requests.waiting(Ingest)] == ["103"]


@pytest.mark.parametrize(("as_one", "sites_ids"), [(True, [""]), (False, ["_p1", "_p2"])])
def test_a_rule_makes_the_parts_of_a_video_one_stream(
    catalogue: Catalogue,
    pipeline: Pipeline,
    quickly: pytest.MonkeyPatch,
    tmp_path: Path,
    as_one: bool,
    sites_ids: list[str],
) -> None:
    with bilibili(tmp_path / "authority") as (site, proxy):
        quickly.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        site.videos["BV1xx411c7mD"] = BilibiliVideo("BV1xx411c7mD", parts=["one", "two"])
        rules = ChannelRules(backlog=-1, as_one=as_one, track="ja")
        followed("https://space.bilibili.com/42/video", catalogue, rules)
        pipeline.look()
        resolve_streams(pipeline)
    streams = sorted(catalogue.streams.all(), key=lambda stream: stream.site_id)
    assert [one.site_id for one in streams] == [f"BV1xx411c7mD{end}" for end in sites_ids]
    assert {one.as_one for one in streams} == {as_one}
    settings = settings_for(streams[0], catalogue, load_settings())
    assert settings.download.track == "ja"


def test_a_request_without_a_channel_takes_the_parts_of_a_video_as_one_stream(
    catalogue: Catalogue, pipeline: Pipeline, quickly: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = "https://www.bilibili.com/video/BV1xx411c7mD"
    with bilibili(tmp_path / "authority") as (site, proxy):
        quickly.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
        for bvid, parts in (("BV1xx411c7mD", ["one", "two"]), ("BV1xx411c7mE", ["whole"])):
            site.videos[bvid] = BilibiliVideo(bvid, parts=parts)
        asked = catalogue.requests.file(Ingest(source=url, as_one=True))
        assert read_request(asked) == Ingest(source=url, as_one=True)
        resolve_streams(pipeline)
        (stream,) = catalogue.streams.all()
        assert (stream.site_id, stream.as_one, stream.url) == ("BV1xx411c7mD", True, url)
        # A video that is no such one is refused, and the request says why.
        refused = catalogue.requests.file(Ingest(source=url[:-1] + "E", as_one=True))
        resolve_streams(pipeline)
    assert [one.id for one in catalogue.streams.all()] == [stream.id]
    told = catalogue.requests.get(refused.id)
    assert (told.state, "not one video in parts" in told.message) == ("failed", True)
