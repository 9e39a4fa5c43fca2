"""Resuming a partial file: proof that what the site sends now continues what is there.

yt-dlp asks for the rest by Range and takes what comes. Here the first answer's ETag, Last-Modified
and length are kept beside the part; a resuming request carries If-Range, its answer is compared,
and where it belongs to another file the part is thrown away. The same for a 416, after which yt-dlp
would ask with the same Range once more and keep the part for ever.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_RANGE = re.compile(r"bytes=(\d+)-")
_CONTENT_RANGE = re.compile(r"bytes\s+(?:\*|\d+-\d+)/(\d+)")


class PartRefusedError(Exception):
    """Raised inside yt-dlp when the part that is here cannot be continued.

    `total_bytes` is the length of the whole file where the site told it with a 416, and the part
    may be all of it.
    """

    def __init__(self, total_bytes: int | None = None) -> None:
        super().__init__("the part cannot be continued")
        self.total_bytes = total_bytes


@dataclass(frozen=True, slots=True)
class Validators:
    """The identity of a remote file, as the site states it."""

    host: str = ""
    etag: str = ""
    last_modified: str = ""
    total_bytes: int | None = None

    @classmethod
    def of(cls, url: str, status: int, headers: Mapping[str, str]) -> "Validators":
        """Read them from an answer; a part tells the length of the whole in Content-Range."""
        length = headers.get("Content-Length") or ""
        match = _CONTENT_RANGE.match(headers.get("Content-Range") or "")
        if status == 206:
            total = int(match[1]) if match else None
        else:
            total = int(length) if length.isdigit() else None
        return cls(
            host=urlsplit(url).hostname or "",
            etag=headers.get("ETag") or "",
            last_modified=headers.get("Last-Modified") or "",
            total_bytes=total,
        )

    @classmethod
    def read(cls, stored: Any) -> "Validators | None":
        """Read what `asdict` wrote; None for anything else."""
        try:
            return cls(**stored)
        except TypeError:
            return None

    def if_range(self, url: str) -> str:
        """Value for If-Range; empty where nothing strong is known, or another host is asked."""
        if urlsplit(url).hostname != self.host:
            return ""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified

    def fits(self, now: "Validators") -> bool:
        """Return False where the two differ in anything that both tell.

        An ETag is the word of one host; where both give one, dates do not matter.
        """
        if None not in (self.total_bytes, now.total_bytes) and self.total_bytes != now.total_bytes:
            return False
        if self.host == now.host and self.etag and now.etag:
            return self.etag.removeprefix("W/") == now.etag.removeprefix("W/")
        if self.last_modified and now.last_modified:
            return self.last_modified == now.last_modified
        return True


class ResumeGuard:
    """Watches the requests for one media file. `load` and `save` keep the validators beside it."""

    def __init__(self, load: Callable[[], Any], save: Callable[[dict[str, Any]], None]) -> None:
        self._load = load
        self._save = save

    def before(self, request: Any) -> int:
        """Add If-Range to a resuming request (yt-dlp's); return where it resumes, 0 if nowhere."""
        match = _RANGE.match(request.headers.get("Range") or "")
        offset = int(match[1]) if match else 0
        known = Validators.read(self._load())
        # yt-dlp uses one dictionary of headers for all requests of a file.
        request.headers.pop("If-Range", None)
        if offset and known is not None and (value := known.if_range(request.url)):
            request.headers["If-Range"] = value
        return offset

    def after(self, request: Any, offset: int, answer: Any) -> None:
        """Compare the answer with what was begun.

        Raises:
            PartRefusedError: it is the rest of another file.
        """
        now = Validators.of(request.url, answer.status, answer.headers)
        known = Validators.read(self._load())
        if offset and answer.status == 206:
            if known is not None and not known.fits(now):
                answer.close()
                raise PartRefusedError
            return
        if known != now:
            self._save(asdict(now))  # the whole file comes, from its first byte on

    def refused(self, offset: int, headers: Mapping[str, str]) -> None:
        """Take a 416.

        Raises:
            PartRefusedError: it was about resuming.
        """
        if offset:
            match = _CONTENT_RANGE.match(headers.get("Content-Range") or "")
            raise PartRefusedError(int(match[1]) if match else None)


def settle_refused(part: Path, whole: Path, total_bytes: int | None) -> bool:
    """Take a refused part as the whole file if it has the length, else throw it away.

    Returns True where it is whole.
    """
    if total_bytes is not None and part.exists() and part.stat().st_size == total_bytes:
        part.replace(whole)
        return True
    part.unlink(missing_ok=True)
    return False
