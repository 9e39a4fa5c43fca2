"""The crawler: seeds, yt-dlp's real search, previews."""

import json
from pathlib import Path

import pytest

from tests.models.taste_world import tagger as tagger  # a fixture
from tests.servers.media_site import Fault, MediaSite, Resource
from tests.servers.youtube_site import CHANNEL_ID, Video, YoutubeSite, _listed
from tests.services.downloader_media import audio_bytes
from utawaku.library.records import Song, Stream
from utawaku.library.subscriptions import CrawlSearch, CrawlSettings
from utawaku.media.probe import probe
from utawaku.services.crawler import fetch_preview, search, seeds_from
from utawaku.services.downloader import Downloader


def serve_search(site: YoutubeSite, *videos: Video, fault: Fault | None = None) -> None:
    items = [{"videoRenderer": _listed(video)} for video in videos]
    sections = [{"itemSectionRenderer": {"contents": items}}]
    contents = {
        "twoColumnSearchResultsRenderer": {
            "primaryContents": {"sectionListRenderer": {"contents": sections}}
        }
    }
    body = json.dumps({"contents": contents}).encode()
    site.resources["/youtubei/v1/search"] = Resource(body, "application/json", always=fault)


def test_seeds_are_the_users_words_first_then_liked_singers_songs_and_relatives() -> None:
    stream = Stream("y", "u", "歌枠", "youtube", "dQw4w9WgXcQ", CHANNEL_ID, "A Singer")
    song = Song("y@1", "y", 0, 0, 1, "smart", 1, title="夜に駆ける", artist="YOASOBI")
    seeds = seeds_from([(song, stream)] * 3, ["弾き語り  夜"], ["https://example.org/list"])
    assert [(seed.kind, seed.address) for seed in seeds] == [
        ("url", "https://example.org/list"),
        ("words", "ytsearch20:弾き語り 夜"),
        ("channel", f"https://www.youtube.com/channel/{CHANNEL_ID}/streams"),
        ("words", "ytsearch20:夜に駆ける YOASOBI 歌枠"),
        ("related", "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RDdQw4w9WgXcQ"),
    ]


def test_a_search_keeps_long_karaoke_once_and_stops_at_its_budget(
    site: YoutubeSite, downloader: Downloader
) -> None:
    serve_search(
        site,
        Video("cand0000001", "【歌枠】夜", 4000),
        Video("cand0000002", "ゲーム実況", 4000),
        Video("cand0000003", "歌枠 切り抜き", 90),
    )
    site.streams = [
        Video("cand0000001", "【歌枠】夜", 4000),
        Video("cand0000004", "弾き語り", 5000),
    ]
    channel = f"https://www.youtube.com/channel/{CHANNEL_ID}/streams"
    seeds = seeds_from([], ["歌枠"], [channel])[::-1]
    findings = search(downloader, seeds, budget=5)
    assert [one.key for one in findings.found] == ["youtube-cand0000001", "youtube-cand0000004"]
    assert findings.found[0].why == "search: 歌枠"
    assert search(downloader, seeds, budget=1).n_looks == 1


def test_a_refusal_ends_the_search_and_an_error_does_not(
    site: YoutubeSite, downloader: Downloader
) -> None:
    site.streams = [Video("cand0000004", "弾き語り", 5000)]
    channel = f"https://www.youtube.com/channel/{CHANNEL_ID}/streams"
    seeds = seeds_from([], ["歌枠"], [channel])[::-1]
    serve_search(site, fault=Fault(status=500))
    findings = search(downloader, seeds, budget=5)
    assert len(findings.failures) == 1
    assert findings.n_looks == 1, "the search that failed counts for the day"
    assert [one.key for one in findings.found] == ["youtube-cand0000004"]
    serve_search(site, fault=Fault(status=429))
    refused = search(downloader, seeds, budget=5)
    assert refused.refused is not None
    assert refused.n_looks == 1


def test_a_preview_is_a_piece_out_of_the_middle(tmp_path: Path) -> None:
    with MediaSite() as site:
        site.add("/a.mka", audio_bytes("matroska", "libopus", duration_s=60.0, rate_hz=48_000), "x")
        made = fetch_preview(site.url("/a.mka"), tmp_path / "p.mka", duration_s=60.0, length_s=8.0)
    assert probe(made).duration_s == pytest.approx(8.0, abs=1.0)


def test_a_search_of_ones_own_keeps_what_its_filter_wants(
    site: YoutubeSite, downloader: Downloader
) -> None:
    serve_search(
        site,
        Video("cand0000001", "NCS release: Night", 200),
        Video("cand0000002", "NCS 10 hours", 36_000),
        Video("cand0000003", "NCS teaser", 20),
        Video("cand0000004", "NCS reaction", 300),
    )
    wanted = CrawlSettings(
        exclude=("reaction",),
        searches={"ncs": CrawlSearch(words="NCS", title=(), min_duration_s=60, max_duration_s=900)},
    )
    one = wanted.searches["ncs"]
    rules = wanted.rules_for(one.model_dump(exclude_none=True))
    seeds = seeds_from([], ["NCS release"], searches=[(one.words, one.url, rules)])
    found = search(downloader, seeds[:1], budget=5, rules=wanted.rules_for({})).found
    assert [row.key for row in found] == ["youtube-cand0000001"]
    # Without a filter of its own a search follows the general one: karaoke of ten minutes.
    assert search(downloader, seeds[1:], budget=5, rules=wanted.rules_for({})).found == []


@pytest.mark.parametrize(
    "search_of_ones_own",
    [{}, {"words": "a", "url": "b"}, {"words": "a", "title": ["("]},
     {"words": "a", "min_duration_s": 60, "max_duration_s": 30}],
)  # fmt: skip
def test_a_search_that_could_find_nothing_is_refused(search_of_ones_own: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"either words or a url|regular expression|nothing could"):
        CrawlSettings.model_validate({"searches": {"mine": search_of_ones_own}})
