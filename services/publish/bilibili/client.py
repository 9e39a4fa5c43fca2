"""biliup's client, with its chunk loop made honest. Importing this imports biliup: do it late.

The only module that knows biliup. It uses private names of it, which `tests/services/
test_bilibili_contract.py` lists: run that with another version before it is allowed. The releases
after 1.2.9 have these names, too, but no wheels: they need a Rust compiler at the user's.
"""

import asyncio
import contextlib
import io
import logging
import math
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

import aiohttp
import aiohttp.abc
import aiohttp.payload
import requests

from utawaku.library.errors import LoginExpiredError, UploadError, UploadInterruptedError
from utawaku.library.extras import needing
from utawaku.library.progress import Progress, silent
from utawaku.library.publish.records import Submission
from utawaku.services.publish.bilibili.transport import GuardedAdapter
from utawaku.services.publish.protocol import OnSent, uncounted

with needing("bilibili", "to upload to Bilibili"):
    from biliup.plugins.bili_webup import BiliBili, Data

_PIECE_BYTES = 1 << 17


@dataclass(frozen=True, slots=True)
class ChunkRetries:
    """Limits of a chunk's failures, before the part is given up on this line."""

    attempts: int = 5
    pause_s: float = 2.0
    """Before the second try; doubles with each further one."""
    timeout_s: float = 120.0
    """Without a byte moving."""
    extra_bytes: float = 0.5
    """Share of the file that may be sent again in one attempt."""


