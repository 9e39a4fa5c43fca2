"""Holodex, Bilibili's tag call, MusicBrainz, AcoustID and SponsorBlock, as far as utawaku asks.

Every request is validated as its documentation wants it; what is wrong is kept in `faults`.
"""

import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.media_site import Fault, MediaSite, Resource

HOLODEX_KEY, ACOUSTID_KEY = "holodex-key", "acoustid-key"
AGENT = re.compile(r"utawaku/\S+ \( \S.* \)")


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class Known:
    """What the services know; a test changes it while they run."""

    videos: dict[str, Any] = field(default_factory=dict)
    """Holodex: by YouTube id."""
    tags: dict[str, Any] = field(default_factory=dict)
    """Bilibili: by bvid."""
    recordings: list[dict[str, Any]] = field(default_factory=list)
    """MusicBrainz."""
    marked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """SponsorBlock: segments by YouTube id, as `sponsor_segment` makes them."""
    fingerprints: dict[str, Any] = field(default_factory=dict)
    """AcoustID: results by fingerprint."""


def sponsor_segment(
    start_s: float,
    stop_s: float,
    category: str = "music_offtopic",
    *,
    votes: int = 0,
    locked: int = 0,
    duration_s: float = 0.0,
    title: str = "",
) -> dict[str, Any]:
    """A segment as SponsorBlock answers it."""
    return {
        "category": category,
        "actionType": "chapter" if category == "chapter" else "skip",
        "segment": [start_s, stop_s],
        "UUID": hashlib.sha256(f"{start_s} {stop_s} {category}".encode()).hexdigest(),
        "videoDuration": duration_s,
        "locked": locked,
        "votes": votes,
        "description": title,
    }


class SourceSite(MediaSite):
    """All five services on one address."""

    def __init__(self) -> None:
        super().__init__()
        self.known = Known()
        self.asked: list[Asked] = []
        self.faults: list[str] = []
        self.trouble: list[Fault | bytes] = []
        """What goes wrong with the next answers: a status, or a body in place of the answer."""
        self.headers: dict[str, str] = {}
        """Further headers of each answer."""

    def route(self, path: str, query: dict[str, str], posted: bytes) -> Resource | None:
        headers = dict(self.last_headers)
        form = dict(parse_qsl(posted.decode()))
        self.asked.append(Asked(path, query, form, headers))
        if not AGENT.fullmatch(headers.get("User-Agent", "")):
            self.faults.append(f"user agent {headers.get('User-Agent')}")
        answer = self._answer_to(path, query, form, headers)
        resource = Resource(json.dumps(answer).encode(), "application/json", ranges=False)
        resource.always = Fault(headers=self.headers)
        if answer is None:
            resource.always = Fault(status=404)
        if self.trouble:
            wrong = self.trouble.pop(0)
            resource.always = wrong if isinstance(wrong, Fault) else Fault(instead=wrong)
        return resource

    def _answer_to(
        self, path: str, query: dict[str, str], form: dict[str, str], headers: dict[str, str]
    ) -> Any:
        if path.startswith("/api/v2/videos/"):
            if headers.get("X-APIKEY") != HOLODEX_KEY:
                self.trouble.insert(0, Fault(status=403))
            self._want(query == {"c": "1"}, f"holodex query {query}")
            return self.known.videos.get(path.rsplit("/", 1)[1])
        if path == "/x/web-interface/view/detail/tag":
            return {"code": 0, "data": self.known.tags.get(query["bvid"], [])}
        if path.startswith("/ws/2/recording"):
            self._want(query.get("fmt") == "json", f"musicbrainz query {query}")
            wanted = path.removeprefix("/ws/2/recording").strip("/")
            if wanted:
                return next((one for one in self.known.recordings if one["id"] == wanted), None)
            named = re.fullmatch(r'recording:"(.*)" AND artist:"(.*)"', query["query"])
            self._want(named is not None, f"musicbrainz query {query['query']}")
            shown = [
                {name: value for name, value in one.items() if name not in ("aliases", "isrcs")}
                for one in self.known.recordings
            ]
            return {"count": len(shown), "recordings": shown}
        if path.startswith("/api/skipSegments/"):
            return self._marked(path.rsplit("/", 1)[1], query)
        if path == "/v2/lookup":
            if form.get("client") != ACOUSTID_KEY:
                self.trouble.insert(0, Fault(status=400))
            ok = form.get("format") == "json" and form.get("duration", "").isdigit()
            self._want(ok, f"acoustid form {form}")
            return {
                "status": "ok",
                "results": self.known.fingerprints.get(form.get("fingerprint", ""), []),
            }
        return None

    def _marked(self, prefix: str, query: dict[str, str]) -> Any:
        """SponsorBlock: all videos whose hash begins so, with the categories asked for."""
        self._want(re.fullmatch(r"[0-9a-f]{4,32}", prefix) is not None, f"hash prefix {prefix}")
        self._want(query.get("service") == "YouTube", f"sponsorblock query {query}")
        categories = json.loads(query.get("categories", '["sponsor"]'))
        actions = json.loads(query.get("actionTypes", '["skip"]'))
        found = []
        for video_id, segments in self.known.marked.items():
            digest = hashlib.sha256(video_id.encode()).hexdigest()
            shown = [
                one
                for one in segments
                if one["category"] in categories and one["actionType"] in actions
            ]
            if digest.startswith(prefix) and shown:
                found.append({"videoID": video_id, "hash": digest, "segments": shown})
        return found or None

    def _want(self, holds: bool, what: str) -> None:
        if not holds:
            self.faults.append(what)

    def reset_in(self, seconds: float) -> str:
        """A moment as X-RateLimit-Reset tells it."""
        return str(int(time.time() + seconds))
