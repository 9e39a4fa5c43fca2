"""One yt-dlp session: options, a logger that remembers, and eyes on every request.

This module imports yt-dlp, which takes most of a second: import it inside functions only.
"""

import io
import logging
import os
import re
import stat
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yt_dlp
from yt_dlp.cookies import SUPPORTED_BROWSERS
from yt_dlp.networking.exceptions import HTTPError

from utawaku.library.config import DownloadSettings
from utawaku.library.errors import ConfigError
from utawaku.library.files import atomic_path
from utawaku.services.downloader.failures import HttpFailure
from utawaku.services.downloader.redaction import redact, without_secrets
from utawaku.services.downloader.resume import ResumeGuard
from utawaku.services.downloader.stall_guard import StallGuard
from utawaku.services.downloader.tuning import Tuning
from utawaku.services.retry_after import retry_after_s

_LOG = logging.getLogger(__name__)
_MAX_MESSAGES = 200
_MAX_COOKIES_BYTES = 4_000_000
_LONGEST_WAIT_S = 48 * 3600.0


_BROWSER = re.compile(
    r"(?P<name>[^+:]+?)(\s*\+\s*(?P<keyring>[^:]+?))?(\s*:\s*(?!:)(?P<profile>.+?))?"
    r"(\s*::\s*(?P<container>.+))?"
)
"""`BROWSER[+KEYRING][:PROFILE][::CONTAINER]`, as yt-dlp takes it."""
_COOKIE_LINE = re.compile(
    r"(#HttpOnly_)?[^#\t][^\t]*(\t[^\t]*){3}\t([0-9]+(\.[0-9]+)?)?(\t[^\t]*){2}"
)


class EnoughRequestsError(Exception):
    """Raised inside yt-dlp when comments or chat took as many requests as they may."""


class _Log:
    """Receives what yt-dlp would print; remembers warnings and errors, prints nothing."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.messages: deque[str] = deque(maxlen=_MAX_MESSAGES)
        self._check = check

    def debug(self, message: str) -> None:
        self._check()  # yt-dlp tells each step here: the one place to stop between two requests
        _LOG.debug("%s", redact(message))

    def info(self, message: str) -> None:
        self.debug(message)

    def warning(self, message: str) -> None:
        self.messages.append(message)
        _LOG.info("%s", redact(message))

    def error(self, message: str) -> None:
        self.messages.append(message)
        _LOG.info("%s", redact(message))


class Session(yt_dlp.YoutubeDL):  # type: ignore[misc]
    """A YoutubeDL that writes nothing by itself and remembers refused requests.

    Use as a context manager: leaving it closes connections and writes rotated cookies back.
    """

    def __init__(
        self,
        settings: DownloadSettings,
        tuning: Tuning,
        *,
        options: dict[str, Any] | None = None,
        check: Callable[[], None] = lambda: None,
        url: str = "",
    ) -> None:
        self.http_failures: list[HttpFailure] = []
        self.n_requests = 0
        self.max_requests: int | None = None
        self.resume_guard: ResumeGuard | None = None
        """Set while a media file is fetched that may be resumed."""
        self.late_extractors: list[Callable[[], dict[str, Any]]] = []
        # Nobody must wait for longer than the user's own limit takes for so much.
        own_limit = settings.rate_limit_bytes or float("inf")
        enough = int(min(tuning.stalled_bytes, own_limit * tuning.stalled_s / 2))
        self.stall_guard = StallGuard(tuning.stalled_s, enough, without_secrets(url))
        self._user_check = check
        self.log = _Log(self._check)
        self._cookies_file = settings.cookies_file
        cookies = _read_cookies(settings.cookies_file)
        self._saved_cookies = ""
        super().__init__(
            {
                **_options(settings, tuning),
                "logger": self.log,
                **({"cookiefile": io.StringIO(cookies)} if cookies is not None else {}),
                **_browser_options(settings.cookies_from_browser),
                **tuning.extra_options,
                **(options or {}),
            }
        )
        if cookies is not None:
            self._saved_cookies = self._cookies_now()

    def urlopen(self, req: Any) -> Any:
        """Send a request as yt-dlp does, but count it, stop if asked to, and note refusals."""
        self._check()
        self.n_requests += 1
        if self.max_requests is not None and self.n_requests > self.max_requests:
            raise EnoughRequestsError
        guard = self.resume_guard
        offset = guard.before(req) if guard is not None else 0
        try:
            answer = super().urlopen(req)
        except HTTPError as error:
            if guard is not None and error.status == 416:
                guard.refused(offset, error.response.headers)
            url = getattr(error.response, "url", "") or ""
            self.http_failures.append(
                HttpFailure(
                    status=error.status,
                    host=urlsplit(url).hostname or "",
                    retry_after_s=retry_after_s(
                        error.response.headers.get("Retry-After"), longest_s=_LONGEST_WAIT_S
                    ),
                )
            )
            raise
        if guard is not None:
            guard.after(req, offset, answer)
        self.stall_guard.reads(answer)
        return answer

    def close(self) -> None:
        """End the session."""
        self.stall_guard.end()
        super().close()

    def _check(self) -> None:
        self._user_check()
        self.stall_guard.check()

    def post_extract(self, info_dict: Any) -> None:
        """Put comments off until the recording is safe: they cost many requests and may fail."""
        if isinstance(info_dict, dict) and info_dict.get("_type", "video") == "video":
            late = info_dict.pop("__post_extractor", None)
            if late is not None:
                self.late_extractors.append(late)

    def save_cookies(self) -> None:
        """Write rotated cookies back to the user's file, in one step and readable to them alone."""
        if self._cookies_file is None:
            return
        text = self._cookies_now()
        if text != self._saved_cookies:
            with atomic_path(self._cookies_file, mode=0o600) as temporary:
                temporary.write_text(text, encoding="utf-8")
            self._saved_cookies = text

    def _cookies_now(self) -> str:
        text = io.StringIO()
        self.cookiejar.save(text)
        return text.getvalue()


