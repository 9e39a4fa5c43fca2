"""The policy of retrying a failed request, by the class of its error.

Every failure either has a next try or is final.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from utawaku.library import errors

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `wait_s` seconds."""

    wait_s: float
    accept_incomplete: bool = False
    """Waiting was long enough: take what is there of an archive that stays unfinished."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Waits that double from `first_s` to `longest_s`, for at most `tries` tries."""

    first_s: float
    longest_s: float
    tries: int
    """Tries in all, the first one included."""


UNKNOWN = Policy(300.0, HOUR_S, 3)
"""For an error that is not ours, and where nothing better is known."""
KILLED = Policy(10.0, 600.0, 5)
"""The process ended in the middle."""
LOST = Policy(0.0, 0.0, 5)
"""Its machine was lost: that took half a minute to notice, and the fault is not the stream's."""

POLICIES: Mapping[type[errors.UtawakuError], Policy | None] = {
    errors.StoppedError: Policy(5.0, 60.0, 6),
    errors.ConfigError: None,
    errors.CatalogueError: UNKNOWN,
    errors.CatalogueLockedError: Policy(60.0, HOUR_S, 20),
    errors.CatalogueTooNewError: None,
    errors.CatalogueFullError: Policy(900.0, 6 * HOUR_S, 60),
    errors.LeaseLostError: KILLED,
    errors.LibraryFileError: UNKNOWN,
    errors.StreamBusyError: Policy(30.0, 600.0, 20),
    errors.UsageError: None,
    errors.NotFoundError: None,
    errors.QueryError: None,
    errors.RequestError: None,
    errors.MediaError: None,
    errors.TruncatedMediaError: UNKNOWN,
    errors.EncodeError: UNKNOWN,
    errors.TagError: UNKNOWN,
    errors.DownloadError: Policy(60.0, 6 * HOUR_S, 14),
    errors.BotCheckError: Policy(6 * HOUR_S, 48 * HOUR_S, 12),
    errors.RateLimitedError: Policy(0.25 * HOUR_S, 12 * HOUR_S, 12),
    errors.GeoBlockedError: None,
    errors.PrivateStreamError: Policy(DAY_S, 14 * DAY_S, 6),
    errors.StillProcessingError: Policy(0.5 * HOUR_S, 6 * HOUR_S, 60),
    errors.StreamGoneError: Policy(DAY_S, DAY_S, 2),
    errors.MediaMissingError: Policy(HOUR_S, DAY_S, 14),  # over nine days
    errors.UnsupportedSiteError: None,
    errors.DownloadCancelledError: Policy(60.0, 60.0, 6),
    errors.WeightsError: UNKNOWN,
    errors.WeightsMissingError: Policy(300.0, 6 * HOUR_S, 8),
    errors.WeightsCorruptError: None,
    errors.EngineError: UNKNOWN,
    errors.RecognitionError: UNKNOWN,
    errors.SetlistError: None,
    errors.PlaylistError: None,
    errors.LyricsError: None,
    errors.UploadError: UNKNOWN,
    errors.EditError: None,
    errors.DiskFullError: Policy(900.0, 6 * HOUR_S, 60),
    errors.CheckFailedError: None,
}
"""By class; a class that is not named has the policy of the class above it. None: not again."""
OLD_NAMES: Mapping[str, str] = {
    "CatalogueLocked": "CatalogueLockedError",
    "CatalogueTooNew": "CatalogueTooNewError",
    "DownloadCancelled": "DownloadCancelledError",
    "UploadInterrupted": "UploadInterruptedError",
    "UploadLimited": "UploadLimitedError",
    "UploadHold": "UploadHoldError",
    "UploadRefused": "UploadRefusedError",
    "OutcomeUnknown": "OutcomeUnknownError",
}
"""Class names that older versions kept in the catalogue, and what they are called now."""
_FAILED_FIRST_S = 3 * DAY_S


def next_try(
    error: str,
    *,
    attempts: int,
    waited_s: float = 0.0,
    retry_after_s: float | None = None,
    wait_for_archive_s: float = DAY_S,
) -> Retry | None:
    """Return when to try again after `error`, or None where another try would not help.

    Args:
        error: class name out of `library.errors`, `killed`, `lost`, or any other for an unknown
            error.
        attempts: tries that came before this one.
        waited_s: seconds since the request was made.
        retry_after_s: seconds that the site itself asked for.
        wait_for_archive_s: seconds after which an unfinished archive is taken as it is.
    """
    policy = policy_of(error)
    if policy is None or attempts + 1 >= policy.tries:
        return None
    wait_s = min(policy.first_s * 2 ** min(attempts, 30), policy.longest_s)
    wait_s = max(wait_s, min(retry_after_s or 0.0, _FAILED_FIRST_S))
    if error == "StillProcessingError":
        left_s = wait_for_archive_s - waited_s
        if left_s <= 0:
            return Retry(wait_s if attempts else 0.0, accept_incomplete=True)
        wait_s = min(wait_s, max(left_s, 60.0))
    return Retry(wait_s)


def policy_of(error: str) -> Policy | None:
    """Return the policy for the name of an error, as the catalogue keeps it."""
    if error in ("killed", "lost"):
        return KILLED if error == "killed" else LOST
    found = errors.by_name(OLD_NAMES.get(error, error))
    for kind in found.__mro__ if found else ():
        if kind in POLICIES:
            return POLICIES[kind]
    return UNKNOWN
