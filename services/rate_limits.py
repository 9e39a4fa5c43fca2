"""Rate limits and cooldowns of sites."""

import datetime as dt
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import BotCheckError, RateLimitedError, StalledError, UtawakuError
from utawaku.library.sites import site_of

BOT_CHECK_REST_S = 6 * 3600.0
RATE_LIMIT_REST_S = 15 * 60.0
STALLED_REST_S = 5 * 60.0
LONGEST_STALLED_REST_S = 3600.0
"""It may be the network of the user that sends nothing: an hour after it is back, all goes on."""
_ROOM_CHECK_S = 15 * 60.0
ROOM_TO_WORK_BYTES = 200_000_000
"""With less, a run would only use up its request's tries: it cannot even tell how it fares."""
_ROOM_TO_WORK_CHECK_S = 60.0


@dataclass(frozen=True)
class WaitReason:
    """A reason to wait, and its end."""

    until: float
    reason: str


def wait_before_request(url: str, catalogue: Catalogue, now: float) -> WaitReason | None:
    """Return why the site behind `url` may not be asked at all now."""
    rest = catalogue.sites.rest(site_of(url), now=now)
    if rest is None:
        return None
    return WaitReason(
        rest.until, f"{rest.site} is on cooldown until {_clock(rest.until)}: {rest.reason}"
    )


def wait_before_download(
    url: str, catalogue: Catalogue, settings: Settings, now: float
) -> WaitReason | None:
    """Return why no recording may be fetched from the site behind `url` now."""
    site = site_of(url)
    if site == "file":
        return None
    asking = wait_before_request(url, catalogue, now)
    if asking is not None:
        return asking
    quiet = settings.subscriptions.quiet_until(dt.datetime.fromtimestamp(now))
    if quiet is not None:
        return WaitReason(quiet.timestamp(), f"quiet hours until {quiet:%H:%M}")
    budget = settings.download.daily_quota
    free_at = catalogue.sites.free_again_at(site, "download", budget, now=now)
    if free_at is not None:
        return WaitReason(
            free_at, f"the day's budget of {site} ({budget}) is used up until {_clock(free_at)}"
        )
    free_bytes = _free_bytes(settings.library_root)
    least_gb = settings.maintenance.min_free_gb
    if free_bytes < least_gb * 1e9:
        return WaitReason(
            now + _ROOM_CHECK_S,
            f"only {free_bytes / 1e9:.1f} GB free (maintenance.min_free_gb is {least_gb:g})",
        )
    return None


def wait_before_work(settings: Settings, now: float) -> WaitReason | None:
    """Return why nothing at all may be made now: no room where files, catalogue or weights lie."""
    for folder in (settings.library_root, settings.data_dir, settings.cache_dir):
        free_bytes = _free_bytes(folder)
        if free_bytes < ROOM_TO_WORK_BYTES:
            reason = f"no room to work: only {free_bytes / 1e6:.0f} MB free at {folder}"
            return WaitReason(now + _ROOM_TO_WORK_CHECK_S, reason)
    return None


@contextmanager
def asking(url: str, catalogue: Catalogue) -> Iterator[None]:
    """Remember a refusal that happens inside, so that the site is on cooldown for a while.

    Raises:
        RateLimitedError: it is on cooldown already, since this was asked for.
    """
    now = time.time()
    resting = wait_before_request(url, catalogue, now)
    if resting is not None:
        raise RateLimitedError(
            resting.reason,
            subject=url,
            next_step="It is tried again by itself; `utawaku resume` ends the rest",
            retry_after_s=resting.until - now,
        )
    try:
        yield
    except (BotCheckError, RateLimitedError) as error:
        _leave_alone(
            url,
            error,
            catalogue,
            base_s=BOT_CHECK_REST_S if isinstance(error, BotCheckError) else RATE_LIMIT_REST_S,
            retry_after_s=None if isinstance(error, BotCheckError) else error.retry_after_s,
        )
        raise
    except StalledError as error:
        # Its other streams would stall as well, one after the other in front of other sites'.
        _leave_alone(url, error, catalogue, base_s=STALLED_REST_S, longest_s=LONGEST_STALLED_REST_S)
        raise


def _leave_alone(url: str, error: UtawakuError, catalogue: Catalogue, **rest: Any) -> None:
    site = site_of(url)
    until = catalogue.sites.refuse(site, error.problem, **rest).until
    catalogue.notices.add(
        "warning",
        f"{site} is on cooldown until {_clock(until)}",
        body=error.problem,
        next_step=error.next_step,
    )


def note_download(url: str, stream_id: str, size_bytes: int, catalogue: Catalogue) -> None:
    """A recording came through: count it, and the site is on good terms again."""
    site = site_of(url)
    catalogue.sites.note(site, "download", stream_id=stream_id, size_bytes=size_bytes)
    catalogue.sites.welcome(site)


def _free_bytes(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _clock(moment: float) -> str:
    near = abs(moment - time.time()) < 20 * 3600
    return time.strftime("%H:%M" if near else "%m-%d %H:%M", time.localtime(moment))
