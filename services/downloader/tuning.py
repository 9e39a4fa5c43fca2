"""Options of downloading that are no settings of the user: timeouts, retries, limits."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tuning:
    """Defaults are gentle with sites; tests turn the waits down."""

    socket_timeout_s: float = 20.0
    """A connection silent for longer counts as broken."""
    stalled_s: float = 120.0
    """Seconds in which a site may send next to nothing over all connections before its cooldown."""
    stalled_bytes: int = 65_536
    """Fewer in `stalled_s` are next to nothing."""
    retries: int = 10
    """New connections for one media file; each resumes where the last one broke."""
    extractor_retries: int = 3
    retry_wait_s: float = 1.0
    """First wait between connections; doubles each time, up to `max_retry_wait_s`."""
    max_retry_wait_s: float = 30.0
    refreshes: int = 2
    """Reads of the page in a row because its media addresses expired, broke or throttle."""
    throttled_bytes_per_s: int = 30_000
    """Slower than this for 3 s means that the site throttles: the page is asked again for fresh
    addresses, and the last try accepts any speed. 0 never does."""
    max_comments: int = 100
    max_comment_requests: int = 60
    max_live_chat_requests: int = 3_000
    """Requests after which the comments or the live chat that have come are enough."""
    max_thumbnail_tries: int = 8
    max_thumbnail_bytes: int = 20_000_000
    incomplete_s: float = 10.0
    """An archive is incomplete when it is shorter than its page says by more than this and ..."""
    incomplete_share: float = 0.01
    """... by more than this share of its length."""
    check_certificates: bool = True
    extra_options: dict[str, object] = field(default_factory=dict)
    """Raw yt-dlp options over ours, for what has no setting (`extractor_args`, `impersonate`)."""
