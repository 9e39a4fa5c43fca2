"""LRCLIB, as far as utawaku asks it: exact look-ups and searches, checked as its server does.

https://github.com/tranxuanthang/lrclib, `server/src/routes`.
"""

import json
import re
import unicodedata
from typing import Any

from tests.servers.media_site import Fault, MediaSite, Resource

AGENT = re.compile(r"utawaku/\S+ \( \S.* \)")
SLACK_S = 2.0


class LrclibSite(MediaSite):
    """Records on one address; `trouble` goes wrong first."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.faults: list[str] = []
        self.trouble: list[Fault] = []

    def know(self, title: str, artist: str, duration: float, **lyrics: Any) -> None:
        """Keep a record."""
        self.records.append(
            {
                "id": len(self.records) + 1,
                "name": title,
                "trackName": title,
                "artistName": artist,
                "albumName": "album",
                "duration": duration,
                "instrumental": False,
                "plainLyrics": None,
                "syncedLyrics": None,
                **lyrics,
            }
        )

    def route(self, path: str, query: dict[str, str], posted: bytes) -> Resource | None:
        self.asked.append((path, query))
        if not AGENT.fullmatch(self.last_headers.get("User-Agent", "")):
            self.faults.append(f"user agent {self.last_headers.get('User-Agent')}")
        status, answer = self._answer_to(path, query)
        resource = Resource(json.dumps(answer).encode(), "application/json", ranges=False)
        resource.always = Fault(status=status) if status != 200 else Fault()
        if self.trouble:
            resource.always = self.trouble.pop(0)
        return resource

    def _answer_to(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        title, artist = query.get("track_name", ""), query.get("artist_name", "")
        if path == "/api/get":
            seconds = float(query.get("duration", "0"))
            if "duration" in query and not 1 <= seconds <= 3600:
                self.faults.append(f"duration {seconds}")
                return 400, {"message": "bad duration", "name": "ValidationError"}
            for record in self.records:
                near = "duration" not in query or abs(record["duration"] - seconds) <= SLACK_S
                own = folded(record["trackName"]), folded(record["artistName"])
                if near and own == (folded(title), folded(artist)):
                    return 200, record
            return 404, {"message": "not found", "name": "TrackNotFound", "statusCode": 404}
        if path == "/api/search":
            found = [one for one in self.records if folded(title) in folded(one["trackName"])]
            return 200, found[:20]
        return 404, {}


def folded(text: str) -> str:
    """Lower case, without accents, punctuation as spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower())
                    if not unicodedata.combining(c))  # fmt: skip
    return " ".join(re.sub(r"[^\w]", " ", plain).split())
