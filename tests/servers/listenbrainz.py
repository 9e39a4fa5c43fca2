"""ListenBrainz's submit-listens and recording-feedback, checked as its server does.

https://listenbrainz.readthedocs.io/en/latest/users/json.html and its feedback-json page
"""

import json
from typing import Any

from tests.servers.media_site import Fault, MediaSite, Resource

TOKEN = "listen-token"
MAX_BYTES = 10_240
FEEDBACK = "/1/feedback/recording-feedback"
KEYS = {"listened_at", "track_metadata"}


class ListenBrainzSite(MediaSite):
    """Keeps the listens that it takes; `trouble` goes wrong first."""

    def __init__(self) -> None:
        super().__init__()
        self.listens: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.trouble: list[Fault] = []
        self.feedback: list[dict[str, Any]] = []
        self.refused: set[str] = set()
        """Titles and recordings that it refuses."""

    def route(self, path: str, query: dict[str, str], posted: bytes) -> Resource | None:
        status, answer = self._answer_to(path, posted)
        resource = Resource(json.dumps(answer).encode(), "application/json", ranges=False)
        resource.always = Fault(status=status) if status != 200 else Fault()
        if self.trouble:
            resource.always = self.trouble.pop(0)
        elif status == 200 and path == FEEDBACK:
            self.feedback.append(json.loads(posted))
        elif status == 200:
            self.listens += json.loads(posted)["payload"]
        return resource

    def _answer_to(self, path: str, posted: bytes) -> tuple[int, Any]:
        if path not in ("/1/submit-listens", FEEDBACK):
            self.faults.append(f"asked for {path}")
            return 404, {}
        if self.last_headers.get("Authorization") != f"Token {TOKEN}":
            return 401, {"code": 401, "error": "Invalid authorization token."}
        body = json.loads(posted)
        if path == FEEDBACK:
            return self._answer_to_feedback(body)
        listens = body["payload"]
        kind = body["listen_type"]
        if kind not in ("single", "import") or (kind == "single" and len(listens) != 1):
            self.faults.append(f"{kind} with {len(listens)} listens")
        for listen in listens:
            self._check(listen)
            if listen["track_metadata"]["track_name"] in self.refused:
                return 400, {"code": 400, "error": "JSON document contains an odd track."}
        return 200, {"status": "ok"}

    def _answer_to_feedback(self, body: dict[str, Any]) -> tuple[int, Any]:
        known = {"recording_mbid", "recording_msid"} & set(body)
        if not known or set(body) - {"recording_mbid", "recording_msid", "score"}:
            self.faults.append(f"feedback with the keys {sorted(body)}")
        if body.get("score") not in (-1, 0, 1):
            self.faults.append(f"feedback with the score {body.get('score')}")
        if body.get("recording_mbid") in self.refused:
            return 400, {"code": 400, "error": "Invalid JSON document submitted"}
        return 200, {"status": "ok"}

    def _check(self, listen: dict[str, Any]) -> None:
        if set(listen) != KEYS:
            self.faults.append(f"keys {sorted(listen)}")
        track = listen["track_metadata"]
        more = track.get("additional_info", {})
        if not track.get("track_name") or not track.get("artist_name"):
            self.faults.append("a listen without a name")
        if listen["listened_at"] < 1_033_410_600 or not isinstance(listen["listened_at"], int):
            self.faults.append(f"listened_at {listen['listened_at']}")
        if "duration" in more and "duration_ms" in more:
            self.faults.append("two durations")
        if None in more.values() or "" in more.values():
            self.faults.append("an unknown is not left out")
        if len(json.dumps(listen).encode()) > MAX_BYTES:
            self.faults.append("a listen is too large")
