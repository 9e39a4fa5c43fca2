"""As much of Twitch as its extractors in yt-dlp ask for: the list of a channel's broadcasts, one
broadcast with its chapters, its HLS playlist. Reached through `ConnectProxy`, under its real names.
"""

import json
import ssl
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.connect_proxy import behind_proxy
from tests.servers.media_site import Fault, MediaSite, Resource

HOSTS = ("twitch.tv", "ttvnw.net")
_MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=VIDEO,GROUP-ID="audio_only",NAME="Audio Only",AUTOSELECT=NO,DEFAULT=NO
#EXT-X-STREAM-INF:BANDWIDTH=160000,CODECS="mp4a.40.2",VIDEO="audio_only"
https://usher.ttvnw.net/media/{id}.m3u8
"""
_PIECES = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:{duration_s}
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:{duration_s}.000,
https://usher.ttvnw.net/media/{id}.ts
#EXT-X-ENDLIST
"""
_ADVERT = """#EXT-X-DISCONTINUITY
#EXTINF:10.000,
https://usher.ttvnw.net/media/{id}.advert
#EXT-X-ENDLIST"""


@dataclass
class Broadcast:
    """One archived broadcast (VOD)."""

    id: str
    title: str
    duration_s: int = 4000
    media: bytes = b""
    """MPEG-TS, sent as one piece of the HLS playlist."""
    adverts: bytes = b""
    """MPEG-TS with a clock of its own, behind a discontinuity, where it is not empty."""


class TwitchSite(MediaSite):
    """The emulated site; `broadcasts` (newest first) may be changed while it runs."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self.broadcasts: list[Broadcast] = []
        self.fault: Fault | None = None

    def route(self, path: str, query: dict[str, str], posted: bytes) -> Resource | None:
        if path == "/gql":
            asked = json.loads(posted)
            if isinstance(asked, dict):
                answer: Any = {"data": {"videoPlaybackAccessToken": _TOKEN}}
            else:
                answer = [self._operation(one) for one in asked]
            resource = Resource(json.dumps(answer).encode(), "application/json", ranges=False)
            resource.always = self.fault
            return resource
        if path.startswith("/vod/"):
            text = _MASTER.format(id=Path(path).stem)
            return Resource(text.encode(), "application/vnd.apple.mpegurl", ranges=False)
        if path.startswith("/media/"):
            return self._media(Path(path))
        return None

    def _media(self, path: Path) -> Resource | None:
        found = next((one for one in self.broadcasts if one.id == path.stem), None)
        if found is None:
            return None
        if path.suffix == ".ts":
            return Resource(found.media, "video/mp2t")
        if path.suffix == ".advert":
            return Resource(found.adverts, "video/mp2t")
        text = _PIECES.format(id=found.id, duration_s=found.duration_s)
        if found.adverts:
            text = text.replace("#EXT-X-ENDLIST", _ADVERT.format(id=found.id))
        return Resource(text.encode(), "application/vnd.apple.mpegurl", ranges=False)

    def _operation(self, asked: dict[str, Any]) -> dict[str, Any]:
        variables = asked["variables"]
        if asked["operationName"] == "FilterableVideoTower_Videos":
            edges = [
                {"__typename": "VideoEdge", "cursor": None, "node": _node(one)}
                for one in self.broadcasts
            ]
            return {"data": {"user": {"id": "1", "videos": {"edges": edges}}}}
        found = next(
            (one for one in self.broadcasts if one.id == str(variables.get("videoID"))), None
        )
        if asked["operationName"] == "VideoMetadata":
            return {"data": {"user": {"id": "1"}, "video": _node(found) if found else None}}
        return {"data": {"video": {"moments": {"edges": []}}}}


_TOKEN = {"value": "{}", "signature": "0" * 40}


def _node(one: Broadcast) -> dict[str, Any]:
    return {
        "__typename": "Video",
        "id": one.id,
        "title": one.title,
        "lengthSeconds": one.duration_s,
        "publishedAt": "2026-11-01T12:00:00Z",
        "previewThumbnailURL": "https://static.ttvnw.net/cf_vods/x/thumb-{width}x{height}.jpg",
        "owner": {"displayName": "A Singer", "login": "asinger"},
        "viewCount": 7,
    }


def twitch(folder: Path) -> AbstractContextManager[tuple[TwitchSite, str]]:
    """Run the site behind a proxy; yields it and the proxy's address for the settings."""
    return behind_proxy(folder, HOSTS, TwitchSite)
