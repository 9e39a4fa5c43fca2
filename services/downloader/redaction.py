"""Keeping credentials out of files, logs and messages."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from utawaku.library.secret_url import SECRET_NAME

_SIGNING_NAME = re.compile(
    r"(?i)^(x-(amz|goog)-.*|awsaccesskeyid|googleaccessid|key-pair-id|policy|sig|lsig|signature"
    r"|expires?|hdn(ea|ts|tl)|upsig)$"
)
"""Parameters that content networks add to an address to admit one visitor for a while."""
_TAIL = re.compile(r"([?&])([\w-]{1,40})=[^&\s'\"<>]+")
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,15}://[^\s'\"<>\\]+", re.IGNORECASE)


def without_secrets(url: str) -> str:
    """Return `url` without user and password, secret values replaced by `REDACTED`."""

    def change(name: str, value: str) -> str | None:
        secret = _SIGNING_NAME.match(name) or SECRET_NAME.match(name)
        return "REDACTED" if secret and value else value

    return _rewritten(url, change)


def without_signature(url: str) -> str:
    """Return `url` without user, password and the parameters that only sign it or let it expire.

    Two addresses of one file signed at different times become equal; a parameter that could name
    the content stays.
    """
    return _rewritten(url, lambda name, value: None if _SIGNING_NAME.match(name) else value)


def _rewritten(url: str, change: Callable[[str, str], str | None]) -> str:
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:  # not an address after all: show nothing of its tail
        return url.split("?", 1)[0]
    changed = [(name, new) for name, value in query if (new := change(name, value)) is not None]
    fragment = "" if "=" in parts.fragment else parts.fragment
    return urlunsplit(
        (
            parts.scheme,
            parts.netloc.rpartition("@")[2],
            parts.path,
            parts.query if changed == query else urlencode(changed),
            fragment,
        )
    )


def redact(text: str) -> str:
    """Return `text` with secrets in it replaced: in addresses, and in tails of addresses.

    yt-dlp cuts ids and titles out of addresses, so `watch?session=...` occurs on its own.
    """

    def mask(match: re.Match[str]) -> str:
        name = match[2]
        secret = _SIGNING_NAME.match(name) or SECRET_NAME.match(name)
        return f"{match[1]}{name}=REDACTED" if secret else match[0]

    return _TAIL.sub(mask, _URL.sub(lambda match: without_secrets(match[0]), text))
