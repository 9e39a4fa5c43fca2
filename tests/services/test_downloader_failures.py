"""Telling failures apart."""

import errno

import pytest
from yt_dlp.networking.exceptions import IncompleteRead, TransportError
from yt_dlp.utils import (
    DownloadCancelled as YtDlpCancelled,
)
from yt_dlp.utils import (
    DownloadError as YtDlpError,
)
from yt_dlp.utils import (
    ExtractorError,
    GeoRestrictedError,
    UnsupportedError,
    UserNotLive,
)

from utawaku.library.errors import (
    BotCheckError,
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
)
from utawaku.services.downloader.failures import HttpFailure, classify

URL = "https://site.example/watch?v=1&token=SECRET"
HINT = (
    " Use --cookies-from-browser or --cookies for the authentication. See  "
    "https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp"
)


def wrapped(cause: Exception, text: str = "") -> YtDlpError:
    """As yt-dlp raises it: the cause in `exc_info`."""
    return YtDlpError(f"ERROR: {text or cause}", (type(cause), cause, None))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[youtube] 1: Sign in to confirm you’re not a bot." + HINT, BotCheckError),
        ("[youtube] 1: Video unavailable. YouTube is requiring a captcha challenge before playback",
         BotCheckError),
        ("[BiliBili] 1: Request is rejected by server (352)", BotCheckError),
        ("[x] 1: Service temporarily unavailable", NetworkError),
        ("[youtube] 1: This course episode is not yet available.", StillProcessingError),
        ("[youtube] 1: This video requires payment to watch", PrivateStreamError),
        ("[youtube] 1: This video may be inappropriate for some users.", PrivateStreamError),
        ("[youtube] 1: ロボットではないことを確認するため、ログインしてください", BotCheckError),
        ("[youtube] 1: この動画は非公開です", PrivateStreamError),
        ("[youtube] 1: このチャンネルのメンバーシップ限定コンテンツです", PrivateStreamError),
        ("[youtube] 1: この動画はお住まいの国では公開されていません", GeoBlockedError),
        ("[youtube] 1: この動画は、投稿者によって削除されました", StreamGoneError),
        ("[youtube] 1: この動画は処理中です", StillProcessingError),
        ("[niconico] 1: チャンネル会員専用動画です", PrivateStreamError),
        ("[BiliBili] 1: 稿件不可见", StreamGoneError),
        ("[BiliBili] 1: 根据版权方要求，您所在的地区无法观看本片", GeoBlockedError),
        ("[BiliBili] 1: 该视频为充电专属视频", PrivateStreamError),
        ("[BiliBili] 1: 账号未登录", PrivateStreamError),
        ("[BiliBili] 1: 请求过于频繁，请稍后再试", RateLimitedError),
        ("[youtube] 1: 비공개 동영상입니다", PrivateStreamError),
        ("[BiliBili] 1: Request is blocked by server (412), please wait and try later.",
         RateLimitedError),
        ("[twitch:vod] HTTP Error 429: Too Many Requests", RateLimitedError),
        ("[youtube] 1: This content isn't available, try again later. The current session has been "
         "rate-limited by YouTube for up to an hour.", RateLimitedError),
        ("[youtube] 1: Private video." + HINT, PrivateStreamError),
        ("[youtube] 1: This video is available to this channel's members on level: Gold",
         PrivateStreamError),
        ("[youtube] 1: Join this channel to get access to members-only content",
         PrivateStreamError),
        ("[twitch:vod] 1: You must be logged into an account that has access to this "
         "subscriber-only content", PrivateStreamError),
        ("[niconico] 1: This video is only available for registered users." + HINT,
         PrivateStreamError),
        ("[BiliBili] 1: This video is for premium members only", PrivateStreamError),
        ("[youtube] 1: The uploader has not made this video available in your country",
         GeoBlockedError),
        ("[youtube] 1: Premieres in 3 hours", StillProcessingError),
        ("[youtube] 1: This live event will begin in a few moments.", StillProcessingError),
        ("[youtube] 1: This live stream recording is not available.", StillProcessingError),
        ("[twitch:stream] singer: The channel is not currently live", StillProcessingError),
        ("[youtube] 1: Video unavailable. This video has been removed by the uploader",
         StreamGoneError),
        ("[generic] Unable to download webpage: HTTP Error 410: Gone", StreamGoneError),
        ("[twitch:vod] Video 1 does not exist", StreamGoneError),
        ("Unsupported URL: https://x.example/", UnsupportedSiteError),
        ("[generic] 'abc' is not a valid URL", UnsupportedSiteError),
        ("[generic] Unable to download webpage: HTTP Error 503: Service Unavailable", NetworkError),
        ("Unable to download webpage: [Errno -3] Temporary failure in name resolution",
         NetworkError),
        ("[download] Got error: 512 bytes read, 900 more expected. Giving up after 10 retries",
         NetworkError),
        ("unable to write data: [Errno 28] No space left on device", DiskFullError),
    ],
)  # fmt: skip
def test_the_words_decide(text: str, error: type[Exception]) -> None:
    typed = classify(URL, YtDlpError(f"ERROR: {text}"))
    assert type(typed) is error
    assert "site.example/watch?v=1" in str(typed)
    assert "SECRET" not in str(typed)
    assert "--cookies" not in str(typed)
    assert typed.next_step