class CountedBytes(aiohttp.payload.Payload):
    """The body of a request, counted piece by piece as it is handed to the network.

    aiohttp sends a PUT a second time without a word where a kept connection turns out to be
    closed: only what passes here says how much has left.
    """

    _value: bytes
    _autoclose = True

    def __init__(self, value: bytes, on_sent: OnSent) -> None:
        super().__init__(value)
        self._size = len(value)
        self._on_sent = on_sent

    def __len__(self) -> int:
        return len(self._value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The body as text, which aiohttp may ask for."""
        return self._value.decode(encoding, errors)

    async def write(self, writer: aiohttp.abc.AbstractStreamWriter) -> None:
        """Send all of it."""
        await self.write_with_length(writer, None)

    async def write_with_length(
        self, writer: aiohttp.abc.AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Send its first `content_length` bytes; None is all of it."""
        body = memoryview(self._value)[:content_length]
        for start in range(0, len(body), _PIECE_BYTES):
            piece = body[start : start + _PIECE_BYTES]
            await writer.write(piece)
            self._on_sent(len(piece))


class PartClient(BiliBili):  # type: ignore[misc]
    """biliup's upload client for one account.

    Requests, tokens and parameters are biliup's. Replaced is only the loop around its chunk
    request, which drops a chunk after ten failures and carries on as if nothing were missing.
    """

    def __init__(self, *, retries: ChunkRetries = ChunkRetries()) -> None:
        super().__init__(Data())
        # At DEBUG it writes whole addresses, tokens included.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        self.retries = retries
        self.adapter = GuardedAdapter()
        self.bytes_sent = 0
        """Bytes that have left this machine in the present attempt."""
        self._on_sent: OnSent = uncounted
        self._progress: Progress = silent
        self._auto_os: Any = None  # biliup's chosen line, kept from part to part
        self.session.mount("https://", self.adapter)
        self.session.mount("http://", self.adapter)  # which refuses it

    @property
    def session(self) -> requests.Session:
        """biliup's own session, for the requests that biliup has no method for."""
        session: requests.Session = self._BiliBili__session
        return session

    @property
    def csrf(self) -> str:
        """The token that every change must carry."""
        return self._BiliBili__bili_jct or ""

    def log_in(self, record: Mapping[str, Any]) -> None:
        """Take over an account's cookies and ask the site who we are.

        biliup's own `login` falls back to a password that is not there (a `TypeError`) and
        rewrites the cookie file; neither happens here.

        Raises:
            LoginExpiredError: the site does not know these cookies any more.
        """
        names = {cookie["name"] for cookie in record["cookie_info"]["cookies"]}
        if not {"SESSDATA", "bili_jct"} <= names:
            raise LoginExpiredError(
                "the cookie file has no session", next_step="Log in again: utawaku login"
            )
        with contextlib.redirect_stdout(io.StringIO()):
            self.login_by_cookies(record)

    def fill_in(
        self, submission: Submission, videos: list[dict[str, str]], cover: IO[bytes] | None
    ) -> None:
        """Fill in the page of a submission, which `submit` sends; `cover` is a JPEG to upload.

        Raises:
            UploadError: any of its kinds, from the upload of the cover.
        """
        data = Data(
            copyright=submission.copyright,
            source=submission.source_url if submission.copyright == 2 else "",
            tid=submission.category,
            title=submission.title,
            desc=submission.description,
            desc_v2=[{"raw_text": submission.description, "biz_id": "", "type": 1}],
            videos=videos,
        )
        data.set_tag(list(submission.tags))
        # Set directly: biliup drops a time that it finds too near without saying so.
        data.dtime = int(submission.publish_at) if submission.publish_at else None
        if cover is not None:
            data.cover = self.cover_up(cover).replace("http:", "")
        self.video = data

    def send_part(
        self, path: str, name: str, line: str, progress: Progress, on_sent: OnSent = uncounted
    ) -> str:
        """Upload one file on one line; the remote name, when all of it is there.

        `on_sent` gets the number of bytes each time some have left.

        Raises:
            UploadError: any of its kinds.
        """
        self.adapter.begin_part(name)
        self.bytes_sent, self._on_sent = 0, on_sent
        self._auto_os = self._auto_os if line == "AUTO" else None
        with _reporting_past_biliup(progress) as report:
            self._progress = report
            try:
                answer = self.upload_file(path, lines=line, tasks=3)
            except UploadError:
                self._auto_os = None
                raise
            except (OSError, LookupError, TypeError, ValueError, NotImplementedError) as error:
                # What biliup makes of answers that it did not expect.
                self._auto_os = None
                raise UploadInterruptedError(
                    f"biliup failed on line {line}: {type(error).__name__}"
                ) from None
        if not answer or not answer.get("filename"):
            self._auto_os = None
            raise UploadInterruptedError(f"line {line} never confirmed the file")
        return str(answer["filename"])

    def _sent(self, n_bytes: int) -> None:
        self.bytes_sent += n_bytes
        self._on_sent(n_bytes)

    async def _upload(
        self,
        params: dict[str, Any],
        file: BinaryIO,
        chunk_size: int,
        afunc: Callable[[aiohttp.ClientSession, CountedBytes, dict[str, Any]], Awaitable[None]],
        tasks: int = 3,
    ) -> None:
        """Send every chunk, or raise: the replacement of biliup's loop."""
        total = params["total"]
        limit = total * (1 + self.retries.extra_bytes) + self.retries.attempts * chunk_size
        chunks = enumerate(iter(lambda: file.read(chunk_size), b""))
        n_chunks, done = math.ceil(total / chunk_size), 0

        async def send(session: aiohttp.ClientSession, index: int, data: bytes) -> None:
            start = index * chunk_size
            arguments = {
                **params,
                "chunk": index,
                "partNumber": index + 1,
                "size": len(data),
                "start": start,
                "end": start + len(data),
            }
            for attempt in range(1, self.retries.attempts + 1):
                if self.bytes_sent + len(data) > limit:
                    raise UploadInterruptedError("too many bytes had to be sent again")
                try:
                    await afunc(session, CountedBytes(data, self._sent), arguments)
                    return
                except (TimeoutError, aiohttp.ClientError) as error:
                    status = getattr(error, "status", 0)
                    if attempt == self.retries.attempts or 400 <= status < 500:
                        raise UploadInterruptedError(
                            f"chunk {index + 1} of {n_chunks} was not taken "
                            f"({status or type(error).__name__})"
                        ) from None
                await asyncio.sleep(self.retries.pause_s * 2 ** (attempt - 1))

        async def work(session: aiohttp.ClientSession) -> None:
            nonlocal done
            for index, data in chunks:
                await send(session, index, data)
                done += 1
                self._progress(done / n_chunks, f"{done} of {n_chunks} chunks")

        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=30, sock_read=self.retries.timeout_s
        )
        # Unlike biliup's own session this one goes through the proxy that the environment names.
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
            workers = [asyncio.create_task(work(session)) for _ in range(tasks)]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)


@contextlib.contextmanager
def _reporting_past_biliup(progress: Progress) -> Iterator[Progress]:
    """biliup writes its own meter to stdout: keep it off the screen, but let ours through."""
    screen = sys.stdout

    def report(fraction: float, message: str) -> None:
        with contextlib.redirect_stdout(screen):
            progress(fraction, message)

    with contextlib.redirect_stdout(io.StringIO()):
        yield report
