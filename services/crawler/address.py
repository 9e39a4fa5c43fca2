"""The address of a stream's sound, for a preview."""

from typing import TYPE_CHECKING, Any

from utawaku.library.errors import MediaError
from utawaku.services.downloader.extract import look, require_something
from utawaku.services.downloader.tuning import Tuning

if TYPE_CHECKING:
    from utawaku.library.config import DownloadSettings

_ENOUGH_KBITS = 48.0


def media_address(
    url: str, settings: "DownloadSettings", tuning: Tuning | None = None
) -> tuple[str, dict[str, str], float | None]:
    """Address, request headers and duration in seconds of the smallest audio that is good enough.

    Raises:
        DownloadError: and its kinds, as `Downloader.resolve`.
        MediaError: the page has no audio that can be read in pieces.
    """
    from utawaku.services.downloader.session import Session  # imports yt-dlp

    with Session(settings, tuning or Tuning(), url=url) as session:
        info = look(session, url)
        require_something(session, url, info)
    formats = [one for one in info.get("formats") or [info] if _can_be_read(one)]
    if not formats:
        raise MediaError("no audio that can be read in pieces", subject=url)
    best = min(formats, key=_cost)
    headers = {str(name): str(value) for name, value in (best.get("http_headers") or {}).items()}
    duration_s = info.get("duration")
    return str(best["url"]), headers, float(duration_s) if duration_s else None


def _can_be_read(one: dict[str, Any]) -> bool:
    return (
        str(one.get("url", "")).startswith(("http://", "https://"))
        and str(one.get("protocol", "https")) in ("http", "https")
        and one.get("acodec") != "none"
    )


def _cost(one: dict[str, Any]) -> tuple[bool, float]:
    """Sound alone before sound with picture; then the smallest that still sounds well."""
    kbits = float(one.get("abr") or one.get("tbr") or 128.0)
    return one.get("vcodec") not in (None, "none"), kbits if kbits >= _ENOUGH_KBITS else 1000.0
