"""Favourites folders (收藏夹) of the user's own Bilibili account.

Requests and codes as in the public descriptions of the API (bilibili-API-collect: docs/fav).
"""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from utawaku.library.errors import UploadInterruptedError, UploadRefusedError
from utawaku.services.publish.bilibili.accounts import Accounts

if TYPE_CHECKING:
    from utawaku.services.publish.bilibili.client import PartClient

_API = "https://api.bilibili.com"
_VIDEO = re.compile(
    r"https?://(?:www\.|m\.)?bilibili\.com/video/(BV1[0-9A-Za-z]{9}|av[0-9]+)(?![0-9A-Za-z])"
)
_VIDEO_KIND = "2"
_PRIVATE = "1"
_ALREADY_THERE, _NOT_THERE = 11201, 11202
GONE = frozenset({-404, 62002, 62004, 62012, 10003, 11010})
"""Codes of a video that is deleted, hidden or still in review."""
TITLE_CHARACTERS = 20
"""Most that the site takes as the title of a folder."""


def video_of(url: str) -> str:
    """Return the BV or av number of a Bilibili video's address; empty for any other address.

    >>> video_of("https://www.bilibili.com/video/BV1xx411c7mD?p=2")
    'BV1xx411c7mD'
    """
    found = _VIDEO.match(url)
    return found[1] if found else ""


class Favourites:
    """The favourites folders of one account."""

    def __init__(
        self,
        accounts: Accounts,
        account: str,
        *,
        pause_s: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take an account that is logged in; nothing is asked yet.

        Args:
            accounts: where its cookies are.
            account: its name.
            pause_s: seconds before each request but the first.
            sleep: waits so many seconds.
        """
        self.account = account
        self._accounts = accounts
        self._pause_s = pause_s
        self._sleep = sleep
        self._made: PartClient | None = None

    def folder(self, title: str, known_id: int = 0) -> int:
        """Return the number of the folder; a private one of this title is made where none is.

        Args:
            title: of the folder.
            known_id: number that it had before: it may have another title by now.

        Raises:
            UploadError: any of its kinds.
        """
        mid = self._accounts.state(self.account).mid
        data = self._get("/x/v3/fav/folder/created/list-all", {"up_mid": mid})
        folders = (data or {}).get("list") or []
        numbers = {int(one["id"]): str(one["title"]) for one in folders}
        if known_id in numbers:
            return known_id
        same = [number for number, known in numbers.items() if known == title]
        if same:
            return same[0]
        made = self._post("/x/v3/fav/folder/add", {"title": title, "privacy": _PRIVATE})
        if not made or "id" not in made:
            raise UploadInterruptedError("the site made no favourites folder", subject=title)
        return int(made["id"])

    def add(self, folder: int, video: str) -> None:
        """Put a video into the folder; one that is there stays once.

        Raises:
            UploadError: any of its kinds; an `UploadRefusedError` with a code of `GONE` where the
                video is not there any more.
        """
        self._deal(video, _ALREADY_THERE, add_media_ids=folder)

    def remove(self, folder: int, video: str) -> None:
        """Take a video off the folder, where it is on it.

        Raises:
            UploadError: any of its kinds.
        """
        self._deal(video, _NOT_THERE, del_media_ids=folder)

    def _deal(self, video: str, harmless: int, **folders: int) -> None:
        form = {"add_media_ids": "", "del_media_ids": ""}
        form |= {name: str(number) for name, number in folders.items()}
        try:
            self._post(
                "/x/v3/fav/resource/deal",
                {"rid": self._number(video), "type": _VIDEO_KIND, **form},
            )
        except UploadRefusedError as error:
            if error.code != harmless:
                raise

    def _number(self, video: str) -> str:
        """The av number, which is what folders hold."""
        if video.startswith("av"):
            return video[2:]
        data = self._get("/x/web-interface/view", {"bvid": video})
        if not data or "aid" not in data:
            raise UploadInterruptedError("the site gave no number of the video", subject=video)
        return str(data["aid"])

    def _get(self, path: str, params: dict[str, str]) -> Any:
        return self._client().session.get(f"{_API}{path}", params=params).json().get("data")

    def _post(self, path: str, form: dict[str, str]) -> Any:
        client = self._client()
        form = {**form, "csrf": client.csrf}
        return client.session.post(f"{_API}{path}", data=form).json().get("data")

    def _client(self) -> "PartClient":
        if self._made is None:
            from utawaku.services.publish.bilibili.client import PartClient

            client = PartClient()
            client.log_in(self._accounts.record(self.account))
            self._made = client
        self._sleep(self._pause_s)
        return self._made
