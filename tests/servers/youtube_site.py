"""As much of YouTube as its extractor in yt-dlp asks for: watch page, player, comments, live chat,
pictures, media, channel tabs. Reached through `ConnectProxy`, under its real host names.
"""

import json
import ssl
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.connect_proxy import behind_proxy
from tests.servers.media_site import Fault, MediaSite, Resource
from tests.services.downloader_media import PNG

HOSTS = ("youtube.com", "ytimg.com", "googlevideo.com")
PAGE = 30
CHANNEL_ID = "UC0123456789abcdefghijkl"
_MEDIA_HOST = "https://rr1---sn-test.googlevideo.com"
_MIME = {
    "140": 'audio/mp4; codecs="mp4a.40.2"',
    "251": 'audio/webm; codecs="opus"',
    "137": 'video/mp4; codecs="avc1.640028"',
}

_MEMBERS_BADGE = {
    "metadataBadgeRenderer": {"style": "BADGE_STYLE_TYPE_MEMBERS_ONLY", "label": "Members only"}
}
_SOUND = {"audioQuality": "AUDIO_QUALITY_MEDIUM", "audioSampleRate": "44100", "audioChannels": 2}
_PICTURE = {"width": 64, "height": 48, "fps": 10, "qualityLabel": "48p", "quality": "tiny"}


@dataclass
class Video:
    """One video and everything about it that a test may want to change."""

    id: str
    title: str = "【歌枠】夜に歌う"
    duration_s: int = 12
    status: str = "OK"
    """playabilityStatus.status."""
    reason: str = ""
    subreason: str = ""
    live: dict[str, bool] = field(default_factory=lambda: {"isLiveContent": True})
    """`isLive`, `isUpcoming`, `isPostLiveDvr`, `isLiveContent` of videoDetails."""
    media: dict[str, bytes] = field(default_factory=dict)
    """itag -> content."""
    description: str = "0:00 opening\n0:04 first song\n0:08 second song"
    comments: list[str] = field(default_factory=list)
    chat: list[list[str]] = field(default_factory=list)
    """Pages of the live chat replay, each a list of messages."""
    player_fault: Fault | None = None
    chat_fault: Fault | None = None
    """For the second page."""
    replayed: list[float] = field(default_factory=list)
    """What viewers replayed, 0 to 1, in as many equal steps of its length."""
    members_only: bool = False
    """Listed with the badge of members-only streams."""


