"""Telling yt-dlp's failures apart and saying what to do about each.

yt-dlp raises one DownloadError for nearly everything; what went wrong is in the chain of causes, in
the text of the message, or only in warnings logged before. `classify` reads all three.
"""

import errno
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from utawaku.library.errors import (
    BotCheckError,
    ConfigError,
    DiskFullError,
    DownloadCancelledError,
    DownloadError,
    GeoBlockedError,
    NetworkError,
    PrivateStreamError,
    RateLimitedError,
    StillProcessingError,
    StreamGoneError,
    UnsupportedSiteError,
    UtawakuError,
)
from utawaku.library.text import clean_line
from utawaku.services.downloader.redaction import redact, without_secrets

_MAX_QUOTE = 240


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """An HTTP answer of 400 or above, seen on the wire."""

    status: int
    host: str
    retry_after_s: float | None = None


class _Kind(NamedTuple):
    error: type[DownloadError]
    problem: str
    next_step: str


_BOT = _Kind(
    BotCheckError,
    "the site wants proof that a human is asking",
    "Wait some hours, or set download.cookies_file to the cookies of a browser that is logged in",
)
_RATE = _Kind(
    RateLimitedError,
    "the site asks to slow down",
    "Wait before the next try and raise download.sleep_s; a partial download is kept",
)
_GEO = _Kind(
    GeoBlockedError,
    "not available in this country",
    "Set download.proxy to a proxy in a country where it is available",
)
_PRIVATE = _Kind(
    PrivateStreamError,
    "private, for members only, or behind a log-in",
    "Set download.cookies_file to the cookies of a browser that is logged in and may see it",
)
_PROCESSING = _Kind(
    StillProcessingError,
    "the archive is not complete yet",
    "Try again when the broadcast is over and the site has processed it",
)
_GONE = _Kind(
    StreamGoneError,
    "removed, or never there",
    "Check the address in a browser; if it is gone, skip it",
)
_UNSUPPORTED = _Kind(
    UnsupportedSiteError,
    "no extractor knows this address, and the page holds no media",
    "Check the address, or update yt-dlp (pip install -U yt-dlp)",
)
_NETWORK = _Kind(
    NetworkError,
    "the connection failed or broke too often",
    "Check the network and try again; a partial download is resumed",
)
_DRM = _Kind(
    DownloadError, "protected by DRM", "It cannot be fetched; record it by other means if you may"
)
_FFMPEG = _Kind(
    DownloadError,
    "the site sends it in a way that yt-dlp leaves to the ffmpeg program, which is not installed",
    "Install ffmpeg, then try again",
)
_REFUSED = _Kind(
    DownloadError,
    "the site refuses to hand out the media (403)",
    "Update yt-dlp (pip install -U yt-dlp) and try again; `utawaku doctor` says how old it is",
)
_UNKNOWN = _Kind(
    DownloadError,
    "yt-dlp failed",
    "Update yt-dlp (pip install -U yt-dlp); if that does not help, report it to its makers",
)

