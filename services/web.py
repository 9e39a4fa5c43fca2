"""Asking web services with care: whole answers within a time and a size, the system's trust."""

from __future__ import annotations

import ssl
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter

MAX_BYTES = 4 << 20


class BodyRefusedError(Exception):
    """An answer that takes too long, or is too long."""


def read_body(
    response: requests.Response, deadline: float, who: str, *, max_bytes: int = MAX_BYTES
) -> bytes:
    """Read the whole body before `deadline` (monotonic seconds): a server may send one byte every
    ten seconds.

    Raises:
        BodyRefusedError: it does not come in time, or is longer than `max_bytes`.
    """
    pieces: list[bytes] = []
    size = 0
    # read1 gives what has arrived; iter_content would wait until a whole piece is full.
    while piece := response.raw.read1(16_384, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > deadline:
            raise BodyRefusedError(f"{who} does not answer in time")
        if size > max_bytes:
            raise BodyRefusedError(f"{who}'s answer is too long")
    return b"".join(pieces)


def cause_of(error: BaseException) -> str:
    """Return the innermost error's name: requests wraps urllib3, which wraps the system's."""
    seen = error
    while True:
        inner = seen.__cause__ or seen.__context__
        if inner is None and seen.args and isinstance(seen.args[0], BaseException):
            inner = seen.args[0]
        if inner is None or inner is seen:
            return type(seen).__name__
        seen = inner


class SystemTrust(HTTPAdapter):
    """Trusts the system's certificates (so SSL_CERT_FILE counts) besides the bundled ones."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        """Make the pool with certificates of this system."""
        return super().init_poolmanager(*args, ssl_context=ssl.create_default_context(), **kwargs)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make the pool behind a proxy, with certificates of this system."""
        kwargs["ssl_context"] = ssl.create_default_context()
        return super().proxy_manager_for(*args, **kwargs)
