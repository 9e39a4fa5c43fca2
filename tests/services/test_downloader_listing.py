"""Listing channels: yt-dlp's real extractors against local sites."""

from pathlib import Path

import pytest

from tests.servers.media_site import Fault, MediaSite
from tests.servers.youtube_fixtures import QUICK
from tests.servers.youtube_site import CHANNEL_ID, Video, YoutubeSite
from utawaku.library.config import DownloadSettings
from utawaku.library.errors import DownloadError, NetworkError, RateLimitedError, StreamGoneError
from utawaku.services.downloader import Downloader

CHANNEL = f"https://www.youtube.com/channel/{CHANNEL_ID}"
STREAMS = f"{CHANNEL}/streams"


@pytest.fixture
def site(site: YoutubeSite) -> YoutubeSite:
    """A channel with 75 streams."""
    site.streams = [
        Video(f"stream{number:05}", f"歌枠 {number}", 3600 + number) for number in range(75)
    ]
    return site


def test_the_newest_streams_of_a_channel_cost_one_request(
    site: YoutubeSite, downloader: Downloader
) -> None:
    listing = downloader.list_channel(STREAMS, limit=10)
    assert (listing.channel, listing.channel_id) == ("A Singer", CHANNEL_ID)
    assert [entry.title for entry in listing.entries] == [f"歌枠 {n}" for n in range(10)]
    first = listing.entries[0]
    assert first.stream_id == "youtube-stream00000"
    assert first.url == "https://www.youtube.com/watch?v=stream00000"
    assert (first.duration_s, first.live_status, first.view_count) == (3600.0, "was_live", 1234)
    assert first.uploaded_at is not None
    assert listing.n_requests == len(site.seen) == 1


def test_further_pages_are_asked_only_as_far_as_needed(
    site: YoutubeSite, downloader: Downloader
) -> None:
    assert len(downloader.list_channel(STREAMS, limit=1000).entries) == 75
    assert len(site.seen) == 3
    site.seen.clear()
    known = {f"youtube-stream{number:05}" for number in range(3, 75)}
    listing = downloader.list_channel(STREAMS, limit=1000, known=known, overlap=5)
    assert listing.stopped_early
    assert [entry.site_id for entry in listing.entries] == [f"stream{n:05}" for n in range(8)]
    assert len(site.seen) == 1


def test_an_overlap_finds_what_turns_up_among_known_streams(
    site: YoutubeSite, downloader: Downloader
) -> None:
    known = {f"youtube-stream{number:05}" for number in range(75) if number != 4}
    narrow = downloader.list_channel(STREAMS, known=known, overlap=2)
    wide = downloader.list_channel(STREAMS, known=known, overlap=5)
    assert "youtube-stream00004" not in {entry.stream_id for entry in narrow.entries}
    assert "youtube-stream00004" in {entry.stream_id for entry in wide.entries}


def test_a_page_in_the_middle_can_be_read(site: YoutubeSite, downloader: Downloader) -> None:
    listing = downloader.list_channel(STREAMS, limit=5, start=28)
    assert [entry.site_id for entry in listing.entries] == [f"stream{n:05}" for n in range(28, 33)]


def test_the_front_page_of_a_channel_means_its_streams_and_videos(
    site: YoutubeSite, downloader: Downloader
) -> None:
    site.uploads = [Video("upload00000", "a song"), site.streams[0]]
    listing = downloader.list_channel(CHANNEL, limit=3)
    assert [entry.site_id for entry in listing.entries] == [
        "stream00000", "stream00001", "stream00002", "upload00000",
    ]  # fmt: skip
    assert listing.n_requests == 2
    resolved = downloader.resolve(CHANNEL, max_entries=3)
    assert resolved.is_playlist
    assert {entry.site_id for entry in resolved.entries} >= {"stream00000", "upload00000"}


def test_a_listing_that_breaks_off_is_an_error_and_not_a_short_listing(
    site: YoutubeSite, downloader: Downloader
) -> None:
    site.browse_fault = Fault(status=429, headers={"Retry-After": "60"})
    assert len(downloader.list_channel(STREAMS, limit=30).entries) == 30
    with pytest.raises(RateLimitedError) as raised:
        downloader.list_channel(STREAMS, limit=60)
    assert raised.value.retry_after_s == 60
    assert STREAMS in str(raised.value)


def test_a_channel_without_streams_says_so(site: YoutubeSite, downloader: Downloader) -> None:
    site.streams = []
    assert downloader.list_channel(STREAMS).entries == ()
    with pytest.raises(StreamGoneError):
        downloader.list_channel(f"{CHANNEL}/playlists")


def test_one_stream_is_no_channel(site: YoutubeSite, downloader: Downloader) -> None:
    site.videos["abcdefghijk"] = Video("abcdefghijk", media={"140": b"x"})
    with pytest.raises(DownloadError, match="not a channel"):
        downloader.list_channel("https://www.youtube.com/watch?v=abcdefghijk")


FEED = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>A \u202eFeed</title>
 %s</channel></rss>"""


def test_a_feed_lists_what_it_has_and_leaves_the_rest_unknown(tmp_path: Path) -> None:
    with MediaSite() as site:
        items = "".join(
            f"<item><title>{title}</title><link>{site.url(path)}</link></item>"
            for title, path in (("one", "/1"), ("one again", "/1"), ("\u202etwo", "/2"))
        )
        site.add("/feed.xml", FEED % (items + "<item><title>no link</title></item>"), "text/xml")
        downloader = Downloader(DownloadSettings(sleep_requests_s=0.0), tuning=QUICK)
        listing = downloader.list_channel(site.url("/feed.xml"))
        assert listing.title == "A Feed"
        assert [(entry.title, entry.url) for entry in listing.entries] == [
            ("one", site.url("/1")),
            ("two", site.url("/2")),
        ]
        assert all(entry.stream_id is None for entry in listing.entries)
        assert all(entry.live_status is None for entry in listing.entries)
        site.add("/feed.xml", "", "text/xml", always=Fault(status=503))
        with pytest.raises(NetworkError):
            downloader.list_channel(site.url("/feed.xml"))
