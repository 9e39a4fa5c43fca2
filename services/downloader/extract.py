"""Asking a page what it holds, before anything is fetched."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from utawaku.library.errors import DownloadError
from utawaku.services.downloader.failures import classify
from utawaku.services.downloader.info import StreamInfo
from utawaku.services.downloader.redaction import without_secrets

if TYPE_CHECKING:
    from utawaku.services.downloader.session import Session

NOT_OVER = ("is_live", "is_upcoming", "post_live")
"""`live_status` of a stream whose archive is not complete."""


def look(session: "Session", url: str) -> dict[str, Any]:
    """Extract the page's info, typed errors for everything that can go wrong."""
    n_failures, n_messages = len(session.http_failures), len(session.log.messages)
    try:
        info = session.extract_info(url, download=False)
        session.stall_guard.check()  # half a page may look like a whole one
    except Exception as error:
        session.stall_guard.check()  # whatever yt-dlp says of a page that was cut off
        raise classify(
            url,
            error,
            http_failures=session.http_failures[n_failures:],
            messages=list(session.log.messages)[n_messages:],
        ) from error
    if not info:
        raise classify(
            url, None, http_failures=session.http_failures, messages=session.log.messages
        )
    entries = list(info.get("entries") or ())
    if info.get("_type") in ("playlist", "multi_video") and len(entries) == 1:
        only = entries[0]
        if only and only.get("_type", "video") == "video" and chosen_formats(only):
            return dict(only)  # a page around one stream
    return dict(info)


def require_something(session: "Session", url: str, info: Mapping[str, Any]) -> None:
    """Raise the reason why a stream that is over has no media at all."""
    if info.get("formats") or info.get("url") or info.get("live_status") in NOT_OVER:
        return
    raise classify(url, None, http_failures=session.http_failures, messages=session.log.messages)


def typed_info(url: str, info: dict[str, Any]) -> StreamInfo:
    """Return a page's metadata as a typed record. Raises DownloadError where it has no id."""
    try:
        return StreamInfo.from_info({"webpage_url": url, **info})
    except ValueError as error:
        raise DownloadError(
            "yt-dlp tells no id for this stream",
            subject=without_secrets(url),
            next_step="Update yt-dlp (pip install -U yt-dlp)",
        ) from error


def chosen_formats(info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the formats that yt-dlp chose: picture and sound, or one of both."""
    if info.get("requested_formats"):
        return [dict(one) for one in info["requested_formats"]]
    return [dict(info)] if info.get("url") else []
