"""The crawler's round: search, preview, score; what comes of it waits for the user's mark."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.gentleness import asking, hindrance_to_asking
from assets.taste import load_model
from library.catalogue import Catalogue
from library.config import Settings
from library.errors import BotCheckError, NotFoundError, RateLimitedError, UtawakuError
from library.records import Song, Stream
from library.schema import songs
from library.sites import site_of
from models.crawler import PreviewScorer, fetch_preview, score_previews, search, seeds_from
from models.crawler.address import media_address
from models.downloader import Downloader
from models.tagger import Tagger
from models.taste import LogisticTaste

PREVIEWS_DIR = "previews"
LIKED = 50
"""Liked songs that seeds are drawn from, the latest first."""


@dataclass(frozen=True)
class Round:
    """What a round came to."""

    n_looks: int
    n_new: int
    n_previews: int
    n_scored: int
    stopped: str = ""
    """Why it ended early, if it did."""


class TasteScorer:
    """The user's taste model as the crawler wants it."""

    def __init__(self, model: LogisticTaste, tagger: Tagger) -> None:
        self._model = model
        self._tagger = tagger

    @property
    def version(self) -> str:
        """Version of the model."""
        return self._model.version

    def score(self, preview: Path) -> float:
        """p(like) of a preview."""
        embedding = np.asarray(self._tagger.listen(preview).embedding, np.float32)
        return float(self._model.scores(embedding[None, :])[0])


def crawl(
    catalogue: Catalogue,
    settings: Settings,
    downloader: Downloader,
    scorer: PreviewScorer | None,
    now: float | None = None,
) -> Round:
    """Search within the day's budget, fetch previews of the newest candidates, score what is heard.

    A bot check or 429 ends the round, and the site is left alone as after any other refusal.
    """
    now = time.time() if now is None else now
    hindrance = hindrance_to_asking("https://www.youtube.com/", catalogue, now)
    if hindrance is not None:
        return Round(0, 0, 0, 0, hindrance.reason)
    wanted = settings.crawl
    looks_left = wanted.searches_a_day - catalogue.sites.count("youtube", "search", now=now)
    seeds = seeds_from(liked(catalogue), wanted.words, wanted.urls)
    findings = search(downloader, seeds, budget=max(0, looks_left))
    for _ in range(findings.n_looks):
        catalogue.sites.note("youtube", "search", at=now)
    n_new = catalogue.candidates.add(one.candidate() for one in findings.found)
    stopped, n_previews = "", 0
    try:
        with asking("https://www.youtube.com/", catalogue):
            if findings.refused is not None:
                raise findings.refused
            n_previews = preview_some(catalogue, settings, downloader, now)
    except (BotCheckError, RateLimitedError) as error:
        stopped = error.problem
    n_scored = score_some(catalogue, settings, scorer) if scorer is not None else 0
    return Round(findings.n_looks, n_new, n_previews, n_scored, stopped)


def liked(catalogue: Catalogue) -> list[tuple[Song, Stream]]:
    """Liked songs with their streams, the latest first."""
    found = catalogue.songs.select(
        songs.c.state == "kept",
        songs.c.grade == 1,
        order_by=(songs.c.added_at.desc(),),
        limit=LIKED,
    )
    return [(song, catalogue.streams.get(song.stream_id)) for song in found]


def preview_some(
    catalogue: Catalogue, settings: Settings, downloader: Downloader, now: float
) -> int:
    """Fetch previews of candidates that have none, within each site's budget of the day."""
    n_made = 0
    for candidate in catalogue.candidates.in_state("found"):
        site = site_of(candidate.url)
        left = settings.crawl.previews_a_day - catalogue.sites.count(site, "preview", now=now)
        if left <= 0:
            continue
        catalogue.sites.note(site, "preview", at=now)
        path = settings.cache_dir / PREVIEWS_DIR / f"{candidate.id}.mka"
        try:
            address, headers, duration_s = media_address(
                candidate.url, downloader.settings, downloader.tuning
            )
            fetch_preview(
                address,
                path,
                duration_s=duration_s or candidate.duration_s,
                headers=headers,
                proxy=downloader.settings.proxy,
            )
        except (BotCheckError, RateLimitedError):
            raise
        except UtawakuError as error:
            catalogue.candidates.change(candidate.id, state="failed", message=error.problem)
            continue
        stored = path.relative_to(settings.cache_dir).as_posix()
        catalogue.candidates.change(candidate.id, state="previewed", preview_path=stored)
        n_made += 1
    return n_made


def score_some(catalogue: Catalogue, settings: Settings, scorer: PreviewScorer) -> int:
    """Score previews that have no score of the present model."""
    waiting = [
        one
        for one in catalogue.candidates.in_state("previewed", "scored")
        if one.model_version != scorer.version
    ]
    scored = score_previews(waiting, settings.cache_dir, scorer)
    for one in scored:
        if one.score is None:
            catalogue.candidates.change(
                one.candidate.id, state="failed", message=f"cannot be heard: {one.trouble}"
            )
        else:
            catalogue.candidates.change(
                one.candidate.id, state="scored", score=one.score, model_version=scorer.version
            )
    return sum(one.score is not None for one in scored)


def taste_scorer(catalogue: Catalogue, settings: Settings, tagger: Tagger) -> TasteScorer | None:
    """The scorer of the present taste model; None while there is none."""
    try:
        return TasteScorer(load_model(catalogue, settings), tagger)
    except NotFoundError:
        return None
