"""Publishing to a WebDAV share (Nextcloud, a NAS): the folder target over http.

The manifest is put last, on condition that it is new (`If-None-Match: *`) or as it was read
(`If-Match`), so that two writers cannot overwrite each other. Files are put under a temporary name
and moved into place.
"""

import json
import time
import urllib.parse
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import requests

from utawaku.library.errors import (
    DuplicateTitleError,
    LoginExpiredError,
    OutcomeUnknownError,
    UploadInterruptedError,
    UploadRefusedError,
)
from utawaku.library.files import safe_component
from utawaku.library.progress import Progress
from utawaku.library.publish.preflight import OPEN, Finding, check
from utawaku.library.publish.records import Part, RemoteSubmission, Submission
from utawaku.services.publish.folder import (
    INCOMING,
    MANIFEST,
    manifest_entry,
    manifest_of,
    remote_part_name,
    shown_name,
    similar_in,
)
from utawaku.services.publish.protocol import OnSent, UploadedPart, uncounted

_BLOCK = 1 << 20
_TIMEOUT_S = (15.0, 120.0)


class WebDavUploader:
    """A collection on a WebDAV server."""

    target = "webdav"

    def __init__(self, url: str, user: str = "", password: str = "", account: str = "") -> None:
        self.url = url.rstrip("/") + "/"
        self.account = account or urllib.parse.urlsplit(url).hostname or "webdav"
        self._session = requests.Session()
        if user:
            self._session.auth = (user, password)

    def check_ready(self) -> None:
        """Make the collections and see that they can be reached."""
        self._make_collection("")
        self._make_collection(INCOMING)

    def preflight(self, submission: Submission) -> list[Finding]:
        """Only missing and empty files are refused."""
        return check(submission, OPEN, now=time.time())

    def upload_part(
        self,
        submission: Submission,
        part: Part,
        *,
        attempt: int,
        progress: Progress,
        on_sent: OnSent = uncounted,
    ) -> UploadedPart:
        """Put one file under a temporary name, then move it into place."""
        source = Path(part.path)
        size = source.stat().st_size
        name = remote_part_name(submission, part, source.suffix)
        partial = f"{INCOMING}/{name}.part"
        with source.open("rb") as file:
            body = _Reporting(file, size, progress, part.title, on_sent)
            self._send("PUT", partial, data=body, headers={"Content-Length": str(size)})
        stored = self._send("HEAD", partial).headers.get("Content-Length")
        if stored is not None and int(stored) != size:
            raise UploadInterruptedError("the server kept only a piece", subject=part.title)
        self._move(partial, f"{INCOMING}/{name}")
        return UploadedPart(name)

    def submit(
        self, submission: Submission, *, before_send: Callable[[], None]
    ) -> RemoteSubmission:
        """Move the parts into the submission's collection and put its manifest last."""
        folder = submission.append_to or safe_component(submission.title)
        old, tag = self._manifest(folder)
        if old is not None and not submission.append_to:
            raise DuplicateTitleError(
                "a submission of this title is there already",
                subject=folder,
                next_step="Change the title",
            )
        self._make_collection(folder)
        entries = list(old["parts"]) if old is not None else []
        known = {entry["name"] for entry in entries}
        for part in submission.parts:
            if part.remote_name in known:
                continue
            shown = shown_name(part, len(entries) + 1)
            self._move(f"{INCOMING}/{part.remote_name}", f"{folder}/{shown}", may_be_done=True)
            entries.append(manifest_entry(part, shown))
        if submission.cover_path and not submission.append_to:
            cover = Path(submission.cover_path)
            self._send("PUT", f"{folder}/cover{cover.suffix.lower()}", data=cover.read_bytes())
        described = {**manifest_of(submission), **(old or {}), "parts": entries}
        before_send()
        self._send(
            "PUT",
            f"{folder}/{MANIFEST}",
            data=json.dumps(described, ensure_ascii=False, indent=2).encode(),
            headers={"If-Match": tag} if tag else {} if old else {"If-None-Match": "*"},
            publishing=True,
        )
        return RemoteSubmission(folder, title=submission.title, visibility="open")

    def find(self, submission: Submission) -> RemoteSubmission | None:
        """The submission, when its manifest names all our parts."""
        folder = submission.append_to or safe_component(submission.title)
        manifest, _ = self._manifest(folder)
        if manifest is None:
            return None
        names = tuple(str(entry["name"]) for entry in manifest["parts"])
        if not {part.remote_name for part in submission.parts} <= set(names):
            return None
        return RemoteSubmission(folder, title=str(manifest["title"]), part_names=names)

    def similar(self, submission: Submission, *, known: Collection[str]) -> RemoteSubmission | None:
        """The collection that this submission would go to, where it is there already."""
        folder = submission.append_to or safe_component(submission.title)
        manifest, _ = self._manifest(folder)
        return None if manifest is None else similar_in(manifest, folder, submission, known)

    # Inside --------------------------------------------------------------------------------

    def _manifest(self, folder: str) -> tuple[dict[str, Any] | None, str]:
        answer = self._send("GET", f"{folder}/{MANIFEST}", allowed=(404, 409))
        if answer.status_code in (404, 409):
            return None, ""
        try:
            manifest: dict[str, Any] = answer.json()
        except ValueError as error:
            raise UploadInterruptedError("the manifest is damaged", subject=folder) from error
        return manifest, answer.headers.get("ETag", "")

    def _make_collection(self, path: str) -> None:
        # 405: it is there already.
        self._send("MKCOL", path, allowed=(405, 301))

    def _move(self, source: str, target: str, *, may_be_done: bool = False) -> None:
        headers = {"Destination": self._address(target), "Overwrite": "T"}
        answer = self._send("MOVE", source, headers=headers, allowed=(404, 409))
        if answer.status_code in (404, 409):
            if may_be_done and self._send("HEAD", target, allowed=(404,)).status_code != 404:
                return  # an earlier, interrupted run moved it
            raise UploadInterruptedError("the uploaded file is gone", subject=source)

    def _address(self, path: str) -> str:
        return self.url + urllib.parse.quote(path)

    def _send(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        allowed: tuple[int, ...] = (),
        publishing: bool = False,
    ) -> requests.Response:
        try:
            answer = self._session.request(
                method,
                self._address(path),
                data=data,
                headers=dict(headers or {}),
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            problem = f"no answer to {method} ({type(error).__name__})"
            if publishing:
                raise OutcomeUnknownError(problem, subject=self.account) from error
            raise UploadInterruptedError(problem, subject=self.account) from error
        status = answer.status_code
        if status < 300 or status in allowed:
            return answer
        if status in (401, 403):
            raise LoginExpiredError(
                f"the server does not let us {method} ({status})",
                subject=self.account,
                next_step="Check user, password and permissions of the share",
            )
        if status == 412:
            raise DuplicateTitleError("somebody else wrote there meanwhile", subject=path)
        if status >= 500 and status != 507:
            if publishing:
                raise OutcomeUnknownError(f"{method} was answered {status}", subject=self.account)
            raise UploadInterruptedError(f"{method} was answered {status}", subject=self.account)
        raise UploadRefusedError(f"{method} was answered {status}", subject=path, code=status)


class _Reporting:
    """A file body that tells how far it is read.

    The client reads a block when the one before has left, so what was read before is counted then:
    a connection that breaks off has not sent the last block.
    """

    def __init__(
        self, file: BinaryIO, size: int, progress: Progress, title: str, on_sent: OnSent
    ) -> None:
        self._file, self._size, self._progress, self._title = file, size, progress, title
        self._on_sent, self._handed_out = on_sent, 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while block := self.read(_BLOCK):
            yield block

    def read(self, n_bytes: int = -1) -> bytes:
        """For requests, which reads a body that has a length."""
        self._on_sent(self._handed_out)
        block = self._file.read(n_bytes)
        self._handed_out = len(block)
        self._progress(self._file.tell() / max(self._size, 1), self._title)
        return block
