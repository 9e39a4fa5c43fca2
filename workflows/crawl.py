"""The crawler's round: search, preview, score; what comes of it waits for the user's mark."""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import (
    BotCheckError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    UtawakuError,
)
from utawaku.library.records import Song, Stream
from utawaku.library.schema import songs
from utawaku.library.sites import site_of
from utawaku.models.tagger import Tagger
from utawaku.models.taste import LogisticTaste
from utawaku.services.crawler import (
    PreviewScorer,
    fetch_preview,
    score_previews,
    search,
    seeds_from,
)
from utawaku.services.crawler.address import media_address
from utawaku.services.downloader import Downloader
from utawaku.services.rate_limits import asking, wait_before_request
from utawaku.workflows.taste import load_model
from utawaku.workflows.taste_candidates import PREVIEWS_DIR, marks_without_sound, preview_vector

YOUTUBE = "https://www.youtube.com/"
LIKED = 50
"""Liked songs that seeds are drawn from, the latest first."""


@dataclass(frozen=True)
class Round:
    """The result of a round."""

    n_looks: int
    n_new: int
    n_previews: int
    n_scored: int
    stopped: str = ""
    """The reason why it ended early, if it did."""


class TasteScorer:
    """The user's taste model as the crawler wants it."""

    def __init__(self, model: LogisticTaste, tagger: Tagger, settings: Settings) -> None:
        self._model = model
        self._tagger = tagger
        self._settings = settings

    @property
    def version(self) -> str:
        """Version of the model."""
        return self._model.version

    def score(self, preview: Path) -> float:
        """p(like) of a preview."""
        vector = preview_vector(preview, self._tagger, self._settings)
        return float(self._model.scores(vector[None, :])[0])


def crawl(
    catalogue: Catalogue,
    settings: Settings,
    downloader: Downloader,
    scorer: PreviewScorer | None,
    now: float | None = None,
    *,
    tagger: Tagger | None = None,
) -> Round:
    """Search within the day's budget, fetch previews of the newest candidates, score what is heard.

    A bot check or 429 ends the search, and the site is on cooldown as after any other refusal;
    others are asked. Without a `scorer`, a `tagger` hears previews so that their marks can teach.
    """
    now = time.time() if now is None else now

    def allowed(address: str) -> bool:
        return wait_before_request(address, catalogue, now) is None

    wanted = settings.crawl
    looks_left = wanted.searches_a_day - catalogue.sites.count("youtube", "search", now=now)
    seeds = seeds_from(liked(catalogue), wanted.words, wanted.urls)
    findings = search(downloader, seeds, budget=max(0, looks_left), allowed=allowed)
    for _ in range(findings.n_looks):
        catalogue.sites.note("youtube", "search", at=now)
    n_new = catalogue.candidates.add(one.candidate() for one in findings.found)
    stopped = ""
    if findings.refused is not None:
        stopped = findings.refused.problem
        with suppress(BotCheckError, RateLimitedError), asking(findings.refused_at, catalogue):
            raise findings.refused
    n_previews = preview_some(catalogue, settings, downloader, now)
    n_scored = score_some(catalogue, settings, scorer) if scorer is not None else 0
    if scorer is None and tagger is not None:
        hear_some(catalogue, settings, tagger)
    resting = wait_before_request(YOUTUBE, catalogue, now)
    if resting is not None and not findings.n_looks:
        stopped = stopped or resting.reason
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
    """Fetch previews of candidates that have none, within each site's budget of the day.

    First of those that were marked and whose sound is lost: their marks are to teach again.
    """
    n_made = 0
    wanting = [*marks_without_sound(catalogue, settings), *catalogue.candidates.in_state("found")]
    for candidate in wanting:
        if wait_before_request(candidate.url, catalogue, now) is not None:
            continue
        site = site_of(candidate.url)
        left = settings.crawl.previews_a_day - catalogue.sites.count(site, "preview", now=now)
        if left <= 0:
            continue
        catalogue.sites.note(site, "preview", at=now)
        path = settings.cache_dir / PREVIEWS_DIR / f"{candidate.id}.mka"
        try:
            with asking(candidate.url, catalogue):
                address, headers, duration_s = media_address(
                    candidate.url, downloader.settings, downloader.tuning
                )
            fetch_preview(
                address,
                path,
                duration_s=duration_s or candidate.duration_s,
                headers=headers,
                proxy=downloader.settings.proxy.get_secret_value(),
            )
        except (BotCheckError, RateLimitedError):
            continue  # the site rests from now on; the candidate waits
        except NetworkError as error:
            if candidate.grade is None:  # once more tomorrow, then never
                state = "failed" if candidate.message else "found"
                catalogue.candidates.change(candidate.id, state=state, message=error.problem)
            continue
        except UtawakuError as error:
            if candidate.grade is None:
                catalogue.candidates.change(candidate.id, state="failed", message=error.problem)
            continue
        stored = path.relative_to(settings.cache_dir).as_posix()
        if candidate.grade is None:
            catalogue.candidates.change(
                candidate.id, state="previewed", preview_path=stored, message=""
            )
        n_made += 1
    return n_made


def hear_some(catalogue: Catalogue, settings: Settings, tagger: Tagger) -> int:
    """Hear previews while there is no model to score them; returns how many can be heard."""
    n_heard = 0
    for candidate in [*catalogue.candidates.in_state("previewed"), *catalogue.candidates.graded()]:
        try:
            preview_vector(settings.cache_dir / candidate.preview_path, tagger, settings)
            n_heard += 1
        except UtawakuError as error:
            if candidate.grade is None:
                message = f"cannot be heard: {error.problem}"
                catalogue.candidates.change(candidate.id, state="failed", message=message)
    return n_heard


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
        return TasteScorer(load_model(catalogue, settings), tagger, settings)
    except NotFoundError:
        return None