_BY_TEXT: tuple[tuple[str, _Kind], ...] = (
    (r"may be deleted", _GONE),
    (r"temporarily unavailable|internal server error|bad gateway|serv(er|ice) error", _NETWORK),
    # Words of the sites themselves, in the languages that they answer in.
    (r"ボットではない|ロボットではない|机器人验证|驗證您不是|봇이 아님", _BOT),
    (r"リクエストが多すぎ|しばらく(して|経って)から|请求(被拦截|过于频繁)|請求過於頻繁|操作过于频繁"
     r"|요청이 너무 많", _RATE),
    (r"(お住まいの|この)国(または地域)?では|地域制限|所在(的)?(地区|地區|国家|國家)|地区限制"
     r"|국가에서는", _GEO),
    (r"配信(開始)?(前|予定)|プレミア公開|処理中|审核中|審核中|转码中|轉碼中|直播(还)?未开始"
     r"|처리 중|예정된 실시간", _PROCESSING),
    (r"非公開|メンバー(シップ)?限定|会員(専用|限定)|プレミアム会員|年齢制限|ログイン(が必要|して)|有料"
     r"|大会员|大會員|充电专属|充電專屬|访问权限不足|(请先|账号未|帳號未|需要)登[录錄]|私人影片|私享|付费|付費"
     r"|비공개|회원 전용|멤버십|로그인", _PRIVATE),
    (r"削除(され|済)|存在しません|公開(を)?終了|稿件不可见|视频(不存在|已失效|已删除)|啥都木有|影片已(移除|刪除)"
     r"|삭제된|존재하지 않", _GONE),
    (r"not a bot|captcha|verify you are human|unusual traffic|cloudflare anti-?bot"
     r"|rejected by server \(-?352\)", _BOT),
    (r"\b429\b|too many requests|rate.?limit|try again later|blocked by server \((412|-?401)\)"
     r"|please wait and try later"
     r"|\berror 412\b", _RATE),
    (r"\bDRM\b", _DRM),
    (r"ffmpeg (could not be|is not|not) (found|installed)|install ffmpeg", _FFMPEG),
    (r"not (made this video )?available (in|from) your (country|region|location)"
     r"|geo.?(restrict|block)|blocked it in your country|地域では視聴", _GEO),
    (r"live event will begin|premieres? in |is (currently |still )?(live|offline)\b"
     r"|not currently live|not yet available|being processed|still processing|processing this video"
     r"|has not (yet )?started|recording is not available|is upcoming|is_(live|upcoming)"
     r"|post_live", _PROCESSING),
    (r"private|members.?only|\bmembers\b|join this channel|\blog.?in\b|logged.in|\bsign.?in\b"
     r"|registered users|requires payment|age.?restrict|inappropriate for some"
     r"|(subscribers?|supporters?).only|premium|purchase|--cookies"
     r"|account credentials|password|authenticat|\b401\b|unauthorized|rental", _PRIVATE),
    (r"unsupported url|is not a valid url|no suitable extractor|file:// urls are disabled"
     r"|unsupported url scheme|unable to handle request: unsupported", _UNSUPPORTED),
    (r"http error 5\d\d", _NETWORK),
    (r"\b(404|410)\b|unavailable|removed|deleted|terminated|no longer (available|exists?)"
     r"|does(n't| not) exist|not exist|not found|not available"
     r"|does not have a \w+ tab", _GONE),
    (r"timed? ?out|connection|name or service|getaddrinfo|name resolution|unreachable|reset by"
     r"|incomplete|more expected|http error 5\d\d|ssl|proxy|giving up after|bytes, expected"
     r"|content too short|did not get any data|remote end closed", _NETWORK),
    (r"\b403\b|forbidden", _REFUSED),
)  # fmt: skip
"""Patterns (any case) in order: the first that is found decides. Compiled when first needed."""
_UNTELLING = r"no (video|audio) formats found|requested format is not available"
"""Last words of yt-dlp when it logged the true reason as a warning before."""


def classify(
    url: str,
    error: BaseException | None,
    *,
    http_failures: Iterable[HttpFailure] = (),
    messages: Iterable[str] = (),
) -> UtawakuError:
    """Return the typed error for a failed look or download of `url`.

    `error` is what yt-dlp raised (None if it only returned nothing), `http_failures` the refused
    requests of the session, `messages` the warnings and errors it logged, oldest first.
    """
    subject = without_secrets(url)
    chain = list(_causes(error)) if error is not None else []
    for cause in chain:
        known = _known_cause(url, cause)
        if known is not None:
            return known
    failures = list(http_failures)
    logged = list(messages)
    text = str(error) if error is not None else ""
    if re.search(r"no space left|disk quota|errno 28\b", text, re.IGNORECASE):
        return disk_full(url)

    limited = [failure for failure in failures if failure.status == 429]
    names = {type(cause).__name__ for cause in chain}
    kind = None if _is_untelling(text) else _by_text(text)
    if limited and (kind in (None, _RATE, _REFUSED) or _is_bare_status(text)):
        # The 429 may have been logged only as a warning, followed by "No video formats found", or
        # by the 404 of another address: nothing is known to be gone before the site answers.
        return _made(_RATE, subject, text, retry_after_s=limited[-1].retry_after_s)
    if "GeoRestrictedError" in names:
        kind = _GEO
    elif "UnsupportedError" in names:
        kind = _UNSUPPORTED
    elif "UserNotLive" in names:
        kind = _PROCESSING
    elif kind is None and (not text or _is_untelling(text)):
        # Nothing telling in the error itself: the reason stands in what was logged before.
        kind, text = _by_log(logged, text)
    if kind is None and names & {"TransportError", "IncompleteRead", "SSLError", "ProxyError"}:
        kind = _NETWORK
    return _made(kind or _UNKNOWN, subject, text)