def _options(settings: DownloadSettings, tuning: Tuning) -> dict[str, Any]:
    def wait_s(n: int) -> float:
        result: float = min(tuning.retry_wait_s * 2**n, tuning.max_retry_wait_s)
        return result

    return {
        "quiet": True,
        "noprogress": True,
        "color": "never",
        "extract_flat": "in_playlist",
        "ignore_no_formats_error": True,  # look at the page first, then say what is wrong with it
        "fixup": "never",
        "skip_unavailable_fragments": False,  # a recording with holes is not the recording
        "continuedl": True,
        "overwrites": False,
        "updatetime": False,
        "retries": tuning.retries,
        "fragment_retries": tuning.retries,
        "file_access_retries": 3,
        "extractor_retries": tuning.extractor_retries,
        "retry_sleep_functions": {
            "http": wait_s, "fragment": wait_s, "extractor": wait_s, "file_access": wait_s,
        },
        "socket_timeout": tuning.socket_timeout_s,
        "sleep_interval_requests": settings.sleep_requests_s,
        "nocheckcertificate": not tuning.check_certificates,
        "extractor_args": {
            "youtube": {
                "max_comments": [str(tuning.max_comments), "all", "0"],
                "comment_sort": ["top"],
            },
            "youtubetab": {"approximate_date": [""]},  # "2 days ago" is better than no date
        },
        **({"proxy": settings.proxy.get_secret_value()} if settings.proxy else {}),
        **({"ratelimit": settings.rate_limit_bytes} if settings.rate_limit_bytes else {}),
    }  # fmt: skip


def _browser_options(text: str) -> dict[str, Any]:
    """Return what has yt-dlp read a browser's cookies, in the form of `--cookies-from-browser`.

    Raises:
        ConfigError: yt-dlp knows no such browser.
    """
    if not text:
        return {}
    found = _BROWSER.fullmatch(text.strip())
    name = found["name"].lower() if found else ""
    if found is None or name not in SUPPORTED_BROWSERS:
        raise ConfigError(
            "names no browser that yt-dlp can read cookies of",
            subject=f"download.cookies_from_browser {text}",
            next_step=f"Choose of {', '.join(sorted(SUPPORTED_BROWSERS))}",
        )
    keyring = found["keyring"].strip().upper() if found["keyring"] else None
    return {"cookiesfrombrowser": (name, found["profile"], keyring, found["container"])}


def _read_cookies(path: Path | None) -> str | None:
    """Return the cookies file's text. Raises ConfigError if it is unreadable or open to others."""
    if path is None:
        return None
    subject = f"download.cookies_file {path}"
    try:
        mode = path.stat().st_mode
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise ConfigError(
                "other users of this machine can read these cookies, which are your log-in",
                subject=subject,
                next_step=f"Run: chmod 600 {path}",
            )
        if path.stat().st_size > _MAX_COOKIES_BYTES:
            raise ConfigError("too large for a cookies file", subject=subject)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the cookies file cannot be read ({error})",
            subject=subject,
            next_step="Export the cookies of your browser in Netscape format to that place",
        ) from error
    # Lines that yt-dlp cannot read it would print, values and all: leave them out here.
    kept = [line for line in text.splitlines() if _COOKIE_LINE.fullmatch(line)]
    if not kept:
        raise ConfigError(
            "no cookies in Netscape format in it",
            subject=subject,
            next_step="Export the cookies with a browser extension that writes cookies.txt",
        )
    return "\n".join(("# Netscape HTTP Cookie File", *kept, ""))
