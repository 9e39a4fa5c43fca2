"""Candidates: found through yt-dlp's real search, previewed, scored, decided about."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import install_weights
from tests.models.taste_world import library_of
from tests.models.taste_world import tagger as tagger  # a fixture
from tests.servers.media_site import Fault, MediaSite, Resource
from tests.servers.youtube_fixtures import QUICK
from tests.servers.youtube_site import CHANNEL_ID, Video, YoutubeSite, _listed
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import DownloadSettings, Settings
from utawaku.library.errors import MediaError
from utawaku.library.records import Song, Stream
from utawaku.library.requests import Ingest
from utawaku.library.subscriptions import CrawlSettings
from utawaku.media.probe import probe
from utawaku.models.tagger import Tagger
from utawaku.services.crawler import fetch_preview, search, seeds_from
from utawaku.services.downloader import Downloader
from utawaku.workflows.crawl import crawl, taste_scorer
from utawaku.workflows.taste import load_model, train_taste
from utawaku.workflows.taste_candidates import candidate_lesson


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
    assert [one.key for one in findings.found] == ["youtube-cand0000004"]
    serve_search(site, fault=Fault(status=429))
    refused = search(downloader, seeds, budget=5)
    assert refused.refused is not None
    assert refused.n_looks == 1


@dataclass
class Loudly:
    """A scorer that only says that it was asked."""

    version: str = "v1"

    def score(self, preview: Path) -> float:
        if probe(preview).duration_s < 1:
            raise MediaError("too short")
        return 0.75


def test_a_preview_is_a_piece_out_of_the_middle(tmp_path: Path) -> None:
    with MediaSite() as site:
        site.add("/a.mka", audio_bytes("matroska", "libopus", duration_s=60.0, rate_hz=48_000), "x")
        made = fetch_preview(site.url("/a.mka"), tmp_path / "p.mka", duration_s=60.0, length_s=8.0)
    assert probe(made).duration_s == pytest.approx(8.0, abs=1.0)


def test_a_round_finds_previews_scores_and_an_accepted_one_is_ingested(
    site: YoutubeSite, downloader: Downloader, catalogue: Catalogue, settings: Settings
) -> None:
    serve_search(site, Video("cand0000001", "【歌枠】夜", 4000))
    media = {"140": audio_bytes("mp4", "aac", duration_s=20.0)}
    site.videos["cand0000001"] = Video("cand0000001", "【歌枠】夜", 20, media=media)
    wanted = settings.model_copy(
        update={"crawl": CrawlSettings(enabled=True, words=("歌枠",), searches_a_day=1)}
    )
    first = crawl(catalogue, wanted, downloader, Loudly())
    assert (first.n_looks, first.n_new) == (1, 1)
    (candidate,) = catalogue.candidates.in_state("found", "previewed", "scored", "failed")
    assert candidate.message == ""
    assert (candidate.state, candidate.score, candidate.model_version) == ("scored", 0.75, "v1")
    again = crawl(catalogue, wanted, downloader, Loudly("v2"))
    assert (again.n_looks, again.n_new, again.n_scored) == (0, 0, 1)  # the budget is used up
    assert catalogue.candidates.decide(candidate.id, grade=1)
    assert not catalogue.candidates.decide(candidate.id, grade=-1)
    (request,) = catalogue.requests.waiting(Ingest)
    assert request.target == candidate.url
    assert [one.grade for one in catalogue.candidates.graded()] == [1]
    accepted = catalogue.candidates.get(candidate.id)
    assert catalogue.candidates.add([replace(accepted, id=0)]) == 0


def test_a_trained_model_scores_real_previews_and_marks_of_candidates_can_be_learnt(
    site: YoutubeSite,
    downloader: Downloader,
    catalogue: Catalogue,
    settings: Settings,
    tagger: Tagger,
    weights_dir: Path,
) -> None:
    install_weights(weights_dir, settings, "musicnn")
    names = ("cand0000001", "cand0000002")
    serve_search(site, *(Video(name, f"【歌枠】{name}", 4000) for name in names))
    for number, name in enumerate(names):
        sound = audio_bytes("mp4", "aac", duration_s=20.0, seed=number)
        site.videos[name] = Video(name, name, 20, media={"140": sound})
    crawling = CrawlSettings(enabled=True, words=("歌枠",), searches_a_day=1)
    wanted = settings.model_copy(update={"crawl": crawling})
    # Nothing is learnt yet: previews are heard, so that their marks can teach.
    assert taste_scorer(catalogue, wanted, tagger) is None
    found = crawl(catalogue, wanted, downloader, None, tagger=tagger)
    assert (found.n_new, found.n_previews, found.n_scored) == (2, 2, 0)
    world = library_of(catalogue, 60)
    world.grade(range(40))
    train_taste(catalogue, wanted)
    scorer = taste_scorer(catalogue, wanted, tagger)
    assert scorer is not None
    assert crawl(catalogue, wanted, downloader, scorer, tagger=tagger).n_scored == 2
    first, second = catalogue.candidates.in_state("scored")
    assert first.score is not None
    assert second.score is not None
    assert 1.0 >= first.score >= second.score >= 0.0
    heard = tagger.listen(settings.cache_dir / first.preview_path).embedding
    assert first.score == pytest.approx(float(load_model(catalogue, wanted).scores(heard[None])[0]))
    assert first.model_version == scorer.version
    catalogue.candidates.decide(first.id, grade=1)
    catalogue.candidates.decide(second.id, grade=-1)
    lesson = candidate_lesson(catalogue, wanted)
    assert {mark.song_id: mark.target for mark in lesson.marks} == {
        f"candidate-{first.id}": 1.0,
        f"candidate-{second.id}": 0.0,
    }
    at = [mark.song_id for mark in lesson.marks].index(f"candidate-{first.id}")
    assert lesson.vectors[at] == pytest.approx(heard)
    assert [one.target for one in catalogue.requests.waiting(Ingest)] == [first.url]
    # What was heard is lost with the preview: the next round fetches it once more.
    shutil.rmtree(settings.data_dir / "taste" / "previews")
    shutil.rmtree(settings.cache_dir / "previews")
    assert candidate_lesson(catalogue, wanted).n_unheard == 2
    assert crawl(catalogue, wanted, downloader, scorer, tagger=tagger).n_previews == 2
    assert candidate_lesson(catalogue, wanted).vectors[at] == pytest.approx(heard)
    assert catalogue.candidates.get(first.id).state == "accepted"


def test_a_resting_site_is_not_searched_and_others_are(
    site: YoutubeSite, catalogue: Catalogue, settings: Settings
) -> None:
    direct = Downloader(DownloadSettings(sleep_requests_s=0.0), tuning=QUICK)
    catalogue.sites.refuse("youtube", "the site asks to slow down", base_s=3600)
    with MediaSite() as other:
        item = f"<item><title>歌枠</title><link>{other.url('/a')}</link></item>"
        other.add("/feed.xml", f"<rss version='2.0'><channel>{item}</channel></rss>", "text/xml")
        urls = (other.url("/feed.xml"),)
        wanted = settings.model_copy(
            update={"crawl": CrawlSettings(enabled=True, words=("歌枠",), urls=urls)}
        )
        done = crawl(catalogue, wanted, direct, None)
        assert len(other.gets("/feed.xml")) == 1
    assert done.n_looks == 1
    assert [one.path for one in site.seen] == []


def test_a_preview_that_the_network_breaks_is_tried_once_more_and_then_never(
    site: YoutubeSite, downloader: Downloader, catalogue: Catalogue, settings: Settings
) -> None:
    serve_search(site, Video("cand0000001", "【歌枠】夜", 4000))
    site.videos["cand0000001"] = Video("cand0000001", media={"140": b"cut off"})
    wanted = settings.model_copy(
        update={"crawl": CrawlSettings(enabled=True, words=("歌枠",), searches_a_day=1)}
    )
    for state in ("found", "failed"):
        assert crawl(catalogue, wanted, downloader, None).n_previews == 0
        (candidate,) = catalogue.candidates.in_state("found", "failed")
        assert (candidate.state, bool(candidate.message)) == (state, True), candidate.message
