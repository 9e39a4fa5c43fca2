"""The `Uploader` for one Bilibili account."""

import io
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from utawaku.library.errors import (
    LoginExpiredError,
    OutcomeUnknownError,
    UploadInterruptedError,
    UploadLimitedError,
    UploadRefusedError,
)
from utawaku.library.progress import Progress
from utawaku.library.publish.preflight import BILIBILI, Finding, check
from utawaku.library.publish.records import Part, RemoteSubmission, Submission, Visibility
from utawaku.services.publish.bilibili.accounts import Accounts
from utawaku.services.publish.protocol import OnSent, UploadedPart, uncounted

if TYPE_CHECKING:
    from utawaku.services.publish.bilibili.client import ChunkRetries, PartClient

LINES = ("AUTO", "bda2", "tx", "txa", "bldsa", "alia", "estx", "akbd")
"""Upload lines in the order they are tried: the fastest by test first, then by name."""

REVIEW_WAIT_S = 1800.0
_LIST_URL = "https://member.bilibili.com/x/web/archives"
_VIEW_URL = "https://member.bilibili.com/x/client/archive/view"
_EDIT_URL = "https://member.bilibili.com/x/vu/web/edit"
_CLOCK_SLACK_S = 900.0
_PAGES, _PAGE_SIZE = 6, 50
_STATES: Mapping[int, Visibility] = {0: "open", 1: "open", -40: "scheduled"}
_IN_REVIEW = frozenset({-1, -6, -7, -8, -9, -10, -13, -15, -30})
_REFUSED = frozenset({-2, -3, -4, -5, -11, -12, -14, -16, -100})
_KEPT_ON_EDIT = (
    "copyright", "source", "tid", "title", "desc_format_id", "desc", "dynamic", "tag",
)  # fmt: skip