def _known_cause(url: str, cause: BaseException) -> UtawakuError | None:
    """Return the typed error for a cause whose class says all; None for any other."""
    if isinstance(cause, UtawakuError):
        return cause
    if type(cause).__name__ == "DownloadCancelled":
        return cancelled(url)
    if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(url)
    if type(cause).__name__ == "CookieLoadError":
        return ConfigError(
            "the cookies file cannot be read",
            subject="download.cookies_file",
            next_step="Export it again in Netscape format",
        )
    return None


def _by_log(logged: Sequence[str], text: str) -> tuple[_Kind | None, str]:
    """Return the kind that the latest telling message shows, and that message; else `text`."""
    for message in reversed(logged):
        found = None if _is_untelling(message) else _by_text(message)
        if found is not None:
            return found, message
    return None, text


def _is_bare_status(text: str) -> bool:
    """Return whether an address was not found, without the site saying that the stream is gone."""
    return re.search(r"http error (404|410)\b", text, re.IGNORECASE) is not None


def _is_untelling(text: str) -> bool:
    return re.search(_UNTELLING, text, re.IGNORECASE) is not None


def _by_text(text: str) -> _Kind | None:
    # The hint that yt-dlp adds to most refusals names cookies and log-in whatever the reason is.
    told = re.split(r"\. Use --cookies|; please report this issue|See {1,2}https?://", text)[0]
    told = re.sub(r"https?://\S+", "", told)
    hinted = text if "Use --cookies" in text else told
    for source in (told, hinted):
        for pattern, kind in _BY_TEXT:
            if re.search(pattern, source, re.IGNORECASE):
                return kind
    return None


def _made(
    kind: _Kind, subject: str, text: str, *, retry_after_s: float | None = None
) -> DownloadError:
    quote = quoted(text)
    problem = f"{kind.problem} (the site says: {quote})" if quote else kind.problem
    if kind.error is RateLimitedError:
        next_step = kind.next_step
        if retry_after_s is not None:
            next_step = f"Try again in {retry_after_s:.0f} s. {next_step}"
        return RateLimitedError(
            problem, subject=subject, next_step=next_step, retry_after_s=retry_after_s
        )
    return kind.error(problem, subject=subject, next_step=kind.next_step)


def quoted(text: str) -> str:
    """Return a site's or yt-dlp's words in one short clean line without secrets."""
    line = clean_line(re.sub(r"\x1b\[[0-9;]*m", "", text))
    line = re.split(r"; please report this issue|\. Use --cookies", line)[0]
    line = redact(re.sub(r"^ERROR:\s*", "", line)).rstrip(". ")
    return line if len(line) <= _MAX_QUOTE else f"{line[:_MAX_QUOTE]}..."


def cancelled(url: str) -> DownloadCancelledError:
    """Return the error for a download that the user stopped."""
    return DownloadCancelledError(
        "stopped on request",
        subject=without_secrets(url),
        next_step="Start it again to continue where it stopped",
    )


def disk_full(what: str) -> DiskFullError:
    """Return the error for a full disk."""
    return DiskFullError(
        "no space left on the disk of the library",
        subject=without_secrets(what),
        next_step="Free some space and try again; what was fetched is kept",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and everything it came from, each once.

    yt-dlp keeps causes in three places: `exc_info`, `cause` and Python's own chain.
    """
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        exc_info = getattr(one, "exc_info", None)
        linked = (
            exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) > 1 else None,
            getattr(one, "cause", None),
            one.__cause__,
            one.__context__,
        )
        waiting.extend(cause for cause in linked if isinstance(cause, BaseException))
