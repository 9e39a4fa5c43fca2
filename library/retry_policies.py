"""When a failed request is tried again, by what went wrong.

Every failure either has a next time, or is for good; nothing is left without a state.
"""

from dataclasses import dataclass

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `wait_s` seconds."""

    wait_s: float
    accept_incomplete: bool = False
    """Waiting was long enough: take what is there of an archive that stays unfinished."""


@dataclass(frozen=True, slots=True)
class _Policy:
    first_s: float
    longest_s: float
    tries: int
    """How often in all, the first time included."""


_POLICIES = {
    "StillProcessingError": _Policy(0.5 * HOUR_S, 6 * HOUR_S, 60),
    "RateLimitedError": _Policy(0.25 * HOUR_S, 12 * HOUR_S, 12),
    "BotCheckError": _Policy(6 * HOUR_S, 48 * HOUR_S, 12),
    "NetworkError": _Policy(60.0, 6 * HOUR_S, 14),
    "PrivateStreamError": _Policy(DAY_S, 14 * DAY_S, 6),
    "StreamGoneError": _Policy(DAY_S, DAY_S, 2),
    "MediaMissingError": _Policy(HOUR_S, DAY_S, 14),  # over nine days
    "DiskFullError": _Policy(900.0, 6 * HOUR_S, 60),
    "CatalogueLocked": _Policy(60.0, HOUR_S, 20),
    "WeightsMissingError": _Policy(300.0, 6 * HOUR_S, 8),
    "DownloadCancelled": _Policy(60.0, 60.0, 6),
    "StoppedError": _Policy(5.0, 60.0, 6),
    "killed": _Policy(10.0, 600.0, 5),
    "unknown": _Policy(300.0, HOUR_S, 3),
}
_GROUPS = {"DownloadError": "NetworkError", "StalledError": "NetworkError"}
_FOR_GOOD = {
    "GeoBlockedError",
    "UnsupportedSiteError",
    "ConfigError",
    "NotFoundError",
    "MediaError",
    "NotMediaError",
    "NoAudioError",
    "WeightsCorruptError",
    "SetlistError",
    "PlaylistError",
}
_FAILED_FIRST_S = 3 * DAY_S


def next_try(
    error: str,
    *,
    attempts: int,
    waited_s: float = 0.0,
    retry_after_s: float | None = None,
    wait_for_archive_s: float = DAY_S,
) -> Retry | None:
    """When to try again after `error` (a class name of `library.errors`, `killed` or `unknown`).

    Args:
        error: what went wrong.
        attempts: tries that came before this one.
        waited_s: how long ago the request was made.
        retry_after_s: what the site itself asked for.
        wait_for_archive_s: after so long, an unfinished archive is taken as it is.

    Returns None where another try would not help.
    """
    if error in _FOR_GOOD:
        return None
    policy = _POLICIES.get(_GROUPS.get(error, error), _POLICIES["unknown"])
    if attempts + 1 >= policy.tries:
        return None
    wait_s = min(policy.first_s * 2 ** min(attempts, 30), policy.longest_s)
    wait_s = max(wait_s, min(retry_after_s or 0.0, _FAILED_FIRST_S))
    if error == "StillProcessingError":
        left_s = wait_for_archive_s - waited_s
        if left_s <= 0:
            return Retry(wait_s if attempts else 0.0, accept_incomplete=True)
        wait_s = min(wait_s, max(left_s, 60.0))
    return Retry(wait_s)
