"""Extras of a recording: thumbnail, comments, live chat.

None of it is worth losing the recording for, so failures become warnings; but the user's stop and
a full disk are passed on.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from utawaku.library.errors import DiskFullError, DownloadCancelledError
from utawaku.services.downloader.failures import classify
from utawaku.services.downloader.info import keepable_value
from utawaku.services.downloader.pictures import picture_extension
from utawaku.services.downloader.result import write_json
from utawaku.services.downloader.session import EnoughRequestsError, Session
from utawaku.services.downloader.tuning import Tuning

_CHATS = (("live_chat", "json"), ("danmaku", "xml"), ("comments", "json"))
"""Subtitle tracks that are chats, as yt-dlp names those of YouTube, Bilibili and Niconico; it has
none of Twitch.
"""


class Extras:
    """Fetches into the stage; keeps what it wrote in `names` and what failed in `warnings`."""

    def __init__(self, session: Session, tuning: Tuning, stage: Path, url: str) -> None:
        self.names: dict[str, str] = {}
        """Kind (`thumbnail`, `comments`, `live_chat`) -> file name in the stage."""
        self.warnings: list[str] = []
        self._session = session
        self._tuning = tuning
        self._stage = stage
        self._url = url

    def thumbnail(self, info: Mapping[str, Any]) -> None:
        """Fetch the best picture that is really there."""
        from yt_dlp.networking import Request

        listed = [one for one in info.get("thumbnails") or () if one.get("url")]
        if not listed and info.get("thumbnail"):
            listed = [{"url": info["thumbnail"]}]
        addresses = {one["url"]: one.get("http_headers") or {} for one in reversed(listed)}
        limit = self._tuning.max_thumbnail_bytes
        for number, (address, headers) in enumerate(addresses.items()):
            if number >= self._tuning.max_thumbnail_tries:
                break
            try:
                with self._session.urlopen(Request(address, headers=headers)) as response:
                    content = response.read(limit + 1)
            except Exception as error:  # noqa: BLE001 - yt-dlp raises anything; judged below
                self._pass_on(error)
                continue  # sites list pictures that they do not have; the next one may be there
            extension = picture_extension(content)
            if extension and len(content) <= limit:
                name = f"thumbnail.{extension}"
                (self._stage / name).write_bytes(content)
                self.names["thumbnail"] = name
                return
        if addresses:
            self.warnings.append("no thumbnail: none of the pictures could be fetched")

    def comments(self, info: Mapping[str, Any]) -> None:
        """Fetch comments, best first, as far as the limits allow."""
        comments = list(info.get("comments") or ())
        self._limit_requests(self._tuning.max_comment_requests)
        ignore = self._session.params.get("ignoreerrors")
        self._session.params["ignoreerrors"] = True  # keep what came before a failure
        try:
            for extractor in self._session.late_extractors:
                comments.extend(extractor().get("comments") or ())
        except Exception as error:  # noqa: BLE001 - yt-dlp raises anything; judged below
            self._pass_on(error)
            self.warnings.append(f"comments are missing: {self._told(error)}")
        finally:
            self._session.params["ignoreerrors"] = ignore
            self._session.max_requests = None
            self._session.late_extractors.clear()
        if comments:
            write_json(self._stage / "comments.json", keepable_value(comments))
            self.names["comments"] = "comments.json"

    def live_chat(self, info: Mapping[str, Any]) -> None:
        """Fetch the chat replay; a chat that breaks off is kept as far as it came."""
        tracks = info.get("subtitles") or {}
        for track, extension in _CHATS:
            versions = tracks.get(track)
            if not versions:
                continue
            chosen = next((one for one in versions if one.get("ext") == extension), versions[-1])
            ending = re.sub(r"[^a-z0-9]", "", str(chosen.get("ext") or extension))[:5] or extension
            path = self._stage / f"live_chat.{ending}"
            part = path.with_name(path.name + ".part")
            self._limit_requests(self._tuning.max_live_chat_requests)
            try:
                self._fetch_chat(path, chosen, info)
            except Exception as error:  # noqa: BLE001 - yt-dlp raises anything; judged below
                self._pass_on(error)
                if part.exists() and part.stat().st_size:
                    part.replace(path)
                    self.warnings.append(f"the live chat is incomplete: {self._told(error)}")
                else:
                    self.warnings.append(f"the live chat is missing: {self._told(error)}")
            finally:
                self._session.max_requests = None
            if path.exists() and path.stat().st_size:
                self.names["live_chat"] = path.name
            elif not any("live chat" in warning for warning in self.warnings):
                self.warnings.append("the live chat is missing: the site sent nothing readable")
            return

    def _fetch_chat(self, path: Path, chosen: Mapping[str, Any], info: Mapping[str, Any]) -> None:
        path.unlink(missing_ok=True)
        if chosen.get("data") is not None:
            data = chosen["data"]
            path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
            return
        headers = chosen.get("http_headers") or info.get("http_headers")
        hooks, self._session._progress_hooks = self._session._progress_hooks, []
        # A chat is not worth as many tries as the recording: others wait for their turn.
        self._session.params["fragment_retries"] = self._tuning.extractor_retries
        try:
            self._session.dl(str(path), {**chosen, "http_headers": headers}, subtitle=True)
        finally:
            self._session._progress_hooks = hooks

    def _limit_requests(self, n: int) -> None:
        self._session.max_requests = self._session.n_requests + n

    def _told(self, error: Exception) -> str:
        if isinstance(error, EnoughRequestsError):
            return "it took too many requests"
        return classify(
            self._url, error, http_failures=(), messages=self._session.log.messages
        ).problem

    def _pass_on(self, error: Exception) -> None:
        """Raise what must not end as a warning."""
        if isinstance(error, EnoughRequestsError):
            return
        typed = classify(self._url, error)
        if isinstance(typed, (DownloadCancelledError, DiskFullError)):
            raise typed from error
