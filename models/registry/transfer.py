"""Fetching of what is missing of a file that was fetched in part."""

import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

_BLOCK = 1 << 18
TIMEOUT_S = 60
BRIEF_S = 8
"""Seconds to wait for an answer where something else can stand in for the file."""


def go_on(
    url: str,
    partial: Path,
    told: Callable[[int, int], None],
    admit: Callable[[int], None] = lambda _n_bytes: None,
    *,
    timeout_s: int = TIMEOUT_S,
) -> bool:
    """Append to `partial` what is missing of a file; begin again where the site cannot go on.

    Args:
        url: address of the file.
        partial: what has come so far; it need not exist.
        told: called with the bytes that are here and those of the whole file, as the site says.
        admit: called with the bytes that are to come, before the first of them is written.
        timeout_s: seconds to wait for the site, each time that it says nothing.

    Returns:
        True where all of it came.

    Raises:
        OSError: the site does not answer, or the file cannot be written.
    """
    have = partial.stat().st_size if partial.is_file() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "utawaku"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        resumed = answer.status == HTTPStatus.PARTIAL_CONTENT
        have = have if resumed else 0
        n_bytes = have + int(answer.headers.get("Content-Length", 0))
        admit(n_bytes - have)
        with partial.open("ab" if resumed else "wb") as out:
            while block := answer.read(_BLOCK):
                out.write(block)
                have += len(block)
                told(have, n_bytes)
    return have >= n_bytes
