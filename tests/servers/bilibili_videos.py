"""As much of Bilibili as its extractor in yt-dlp asks for: video page, play addresses, danmaku,
comments, a user's space. Reached through `ConnectProxy`, under its real host names.
"""

import json
import ssl
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.servers.connect_proxy import behind_proxy
from tests.servers.media_site import Fault, MediaSite, Resource

HOSTS = ("bilibili.com", "bilivideo.com")
_SIGNING_NAMES = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")


@dataclass
class BilibiliVideo:
    """One video; `parts` names its 分P, of which one alone is no anthology."""

    bvid: str
    title: str = "【歌切】晚上唱歌"
    audio: bytes = b""
    duration_s: int = 12
    parts: list[str] = field(default_factory=lambda: ["P1"])
    part_media: list[bytes] = field(default_factory=list)
    """Sound of each part; empty where all have `audio`."""
    part_durations_s: list[int] = field(default_factory=list)
    part_danmaku: list[list[tuple[float, str]]] = field(default_factory=list)
    """Danmaku of each part; empty where all have `danmaku`."""
    danmaku: list[tuple[float, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    true_code: int = 0
    """-403: log in; -404: deleted."""
    play_code: int = 0


class BilibiliSite(MediaSite):
    """The emulated site; `videos` may be changed while it runs."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self.videos: dict[str, BilibiliVideo] = {}
        self.space_code = 0
        self.space_fault: Fault | None = None

    def route(self, path: str, query: dict[str, str], posted: bytes) -> Resource | None:
        del posted
        if path.startswith("/video/"):
            return self._page(path.split("/")[2])
        if path == "/x/web-interface/nav":
            names = [f"https://i0.hdslb.com/bfs/wbi/{name}.png" for name in _SIGNING_NAMES]
            return _json(
                {"code": 0, "data": {"wbi_img": {"img_url": names[0], "sub_url": names[1]}}}
            )
        if path == "/x/player/pagelist":
            parts = self.videos[query["bvid"]].parts
            pages = [{"page": n, "part": part, "cid": n} for n, part in enumerate(parts, 1)]
            return _json({"code": 0, "data": pages})
        if path == "/x/player/wbi/playurl":
            return self._play(self.videos[query["bvid"]], int(query["cid"]))
        if path == "/x/player/wbi/v2":
            return _json({"code": 0, "data": {"subtitle": {"subtitles": []}}})
        if path == "/x/v2/reply":
            return self._replies(int(query["pn"]))
        if path.endswith(".xml"):
            cid = int(path.split("/")[-1].removesuffix(".xml"))
            lines = "".join(
                f'<d p="{at},1,25,16777215,0,0,x,1">{text}</d>'
                for video in self.videos.values()
                for at, text in (
                    video.part_danmaku[cid - 1] if video.part_danmaku else video.danmaku
                )
            )
            return Resource(f"<?xml version='1.0'?><i>{lines}</i>".encode(), "text/xml")
        if path.endswith(".m4s"):
            bvid, _, number = path.split("/")[-1].removesuffix(".m4s").partition("-")
            video = self.videos[bvid]
            media = video.part_media[int(number) - 1] if video.part_media else video.audio
            return Resource(media, "video/mp4")
        if path == "/x/space/wbi/arc/search":
            return self._space(int(query["pn"]))
        return None

    def _page(self, bvid: str) -> Resource:
        video = self.videos.get(bvid)
        state: dict[str, Any] = {"error": {"trueCode": video.true_code if video else -404}}
        if video is not None and not video.true_code:
            state = {
                "videoData": {
                    "bvid": bvid,
                    "aid": 1,
                    "cid": 1,
                    "title": video.title,
                    "desc": "00:04 第一首",
                    "pubdate": 1782903600,
                    "duration": video.duration_s,
                    "pages": [{"cid": n} for n in range(1, len(video.parts) + 1)],
                },
                "upData": {"name": "歌手", "mid": "42"},
            }
        text = f"<html><script>window.__INITIAL_STATE__={json.dumps(state)};</script></html>"
        return Resource(text.encode(), "text/html; charset=utf-8", ranges=False)

    def _play(self, video: BilibiliVideo, cid: int) -> Resource:
        if video.play_code:
            return _json({"code": video.play_code, "message": "风控校验失败"})
        sound = {
            "id": 30280,
            "baseUrl": f"https://upos.bilivideo.com/{video.bvid}-{cid}.m4s?deadline=1&upsig=SECRETSIG",
            "mimeType": "audio/mp4",
            "codecs": "mp4a.40.2",
            "bandwidth": 128_000,
        }
        lengths = video.part_durations_s
        timelength = (lengths[cid - 1] if lengths else video.duration_s) * 1000
        return _json({"code": 0, "data": {"dash": {"audio": [sound]}, "timelength": timelength}})

    def _replies(self, page: int) -> Resource:
        texts = [text for video in self.videos.values() for text in video.comments]
        texts = texts[(page - 1) * 20 : page * 20]
        replies = [
            {"rpid": n, "content": {"message": text}, "member": {"uname": "观众", "mid": "7"}}
            for n, text in enumerate(texts)
        ]
        return _json({"code": 0, "data": {"replies": replies}})

    def _space(self, page: int) -> Resource:
        shown = list(self.videos)[(page - 1) * 30 : page * 30]
        resource = _json(
            {
                "code": self.space_code,
                "data": {
                    "list": {"vlist": [{"bvid": bvid, "meta": None} for bvid in shown]},
                    "page": {"ps": 30, "count": len(self.videos)},
                },
            }
        )
        resource.always = self.space_fault
        return resource


def _json(content: dict[str, Any]) -> Resource:
    return Resource(json.dumps(content).encode(), "application/json", ranges=False)


def bilibili(folder: Path) -> AbstractContextManager[tuple[BilibiliSite, str]]:
    """Run the site behind a proxy; yields it and the proxy's address for the settings."""
    return behind_proxy(folder, HOSTS, BilibiliSite)