class BilibiliUploader:
    """Uploads parts with biliup's client; submits, looks up and appends with its session."""

    target = "bilibili"

    def __init__(
        self,
        accounts: Accounts,
        account: str,
        *,
        lines: Sequence[str] = LINES,
        retries: "ChunkRetries | None" = None,
        n_existing_parts: Callable[[str], int] = lambda _remote_id: 0,
    ) -> None:
        self.account = account
        self.lines = tuple(lines)
        self._accounts = accounts
        self._retries = retries
        self._n_existing_parts = n_existing_parts
        self._client: PartClient | None = None

    def check_ready(self) -> None:
        """Renew the log-in where it is due and ask the site who we are."""
        self._client = None
        self._accounts.ensure_ready(self.account)
        self._logged_in()

    def preflight(self, submission: Submission) -> list[Finding]:
        """Check against Bilibili's limits."""
        existing = self._n_existing_parts(submission.append_to) if submission.append_to else 0
        return check(submission, BILIBILI, now=time.time(), n_existing_parts=existing)

    def upload_part(
        self,
        submission: Submission,
        part: Part,
        *,
        attempt: int,
        progress: Progress,
        on_sent: OnSent = uncounted,
    ) -> UploadedPart:
        """Send one part; every further attempt takes the next line."""
        client = self._logged_in()
        line = self.lines[(attempt - 1) % len(self.lines)]
        name = f"part-{part.position + 1:03}{Path(part.path).suffix.lower() or '.mp4'}"
        remote_name = client.send_part(part.path, name, line, progress, on_sent)
        return UploadedPart(remote_name, client.adapter.site_time)

    def submit(
        self, submission: Submission, *, before_send: Callable[[], None]
    ) -> RemoteSubmission:
        """Publish, or append to an existing submission."""
        if submission.append_to:
            return self._append(submission, before_send)
        client = self._logged_in()
        cover = Path(submission.cover_path) if submission.cover_path else None
        client.fill_in(submission, [_video(part) for part in submission.parts],
                       _jpeg(cover) if cover else None)  # fmt: skip
        before_send()
        answer = client.submit("web")
        data = answer.get("data") or {}
        if not data.get("bvid"):
            raise OutcomeUnknownError("the site accepted the submission without naming it")
        return RemoteSubmission(data["bvid"], int(data.get("aid") or 0), submission.title)

    def find(self, submission: Submission) -> RemoteSubmission | None:
        """Look through the account's newest submissions for our parts' names."""
        ours = {part.remote_name for part in submission.parts if part.remote_name}
        if not ours:
            return None
        if submission.append_to:
            remote = self._view(submission.append_to)[0]
            return remote if ours <= set(remote.part_names) else None
        # It cannot be older than its first part. Both times are the site's, unless an older utawaku
        # noted the part's by a clock of ours that may be wrong: so the title counts, too.
        times = [part.uploaded_at for part in submission.parts if part.remote_name]
        since = min((at for at in times if at), default=math.inf) - _CLOCK_SLACK_S
        for row in self._newest():
            if row.get("ctime", 0) >= since or row.get("title") == submission.title:
                remote = self._view(str(row["bvid"]))[0]
                if ours & set(remote.part_names):
                    return remote
        return None

    def similar(self, submission: Submission, *, known: Collection[str]) -> RemoteSubmission | None:
        """Look for the same title, or for the same parts out of the same source."""
        ours = [part.title for part in submission.parts]
        if submission.append_to:
            remote = self._view(submission.append_to)[0]
            return remote if ours and set(ours) <= set(remote.unknown_titles(known)) else None
        same_title: RemoteSubmission | None = None
        same_parts: RemoteSubmission | None = None
        for row in self._newest():
            titled = row.get("title") == submission.title
            of_source = bool(submission.source_url) and row.get("source") == submission.source_url
            if not (titled or of_source):
                continue
            remote = self._view(str(row["bvid"]))[0]
            unknown = remote.unknown_titles(known)
            if titled and set(ours) & set(unknown):
                return remote
            if titled and unknown:
                same_title = same_title or remote
            elif unknown == ours:
                same_parts = same_parts or remote
        return same_parts or same_title

    def place_in_season(self, submission: Submission) -> bool:
        """Add a published submission to its season; False while the site reviews it."""
        from utawaku.services.publish.bilibili.seasons import add_to_season, find_season

        remote, _archive, videos = self._view(submission.remote_id)
        if remote.visibility == "refused":
            raise UploadRefusedError("the site does not show it", subject=remote.remote_id)
        if remote.visibility != "open" or not videos:
            return False
        client = self._logged_in()
        season = find_season(client, submission.season)
        episode = {
            "aid": remote.remote_number,
            "cid": int(videos[0].get("cid", 0)),
            "title": remote.title,
        }
        add_to_season(client, season, episode)
        return True

    # Inside --------------------------------------------------------------------------------

    def _logged_in(self) -> "PartClient":
        if self._client is None:
            from utawaku.services.publish.bilibili.client import ChunkRetries, PartClient

            client = PartClient(retries=self._retries or ChunkRetries())
            client.log_in(self._accounts.record(self.account))
            self._client = client
        return self._client

    def _append(self, submission: Submission, before_send: Callable[[], None]) -> RemoteSubmission:
        """Add parts to an existing submission, as it is on the site right now."""
        remote, archive, videos = self._view(submission.append_to)
        ours = [part.remote_name for part in submission.parts]
        missing = [part for part in submission.parts if part.remote_name not in remote.part_names]
        if ours and not missing:
            return remote
        if remote.visibility == "in_review":
            raise UploadLimitedError(
                "is in review and cannot be changed now",
                subject=remote.remote_id,
                retry_after_s=REVIEW_WAIT_S,
            )
        client = self._logged_in()
        body = {name: archive.get(name, "") for name in _KEPT_ON_EDIT}
        body |= {
            "aid": remote.remote_number,
            "cover": str(archive.get("cover", "")).replace("http:", "").replace("https:", ""),
            "desc_v2": [{"raw_text": str(archive.get("desc", "")), "biz_id": "", "type": 1}],
            "subtitle": {"open": 0, "lan": ""},
            "videos": [
                {key: video[key] for key in ("filename", "title", "desc", "cid") if key in video}
                for video in videos
            ]
            + [_video(part) for part in missing],
        }
        before_send()
        client.session.post(f"{_EDIT_URL}?csrf={client.csrf}", json=body)
        return remote

    def _newest(self) -> Iterator[dict[str, Any]]:
        """Rows of our newest submissions, the latest first, asked for page by page as needed.

        Not cut by time: a wrong clock would hide what is there.
        """
        for page in range(1, _PAGES + 1):
            data = self._get(
                _LIST_URL,
                {"status": "is_pubing,pubed,not_pubed", "pn": str(page), "ps": str(_PAGE_SIZE)},
            )
            found = [audit.get("Archive") or {} for audit in data.get("arc_audits") or []]
            yield from (row for row in found if row.get("bvid"))
            if len(found) < _PAGE_SIZE:
                return

    def _view(
        self, bvid: str
    ) -> tuple[RemoteSubmission, Mapping[str, Any], Sequence[Mapping[str, Any]]]:
        data = self._get(_VIEW_URL, {"bvid": bvid, "access_key": self._access_token()})
        archive, videos = data["archive"], data.get("videos") or []
        remote = RemoteSubmission(
            remote_id=str(archive["bvid"]),
            remote_number=int(archive["aid"]),
            title=str(archive.get("title", "")),
            visibility=_visibility(int(archive.get("state", -30))),
            part_names=tuple(str(video["filename"]) for video in videos),
            part_titles=tuple(str(video.get("title", "")) for video in videos),
        )
        return remote, archive, videos

    def _get(self, url: str, params: Mapping[str, str]) -> dict[str, Any]:
        answer = self._logged_in().session.get(url, params=dict(params)).json()
        data = answer.get("data")
        if not isinstance(data, dict):
            raise UploadInterruptedError("the site's answer to a look-up held nothing")
        return data

    def _access_token(self) -> str:
        record = self._accounts.record(self.account)
        return str((record.get("token_info") or {}).get("access_token", ""))

    def who_am_i(self) -> str:
        """The account's name on the site.

        Raises:
            LoginExpiredError: the site does not know these cookies.
        """
        data = self._get("https://api.bilibili.com/x/web-interface/nav", {})
        if not data.get("isLogin"):
            raise LoginExpiredError("is logged out", subject=self.account)
        return str(data.get("uname", ""))


def _jpeg(cover: Path) -> io.BytesIO:
    """The cover as a JPEG of moderate size: biliup calls every picture one, whatever it is."""
    from PIL import Image

    try:
        with Image.open(cover) as picture:
            picture.thumbnail((1920, 1920))
            jpeg = io.BytesIO()
            picture.convert("RGB").save(jpeg, "JPEG", quality=90)
    except OSError as error:
        raise UploadRefusedError("the cover is no picture", subject=str(cover)) from error
    jpeg.seek(0)
    return jpeg


def _visibility(state: int) -> Visibility:
    if state in _STATES:
        return _STATES[state]
    if state in _IN_REVIEW:
        return "in_review"
    return "refused" if state in _REFUSED else "unknown"


def _video(part: Part) -> dict[str, str]:
    return {"filename": part.remote_name, "title": part.title, "desc": ""}