class YoutubeSite(MediaSite):
    """The emulated site; `videos` may be changed while it runs."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self.videos: dict[str, Video] = {}
        self.streams: list[Video] = []
        self.uploads: list[Video] = []
        self.playlist: list[Video] = []
        """Of `/playlist?list=PL...`, in the order of its owner."""
        self.playlist_changed = "Last updated on Jul 1, 2026"
        self.browse_fault: Fault | None = None
        self.claimed_bytes: int | None = None
        """Size that the player tells of every format instead of the true one."""
        self.media_faults: list[Fault] = []
        self.fetched: list[str] = []
        """Video of each request for media."""
        self.ca_file = Path()
        """Certificate of the authority that signed the site's own."""

    def clear(self) -> None:
        """Take everything away, as before the first test."""
        self.seen.clear()
        self.resources.clear()
        self.videos, self.streams, self.uploads, self.playlist = {}, [], [], []
        self.playlist_changed = "Last updated on Jul 1, 2026"
        self.browse_fault = self.claimed_bytes = None
        self.media_faults = []
        self.fetched = []

    def route(self, path: str, query: dict[str, str], posted: bytes) -> Resource | None:
        if path == "/watch":
            return self._watch(self.videos.get(query.get("v", "")))
        if path == "/youtubei/v1/player":
            video = self.videos.get(json.loads(posted)["videoId"])
            if video is None:
                return _json(
                    {"playabilityStatus": {"status": "ERROR", "reason": "Video unavailable"}}
                )
            resource = _json(self._player_response(video))
            resource.always = video.player_fault
            return resource
        if path == "/youtubei/v1/next":
            return self._next(json.loads(posted))
        if path == "/live_chat_replay":
            return _html("", {"continuationContents": self._chat_page(query["continuation"])})
        if path == "/youtubei/v1/live_chat/get_live_chat_replay":
            continuation = json.loads(posted)["continuation"]
            resource = _json({"continuationContents": self._chat_page(continuation)})
            resource.always = self.videos[continuation.split("/")[1]].chat_fault
            return resource
        if path.startswith("/embed/"):
            return _html("", {})
        if path.endswith("/hqdefault.jpg"):
            return Resource(PNG, "image/jpeg")
        if path == "/videoplayback":
            self.fetched.append(query["v"])
            resource = Resource(self.videos[query["v"]].media[query["itag"]], "audio/mp4")
            resource.faults = self.media_faults
            return resource
        for tab, listed in (("streams", self.streams), ("videos", self.uploads)):
            if path == f"/channel/{CHANNEL_ID}/{tab}":
                return self._channel_page(tab, listed)
        if path == "/playlist":
            return _html("", self._playlist_data(query["list"]))
        if path == "/youtubei/v1/browse" and "continuation" not in json.loads(posted):
            return _json(self._playlist_data(json.loads(posted)["browseId"].removeprefix("VL")))
        if path == "/youtubei/v1/browse":
            _, tab, start = json.loads(posted)["continuation"].split("/")
            if tab == "playlist":
                items = self._playlist_items(int(start))
            else:
                items = self._grid(
                    tab, getattr(self, "uploads" if tab == "videos" else tab), int(start)
                )
            resource = _json(
                {
                    "onResponseReceivedActions": [
                        {"appendContinuationItemsAction": {"continuationItems": items}}
                    ]
                }
            )
            resource.always = self.browse_fault
            return resource
        return None

    def _watch(self, video: Video | None) -> Resource:
        if video is None:
            return _html("", {"contents": {}})
        sections: list[dict[str, Any]] = []
        if video.comments:
            more = {"continuationEndpoint": _continuation(f"comments/{video.id}")}
            sections.append({"itemSectionRenderer": {
                "sectionIdentifier": "comment-item-section",
                "contents": [{"continuationItemRenderer": more}],
            }})  # fmt: skip
        owner = {"title": {"runs": [{"text": "A Singer"}]}}
        sections.append({"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": owner}}})
        data: dict[str, Any] = {
            "contents": {
                "twoColumnWatchNextResults": {"results": {"results": {"contents": sections}}}
            }
        }
        if video.replayed:
            step_ms = video.duration_s * 1000 // len(video.replayed)
            markers = [
                {
                    "startMillis": str(number * step_ms),
                    "durationMillis": str(step_ms),
                    "intensityScoreNormalized": value,
                }
                for number, value in enumerate(video.replayed)
            ]
            told = {"markerType": "MARKER_TYPE_HEATMAP", "markers": markers}
            entity = {"macroMarkersListEntity": {"markersList": told}}
            data["frameworkUpdates"] = {"entityBatchUpdate": {"mutations": [{"payload": entity}]}}
        if video.chat:
            first = {"continuation": f"chat/{video.id}/0"}
            data["contents"]["twoColumnWatchNextResults"]["conversationBar"] = {
                "liveChatRenderer": {
                    "isReplay": True,
                    "continuations": [{"reloadContinuationData": first}],
                }
            }
        return _html(
            f"var ytInitialPlayerResponse = {json.dumps(self._player_response(video))};", data
        )

    def _player_response(self, video: Video) -> dict[str, Any]:
        formats = [
            {
                "itag": int(itag),
                "url": f"{_MEDIA_HOST}/videoplayback?itag={itag}&v={video.id}&sig=SECRETSIG",
                "mimeType": _MIME[itag],
                "bitrate": 128_000,
                "contentLength": str(self.claimed_bytes or len(content)),
                "approxDurationMs": str(video.duration_s * 1000),
                "lastModified": "1700000000000000",
                **(_SOUND if _MIME[itag].startswith("audio") else _PICTURE),
            }
            for itag, content in video.media.items()
        ]  # fmt: skip
        playability: dict[str, Any] = {"status": video.status}
        if video.reason:
            playability["reason"] = video.reason
        if video.subreason:
            playability["errorScreen"] = {
                "playerErrorMessageRenderer": {
                    "reason": {"simpleText": video.reason},
                    "subreason": {"simpleText": video.subreason},
                }
            }
        return {
            "playabilityStatus": playability,
            "videoDetails": {
                "videoId": video.id,
                "title": video.title,
                "lengthSeconds": str(video.duration_s),
                "channelId": CHANNEL_ID,
                "author": "A Singer",
                "shortDescription": video.description,
                "viewCount": "1234",
                **video.live,
            },
            "microformat": {
                "playerMicroformatRenderer": {
                    "ownerProfileUrl": "http://www.youtube.com/@singer",
                    "uploadDate": "2026-07-01T20:00:00+09:00",
                    "publishDate": "2026-07-01T20:00:00+09:00",
                    "externalChannelId": CHANNEL_ID,
                    "liveBroadcastDetails": {"startTimestamp": "2026-07-01T11:00:00+00:00"},
                }
            },
            **({"streamingData": {"adaptiveFormats": formats}} if video.status == "OK" else {}),
        }

    def _next(self, asked: dict[str, Any]) -> Resource:
        continuation = asked.get("continuation", "")
        if not continuation.startswith("comments/"):
            return _json({"contents": {"twoColumnWatchNextResults": {}}})
        _, video_id, *rest = continuation.split("/")
        comments = self.videos[video_id].comments
        if not rest:  # the header, with the ways to sort
            header = {"commentsHeaderRenderer": {
                "countText": {"runs": [{"text": str(len(comments))}]},
                "sortMenu": {"sortFilterSubMenuRenderer": {"subMenuItems": [
                    {"title": name, "serviceEndpoint": _continuation(f"comments/{video_id}/0")}
                    for name in ("Top comments", "Newest first")
                ]}},
            }}  # fmt: skip
            return _json({"onResponseReceivedEndpoints": [
                {"reloadContinuationItemsCommand": {"continuationItems": [header]}}
            ]})  # fmt: skip
        start = int(rest[0])
        items: list[dict[str, Any]] = [
            {
                "commentThreadRenderer": {
                    "comment": {"commentRenderer": _comment(number, comments[number])}
                }
            }
            for number in range(start, min(start + 20, len(comments)))
        ]
        if start + 20 < len(comments):
            items.append({"continuationItemRenderer": {
                "continuationEndpoint": _continuation(f"comments/{video_id}/{start + 20}")
            }})  # fmt: skip
        return _json({"onResponseReceivedEndpoints": [
            {"appendContinuationItemsAction": {"continuationItems": items}}
        ]})  # fmt: skip

    def _chat_page(self, continuation: str) -> dict[str, Any]:
        _, video_id, page = continuation.split("/")
        number = int(page)
        pages = self.videos[video_id].chat
        actions = [
            {"replayChatItemAction": {
                "videoOffsetTimeMsec": str(number * 4000 + position),
                "actions": [{"addChatItemAction": {"item": {"liveChatTextMessageRenderer": {
                    "message": {"runs": [{"text": text}]}
                }}}}],
            }}
            for position, text in enumerate(pages[number])
        ]  # fmt: skip
        body: dict[str, Any] = {"actions": actions}
        if number + 1 < len(pages):
            following = {"continuation": f"chat/{video_id}/{number + 1}"}
            body["continuations"] = [{"liveChatReplayContinuationData": following}]
        return {"liveChatContinuation": body}

    def _channel_page(self, tab: str, listed: list[Video]) -> Resource:
        tabs = []
        for name, videos in (("videos", self.uploads), ("streams", self.streams)):
            if not videos and name != tab:
                continue
            address = {"url": f"/channel/{CHANNEL_ID}/{name}"}
            renderer: dict[str, Any] = {
                "title": name,
                "endpoint": {"commandMetadata": {"webCommandMetadata": address}},
            }
            if name == tab:
                renderer["selected"] = True
                renderer["content"] = {"richGridRenderer": {"contents": self._grid(tab, listed, 0)}}
            tabs.append({"tabRenderer": renderer})
        about = {
            "title": "A Singer",
            "externalId": CHANNEL_ID,
            "channelUrl": f"https://www.youtube.com/channel/{CHANNEL_ID}",
        }
        data = {
            "contents": {"twoColumnBrowseResultsRenderer": {"tabs": tabs}},
            "metadata": {"channelMetadataRenderer": about},
        }
        return _html("", data)

    def _playlist_data(self, playlist_id: str) -> dict[str, Any]:
        rows = {"playlistVideoListRenderer": {"contents": self._playlist_items(0)}}
        section = {"itemSectionRenderer": {"contents": [rows]}}
        tab = {"selected": True, "content": {"sectionListRenderer": {"contents": [section]}}}
        told = [f"{len(self.playlist)} videos", self.playlist_changed]
        header = {
            "playlistId": playlist_id,
            "byline": [{"playlistBylineRenderer": {"text": {"simpleText": one}}} for one in told],
        }
        return {
            "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": tab}]}},
            "header": {"playlistHeaderRenderer": header},
            "metadata": {"playlistMetadataRenderer": {"title": "Karaoke archive"}},
        }

    def _playlist_items(self, start: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = [
            {"playlistVideoRenderer": _listed(video)}
            for video in self.playlist[start : start + PAGE]
        ]
        if start + PAGE < len(self.playlist):
            more = {"continuationEndpoint": _continuation(f"grid/playlist/{start + PAGE}")}
            items.append({"continuationItemRenderer": more})
        return items

    def _grid(self, tab: str, listed: list[Video], start: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = [
            {"richItemRenderer": {"content": {"videoRenderer": _listed(video)}}}
            for video in listed[start : start + PAGE]
        ]
        if start + PAGE < len(listed):
            more = {"continuationEndpoint": _continuation(f"grid/{tab}/{start + PAGE}")}
            items.append({"continuationItemRenderer": more})
        return items


def _continuation(token: str) -> dict[str, Any]:
    return {"continuationCommand": {"token": token}}


def _comment(number: int, text: str) -> dict[str, Any]:
    return {
        "commentId": f"Ug{number}",
        "contentText": {"runs": [{"text": text}]},
        "authorText": {"simpleText": f"@viewer{number}"},
        "authorEndpoint": {"browseEndpoint": {"browseId": f"UC{number}"}},
        "publishedTimeText": {"runs": [{"text": "2 days ago"}]},
        "voteCount": {"simpleText": str(100 - number)},
    }


def _listed(video: Video) -> dict[str, Any]:
    minutes, seconds = divmod(video.duration_s, 60)
    return {
        "videoId": video.id,
        "title": {"runs": [{"text": video.title}]},
        "lengthText": {"simpleText": f"{minutes}:{seconds:02}"},
        "viewCountText": {"simpleText": "1,234 views"},
        "publishedTimeText": {"simpleText": "Streamed 2 days ago"},
        "badges": [_MEMBERS_BADGE] if video.members_only else [],
        "thumbnail": {"thumbnails": [{"url": f"https://i.ytimg.com/vi/{video.id}/hqdefault.jpg"}]},
    }


def _json(content: dict[str, Any]) -> Resource:
    return Resource(json.dumps(content).encode(), "application/json", ranges=False)


def _html(script: str, initial_data: dict[str, Any]) -> Resource:
    client = {"clientName": "WEB", "clientVersion": "2.20260101.00.00", "visitorData": "VISITOR"}
    config = {"INNERTUBE_API_KEY": "key", "INNERTUBE_CONTEXT": {"client": client}}
    page = f"""<!DOCTYPE html><html><head><title>YouTube</title></head><body>
<script>ytcfg.set({json.dumps(config)});</script>
<script>{script}</script><script>var ytInitialData = {json.dumps(initial_data)};</script>
</body></html>"""
    return Resource(page.encode(), "text/html; charset=utf-8", ranges=False)


def youtube(folder: Path) -> AbstractContextManager[tuple[YoutubeSite, str]]:
    """Run the site behind a proxy; yields it and the proxy's address for the settings."""
    return behind_proxy(folder, HOSTS, YoutubeSite)
