"""The crawler's round: search, preview, score; what comes of it waits for the user's mark."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from utawaku.library import static_playlists
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import (
    BotCheckError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    UtawakuError,
)
from utawaku.library.exports import PlaylistEntry
from utawaku.library.records import Candidate, Song, Stream
from utawaku.library.schema import songs
from utawaku.library.shared_files import PREVIEWS, preview_file
from utawaku.library.sites import site_of
from utawaku.library.subscriptions import CrawlSearch, CrawlSettings
from utawaku.media.probe import probe
from utawaku.models.tagger import Tagger
from utawaku.models.taste import LogisticTaste
from utawaku.services.crawler import (
    PreviewScorer,
    Seed,
    fetch_preview,
    score_previews,
    search,
    seeds_from,
)
from utawaku.services.crawler.address import media_address
from utawaku.services.downloader import Downloader
from utawaku.services.rate_limits import asking, wait_before_request
from utawaku.workflows.favourites import FavouritesRound, put_on_favourites
from utawaku.workflows.ingest import is_address
from utawaku.workflows.taste import load_model
from utawaku.workflows.taste_candidates import marks_without_sound, preview_vector

YOUTUBE = "https://www.youtube.com/"
FAILURES_AT_MOST = 5
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
    failures: tuple[str, ...] = ()
    """Searches and previews that failed, each with the reason; they do not count for the day."""
    n_listed: int = 0
    """Candidates that went onto the playlist."""
    favourites: FavouritesRound = field(default_factory=FavouritesRound)
    """The folder of favourites, where one is set."""


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
    searches: Sequence[CrawlSearch] | None = None,
) -> Round:
    """Search within the day's budget, fetch previews of the newest candidates, score what is heard.

    `searches` take the place of those of the settings and of seeds from liked songs.

    A bot check or 429 ends the search, and the site is on cooldown as after any other refusal;
    others are asked. Without a `scorer`, a `tagger` hears previews so that their marks can teach.
    """
    now = time.time() if now is None else now

    def allowed(address: str) -> bool:
        return wait_before_request(address, catalogue, now) is None

    wanted = settings.crawl
    looks_left = wanted.searches_a_day - catalogue.sites.count("youtube", "search", now=now)
    findings = search(
        downloader,
        _seeds(catalogue, wanted, searches),
        budget=max(0, looks_left),
        rules=wanted.rules_for({}),
        allowed=allowed,
    )
    for _ in range(findings.n_looks):
        catalogue.sites.note("youtube", "search", at=now)
    n_new = catalogue.candidates.add(one.candidate() for one in findings.found)
    stopped = ""
    if findings.refused is not None:
        stopped = findings.refused.problem
        with suppress(BotCheckError, RateLimitedError), asking(findings.refused_at, catalogue):
            raise findings.refused
    failures = list(findings.failures)
    n_previews = preview_some(catalogue, settings, downloader, now, failures)
    n_scored = score_some(catalogue, settings, scorer) if scorer is not None else 0
    if scorer is None and tagger is not None:
        hear_some(catalogue, settings, tagger)
    resting = wait_before_request(YOUTUBE, catalogue, now)
    if resting is not None and not findings.n_looks:
        stopped = stopped or resting.reason
    return Round(
        findings.n_looks,
        n_new,
        n_previews,
        n_scored,
        stopped,
        tuple(failures),
        list_promising(catalogue, settings),
        put_on_favourites(catalogue, settings),
    )


def _seeds(
    catalogue: Catalogue, wanted: CrawlSettings, searches: Sequence[CrawlSearch] | None
) -> list[Seed]:
    own = list(wanted.searches.values()) if searches is None else searches
    filtered = [
        (one.words, one.url, wanted.rules_for(one.model_dump(exclude_none=True))) for one in own
    ]
    if searches is not None:
        return seeds_from([], searches=filtered)
    return seeds_from(
        liked(catalogue),
        wanted.words,
        wanted.urls,
        searches=filtered,
        liked_words=wanted.liked_words,
        uploads=wanted.kinds == ("upload",),
    )


def list_promising(catalogue: Catalogue, settings: Settings) -> int:
    """Put candidates that reach the user's score onto the user's playlist; returns how many.

    Those that the user has rejected since are taken off it. Other entries stay.
    """
    wanted = settings.crawl
    if wanted.playlist_from is None:
        return 0
    passed = [
        PlaylistEntry(one.url, one.duration_s or -1, one.title, one.channel)
        for one in catalogue.candidates.in_state("scored", "accepted")
        if one.score is not None and one.score >= wanted.playlist_from
    ]
    rejected = {one.url for one in catalogue.candidates.in_state("rejected")}
    return static_playlists.put_addresses(
        settings.library_root, wanted.playlist, passed, gone=rejected
    )


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
    catalogue: Catalogue,
    settings: Settings,
    downloader: Downloader,
    now: float,
    failures: list[str],
) -> int:
    """Fetch previews of candidates that have none, within each site's budget of the day.

    First of those that were marked and whose sound is lost: their marks are to teach again. What
    fails is told in `failures` and does not count for the day; a site at which `FAILURES_AT_MOST`
    fail in one round is left alone until the next.
    """
    n_made = 0
    failed: Counter[str] = Counter()
    wanting = [*marks_without_sound(catalogue, settings), *catalogue.candidates.in_state("found")]
    for candidate in wanting:
        site = site_of(candidate.url) if is_address(candidate.url) else ""
        if site and (
            wait_before_request(candidate.url, catalogue, now) is not None
            or catalogue.sites.count(site, "preview", now=now) >= settings.crawl.previews_a_day
            or failed[site] >= FAILURES_AT_MOST
        ):
            continue
        stored = f"{PREVIEWS}/{candidate.id}.mka"
        path = preview_file(settings, stored)
        try:
            _fetch(candidate, path, catalogue, downloader)
        except (BotCheckError, RateLimitedError):
            continue  # the site rests from now on; the candidate waits
        except UtawakuError as error:
            failed[site] += 1
            failures.append(f"{candidate.title or candidate.url}: {error.problem}")
            if candidate.grade is None:  # a network may be well tomorrow, and is tried once more
                waits = isinstance(error, NetworkError) and not candidate.message
                state = "found" if waits else "failed"
                catalogue.candidates.change(candidate.id, state=state, message=error.problem)
            continue
        if site:
            catalogue.sites.note(site, "preview", at=now)
        if candidate.grade is None:
            catalogue.candidates.change(
                candidate.id, state="previewed", preview_path=stored, message=""
            )
        n_made += 1
    return n_made


def _fetch(candidate: Candidate, path: Path, catalogue: Catalogue, downloader: Downloader) -> None:
    """Fetch the preview of a candidate, which is a file of this machine or lies on a site."""
    if not is_address(candidate.url):
        fetch_preview(candidate.url, path, duration_s=probe(Path(candidate.url)).duration_s)
        return
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


def hear_some(catalogue: Catalogue, settings: Settings, tagger: Tagger) -> int:
    """Hear previews while there is no model to score them; returns how many can be heard."""
    n_heard = 0
    for candidate in [*catalogue.candidates.in_state("previewed"), *catalogue.candidates.graded()]:
        try:
            preview_vector(preview_file(settings, candidate.preview_path), tagger, settings)
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
    scored = score_previews(waiting, settings, scorer)
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
