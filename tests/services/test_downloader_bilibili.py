"""Fetching from Bilibili: its real extractors in yt-dlp against an emulated site."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.bilibili_videos import BilibiliSite, BilibiliVideo, bilibili
from tests.servers.media_site import Fault
from tests.services.downloader_media import audio_bytes
from utawaku.library.config import DownloadSettings
from utawaku.library.errors import (
    BotCheckError,
    DownloadError,
    PrivateStreamError,
    RateLimitedError,
    StreamGoneError,
)
from utawaku.services.downloader import Downloader, Tuning

M4A = audio_bytes("mp4", "aac", duration_s=12.0)
QUICK = Tuning(
    retries=0, extractor_retries=0, retry_wait_s=0.01, socket_timeout_s=5.0,
    check_certificates=False, max_comment_requests=3,
)  # fmt: skip
BVID = "BV1xx411c7mD"
URL = f"https://www.bilibili.com/video/{BVID}"
SPACE = "https://space.bilibili.com/42/video"


@pytest.fixture
def site_and_downloader(tmp_path: Path) -> Iterator[tuple[BilibiliSite, Downloader]]:
    with bilibili(tmp_path / "authority") as (site, proxy):
        settings = DownloadSettings(proxy=proxy, sleep_s=(0.0, 0.0), sleep_requests_s=0.0)
        yield site, Downloader(settings, tuning=QUICK)


def test_a_video_comes_with_danmaku_and_as_many_comments_as_are_worth_asking_for(
    site_and_downloader: tuple[BilibiliSite, Downloader], tmp_path: Path
) -> None:
    site, downloader = site_and_downloader
    site.videos[BVID] = BilibiliVideo(
        BVID,
        audio=M4A,
        danmaku=[(4.0, "好听"), (8.0, "888")],
        comments=[f"00:04 第{number}首" for number in range(500)],
    )
    fetched = downloader.fetch(URL, tmp_path / "s")
    assert fetched.path.read_bytes() == M4A
    info = fetched.info
    assert info.stream_id.startswith(f"bilibili-{BVID}-c")
    assert (info.title, info.channel, info.channel_id) == ("【歌切】晚上唱歌", "歌手", "42")
    assert (info.uploaded_on, info.description) == ("2026-07-01", "00:04 第一首")
    assert fetched.live_chat_path == tmp_path / "s" / "live_chat.xml"
    assert "888" in fetched.live_chat_path.read_text(encoding="utf-8")
    assert fetched.comments_path is not None
    assert len(json.loads(fetched.comments_path.read_text(encoding="utf-8"))) == 60
    for path in (tmp_path / "s").iterdir():
        assert b"SECRETSIG" not in path.read_bytes(), path


def test_the_parts_of_one_video_are_streams_of_their_own(
    site_and_downloader: tuple[BilibiliSite, Downloader], tmp_path: Path
) -> None:
    site, downloader = site_and_downloader
    site.videos[BVID] = BilibiliVideo(BVID, audio=M4A, parts=["上半", "下半"])
    listed = downloader.resolve(URL)
    assert listed.is_playlist
    assert [entry.url for entry in listed.entries] == [f"{URL}?p=1", f"{URL}?p=2"]
    parts = [downloader.resolve(entry.url) for entry in listed.entries]
    assert [part.site_id for part in parts] == [f"{BVID}_p1", f"{BVID}_p2"]
    assert len({part.stream_id for part in parts}) == 2
    assert parts[1].title.endswith("p02 下半")


@pytest.mark.parametrize(
    ("true_code", "play_code", "error"),
    [(-403, 0, PrivateStreamError), (-404, 0, StreamGoneError), (0, -352, RateLimitedError)],
)
def test_a_refusal_is_told_apart(
    site_and_downloader: tuple[BilibiliSite, Downloader],
    true_code: int,
    play_code: int,
    error: type[DownloadError],
) -> None:
    site, downloader = site_and_downloader
    site.videos[BVID] = BilibiliVideo(BVID, audio=M4A, true_code=true_code, play_code=play_code)
    with pytest.raises(error) as raised:
        downloader.resolve(URL)
    assert raised.value.next_step


def test_a_space_is_listed_by_page_and_without_titles(
    site_and_downloader: tuple[BilibiliSite, Downloader],
) -> None:
    site, downloader = site_and_downloader
    site.videos = {f"BV1xx411c7{n:02}": BilibiliVideo(f"BV1xx411c7{n:02}") for n in range(40)}
    listing = downloader.list_channel(SPACE, limit=35)
    assert len(listing.entries) == 35
    assert listing.entries[0].url == "https://www.bilibili.com/video/BV1xx411c700"
    assert listing.entries[0].title == ""
    assert listing.entries[0].site == "bilibili"
    assert len([seen for seen in site.seen if seen.path == "/x/space/wbi/arc/search"]) == 2


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [(-352, None, BotCheckError), (-401, None, RateLimitedError), (0, 412, RateLimitedError)],
)
def test_a_space_that_refuses_is_told_apart(
    site_and_downloader: tuple[BilibiliSite, Downloader],
    code: int,
    status: int | None,
    error: type[DownloadError],
) -> None:
    site, downloader = site_and_downloader
    site.videos[BVID] = BilibiliVideo(BVID)
    site.space_code = code
    site.space_fault = Fault(status=status) if status else None
    with pytest.raises(error, match="space"):
        downloader.list_channel(SPACE)