@pytest.mark.parametrize(
    ("cause", "error"),
    [
        (GeoRestrictedError("nope", countries=["JP"]), GeoBlockedError),
        (UnsupportedError("https://x.example"), UnsupportedSiteError),
        (UserNotLive(), StillProcessingError),
        (TransportError("boom"), NetworkError),
        (IncompleteRead(5, 10), NetworkError),
        (YtDlpCancelled(), DownloadCancelledError),
        (OSError(errno.ENOSPC, "No space left on device"), DiskFullError),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), DiskFullError),
        (RateLimitedError("ours", retry_after_s=5), RateLimitedError),
        (KeyError("INNERTUBE_CONTEXT"), DownloadError),
    ],
)
def test_the_cause_decides_wrapped_or_not(cause: Exception, error: type[Exception]) -> None:
    assert type(classify(URL, cause)) is error
    assert type(classify(URL, wrapped(cause))) is error
    chained = ExtractorError("failed", cause=cause)
    assert type(classify(URL, wrapped(chained, "something odd"))) is error


def test_a_refusal_that_was_only_logged_decides_when_the_error_says_nothing() -> None:
    nothing = YtDlpError("ERROR: [youtube] 1: No video formats found!; please report this issue")
    logged = [
        "[youtube] 1: Unable to fetch PO token",
        "[youtube] Private video",
        "No video formats",
    ]
    assert type(classify(URL, nothing, messages=logged)) is PrivateStreamError
    limited = [HttpFailure(404, "x"), HttpFailure(429, "x", 90.0)]
    typed = classify(URL, nothing, http_failures=limited)
    assert isinstance(typed, RateLimitedError)
    assert typed.retry_after_s == 90.0


def test_a_page_that_refuses_is_not_outvoted_by_a_404_of_another_address() -> None:
    answered = YtDlpError(
        "ERROR: [youtube] 1: Unable to download API page: HTTP Error 404: Not Found"
    )
    failures = [HttpFailure(429, "www.youtube.com", 60.0), HttpFailure(404, "api")]
    typed = classify(URL, answered, http_failures=failures)
    assert isinstance(typed, RateLimitedError)
    assert typed.retry_after_s == 60.0
    assert type(classify(URL, answered, http_failures=failures[1:])) is StreamGoneError


def test_what_was_logged_before_does_not_outvote_the_error() -> None:
    crash = YtDlpError("ERROR: An extractor error has occurred. (caused by KeyError('x'))")
    assert type(classify(URL, crash, messages=["HTTP Error 404: Not Found"])) is DownloadError
    gone = YtDlpError("ERROR: Video unavailable. This video has been removed by the uploader")
    assert type(classify(URL, gone, http_failures=[HttpFailure(429, "x")])) is StreamGoneError


def test_a_sites_words_are_quoted_short_and_harmless() -> None:
    typed = classify(URL, YtDlpError("ERROR: \x1b[31m" + "spam \u202e" * 500))
    assert len(str(typed)) < 700
    assert not set("\x1b\u202e\n") & set(str(typed))
