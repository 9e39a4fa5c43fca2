"""A favourites folder of the user's Bilibili account: what passes the taste score goes onto it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import (
    BotCheckError,
    LoginExpiredError,
    RateLimitedError,
    UploadHoldError,
    UploadLimitedError,
    UploadRefusedError,
    UtawakuError,
)
from utawaku.library.publish.drafts import account_of
from utawaku.library.records import Candidate
from utawaku.services.publish.bilibili.favourites import GONE, Favourites, video_of
from utawaku.services.publish.bilibili.shared_accounts import accounts_of
from utawaku.services.rate_limits import asking

SITE = "https://www.bilibili.com/"
FAILURES_AT_MOST = 3
_COUNTED = "favourite"
_ADDED, _REMOVED, _GONE = "added", "removed", "gone"


@dataclass
class FavouritesRound:
    """The result of a round."""

    folder: str = ""
    account: str = ""
    n_added: int = 0
    n_removed: int = 0
    """Rejected by the user since they were added."""
    n_waiting: int = 0
    """Left for the next round: the day's quota, a cooldown or a failure."""
    n_elsewhere: int = 0
    """Not on Bilibili: the folder cannot hold them."""
    failures: list[str] = field(default_factory=list)
    """Each with its next step."""


def put_on_favourites(
    catalogue: Catalogue,
    settings: Settings,
    *,
    dry_run: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> FavouritesRound:
    """Put candidates that reach `crawl.playlist_from` onto the folder `crawl.favourites`.

    Each is added once: what the user takes off there is not added again. What the user rejected
    here after it was added is taken off. The most promising go first, within
    `crawl.favourites_a_day`.

    Args:
        catalogue: holds the candidates, and what was added.
        settings: their score, the folder, the account.
        dry_run: count what would be done, and ask nobody.
        sleep: waits so many seconds.
    """
    wanted = settings.crawl
    done = FavouritesRound(folder=wanted.favourites)
    if wanted.playlist_from is None or not wanted.favourites:
        return done
    try:
        done.account = account_of("bilibili", catalogue, settings)
    except UtawakuError as error:
        done.failures.append(_told(error))
        return done
    memory = _Memory(catalogue, done.account)
    passed = [
        one
        for one in catalogue.candidates.in_state("scored", "accepted")
        if one.score is not None and one.score >= wanted.playlist_from
    ]
    here = [one for one in passed if video_of(one.url)]
    done.n_elsewhere = len(passed) - len(here)
    new = [one for one in here if video_of(one.url) not in memory.videos]
    off = [
        one
        for one in catalogue.candidates.in_state("rejected")
        if memory.videos.get(video_of(one.url)) == _ADDED
    ]
    left = max(0, wanted.favourites_a_day - catalogue.sites.count("bilibili", _COUNTED))
    if dry_run:
        done.n_added, done.n_removed = min(len(new), left), len(off)
        done.n_waiting = len(new) - done.n_added
        return done
    done.n_waiting = len(new)
    if off or (new and left):
        site = Favourites(
            accounts_of(settings, catalogue),
            done.account,
            pause_s=settings.download.sleep_requests_s,
            sleep=sleep,
        )
        try:
            with asking(SITE, catalogue):
                _carry_out(site, memory, catalogue, done, new[:left], off)
        except UtawakuError as error:
            done.failures.append(_told(error))
    return done


def _carry_out(
    site: Favourites,
    memory: "_Memory",
    catalogue: Catalogue,
    done: FavouritesRound,
    new: list[Candidate],
    off: list[Candidate],
) -> None:
    """Change the folder, one video after the other; each is remembered as it is done.

    Raises:
        BotCheckError, RateLimitedError: the site refuses this account or machine for now.
        UtawakuError: the folder cannot be had, or `FAILURES_AT_MOST` failed.
    """
    try:
        folder = memory.keep_folder(
            done.folder, site.folder(done.folder, memory.folders.get(done.folder, 0))
        )
        n_failed = 0
        for one, is_new in [*((one, False) for one in off), *((one, True) for one in new)]:
            video = video_of(one.url)
            try:
                if is_new:
                    site.add(folder, video)
                else:
                    site.remove(folder, video)
            except (UploadHoldError, UploadLimitedError):
                raise
            except UtawakuError as error:
                done.failures.append(_told(error, one.title or one.url))
                if isinstance(error, UploadRefusedError) and error.code in GONE:
                    memory.keep_video(video, _GONE)
                    done.n_waiting -= is_new
                    continue
                n_failed += 1
                if n_failed >= FAILURES_AT_MOST:
                    break
                continue
            memory.keep_video(video, _ADDED if is_new else _REMOVED)
            done.n_added += is_new
            done.n_removed += not is_new
            if is_new:
                done.n_waiting -= 1
                catalogue.sites.note("bilibili", _COUNTED)
    except LoginExpiredError:
        raise
    except UploadHoldError as error:
        # Whoever goes on now loses more than the folder: the site is left alone for a while.
        raise BotCheckError(
            error.problem,
            subject=done.account,
            next_step="Open bilibili.com as this account and pass what it asks; "
            "`utawaku resume bilibili` ends the cooldown",
        ) from error
    except UploadLimitedError as error:
        raise RateLimitedError(
            error.problem,
            subject=done.account,
            next_step="It goes on by itself with the next round",
            retry_after_s=error.retry_after_s,
        ) from error


class _Memory:
    """Folders and videos of an account that were changed, kept in the catalogue."""

    def __init__(self, catalogue: Catalogue, account: str) -> None:
        self._catalogue = catalogue
        self._name = f"favourites:{account}"
        kept = catalogue.memories.recall(self._name, {})
        self.folders: dict[str, int] = kept.get("folders", {})
        self.videos: dict[str, str] = kept.get("videos", {})

    def keep_folder(self, title: str, number: int) -> int:
        if self.folders.get(title) != number:
            self.folders[title] = number
            self._keep()
        return number

    def keep_video(self, video: str, state: str) -> None:
        self.videos[video] = state
        self._keep()

    def _keep(self) -> None:
        # Another process may have added something meanwhile.
        kept = self._catalogue.memories.recall(self._name, {})
        self.folders = {**kept.get("folders", {}), **self.folders}
        self.videos = {**kept.get("videos", {}), **self.videos}
        self._catalogue.memories.keep(self._name, {"folders": self.folders, "videos": self.videos})


def _told(error: UtawakuError, subject: str = "") -> str:
    named = f"{subject or error.subject}: " if subject or error.subject else ""
    step = f" ({error.next_step})" if error.next_step else ""
    return f"{named}{error.problem}{step}"
