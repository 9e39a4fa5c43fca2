"""The crawler's round: find, preview, score, decide."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import install_weights
from tests.models.taste_world import library_of
from tests.models.taste_world import tagger as tagger  # a fixture
from tests.servers.media_site import Fault, MediaSite
from tests.servers.youtube_fixtures import QUICK
from tests.servers.youtube_fixtures import downloader as downloader
from tests.servers.youtube_fixtures import site as site
from tests.servers.youtube_site import Video, YoutubeSite
from tests.services.downloader_media import audio_bytes
from tests.services.test_crawler import serve_search
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import DownloadSettings, Settings
from utawaku.library.errors import MediaError
from utawaku.library.records import Candidate
from utawaku.library.requests import Ingest
from utawaku.library.static_playlists import file_of, lines_of
from utawaku.library.subscriptions import CrawlSettings
from utawaku.media.probe import probe
from utawaku.models.tagger import Tagger
from utawaku.models.taste import joined
from utawaku.services.downloader import Downloader
from utawaku.workflows.crawl import crawl, list_promising, taste_scorer
from utawaku.workflows.taste import load_model, train_taste
from utawaku.workflows.taste_candidates import candidate_lesson


@dataclass
class Loudly:
    """A scorer that only says that it was asked."""

    version: str = "v1"

    def score(self, preview: Path) -> float:
        if probe(preview).duration_s < 1:
            raise MediaError("too short")
        return 0.75


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
    told = tagger.listen(settings.cache_dir / first.preview_path)
    heard = joined(told.embedding[None], told.timbre[None], told.tags[None])[0]
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


def test_what_reaches_the_users_score_is_on_a_playlist_until_it_is_rejected(
    catalogue: Catalogue, settings: Settings
) -> None:
    wanted = settings.model_copy(update={"crawl": CrawlSettings(playlist_from=0.7)})
    catalogue.candidates.add(
        Candidate(0, f"x-{n}", f"https://x.example/{n}", f"Song {n}", duration_s=200, source="x")
        for n in range(3)
    )
    for one, score in zip(catalogue.candidates.in_state("found"), (0.9, 0.75, 0.6), strict=True):
        catalogue.candidates.change(one.id, state="scored", score=score)
    assert list_promising(catalogue, wanted) == 2
    assert list_promising(catalogue, wanted) == 0
    path = file_of(settings.library_root, "Found")
    assert [line.path for line in lines_of(path)] == ["https://x.example/0", "https://x.example/1"]
    assert "#EXTINF:200,Song 0" in path.read_text("utf-8")
    catalogue.candidates.decide(catalogue.candidates.in_state("scored")[0].id, grade=-1)
    list_promising(catalogue, wanted)
    assert [line.path for line in lines_of(path)] == ["https://x.example/1"]
    assert list_promising(catalogue, settings) == 0  # switched off, as it is at first


def test_what_fails_is_told_and_leaves_the_day_to_others(
    site: YoutubeSite, downloader: Downloader, catalogue: Catalogue, settings: Settings
) -> None:
    serve_search(site, Video("cand0000001", "【歌枠】夜", 4000), fault=Fault(status=500))
    crawling = CrawlSettings(enabled=True, words=("歌枠",), searches_a_day=1)
    wanted = settings.model_copy(update={"crawl": crawling})
    failed = crawl(catalogue, wanted, downloader, None)
    assert (failed.n_looks, len(failed.failures)) == (0, 1)
    assert "search: 歌枠" in failed.failures[0]
    serve_search(site, Video("cand0000001", "【歌枠】夜", 4000))
    again = crawl(catalogue, wanted, downloader, None)
    assert (again.n_looks, again.n_new) == (1, 1)
    # The video itself is not there: its preview fails, and does not count either.
    assert len(again.failures) == 1
    assert "【歌枠】夜" in again.failures[0]
    assert catalogue.sites.count("youtube", "preview") == 0
