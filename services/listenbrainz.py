"""ListenBrainz: submits listens and what somebody loves or hates of them.

Source: https://listenbrainz.readthedocs.io/en/latest/users/json.html and its feedback-json page.
"""

from __future__ import annotations

import importlib.metadata
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from utawaku.library.errors import ConfigError, SourceError
from utawaku.services.web import BodyRefusedError, SystemTrust, cause_of, read_body

TIMEOUT_S = 15.0
MAX_LISTENS = 100
"""Listens of one request; it takes 1000, of 10 KB each."""
EARLIEST_S = 1_033_410_600
"""An earlier listen is refused."""


@dataclass(frozen=True)
class Listen:
    """One play of a song."""

    listened_at: int
    """The start, in seconds since the epoch."""
    title: str
    artist: str
    release: str = ""
    duration_s: float = 0.0
    isrc: str = ""
    url: str = ""
    recording_id: str = ""
    """Of MusicBrainz."""

    def payload(self) -> dict[str, Any]:
        """As ListenBrainz takes it; what is unknown is left out."""
        more: dict[str, Any] = {
            "media_player": "utawaku",
            "submission_client": "utawaku",
            "submission_client_version": importlib.metadata.version("utawaku"),
            "duration_ms": round(self.duration_s * 1000) or None,
            "isrc": self.isrc or None,
            "recording_mbid": self.recording_id or None,
            "origin_url": self.url or None,
        }
        track = {
            "artist_name": self.artist,
            "track_name": self.title,
            "release_name": self.release or None,
            "additional_info": {name: value for name, value in more.items() if value},
        }
        kept = {name: value for name, value in track.items() if value}
        return {"listened_at": self.listened_at, "track_metadata": kept}


class RefusedError(SourceError):
    """ListenBrainz refuses this as it is: it is not sent again."""


def submit(base_url: str, token: str, listens: Sequence[Listen]) -> None:
    """Submit listens in one request.

    Raises:
        ConfigError: the token is refused.
        RefusedError: a listen is refused.
        SourceError: it has no answer now; nothing is lost.
    """
    body = {
        "listen_type": "single" if len(listens) == 1 else "import",
        "payload": [listen.payload() for listen in listens],
    }
    _post(base_url, "/1/submit-listens", token, body)


def send_feedback(base_url: str, token: str, recording_id: str, score: int) -> None:
    """Say of a recording of MusicBrainz that it is loved (1), hated (-1) or neither (0).

    Raises:
        ConfigError: the token is refused.
        RefusedError: the recording is refused.
        SourceError: it has no answer now; nothing is lost.
    """
    body = {"recording_mbid": recording_id, "score": score}
    _post(base_url, "/1/feedback/recording-feedback", token, body)


def _post(base_url: str, path: str, token: str, body: dict[str, Any]) -> None:
    try:
        with requests.Session() as session:
            session.mount("https://", SystemTrust())
            response = session.post(
                f"{base_url.rstrip('/')}{path}",
                data=json.dumps(body, ensure_ascii=False).encode(),
                headers={
                    "Authorization": f"Token {token}",
                    "Content-Type": "application/json",
                    "User-Agent": f"utawaku/{importlib.metadata.version('utawaku')}",
                },
                timeout=TIMEOUT_S,
                stream=True,
                allow_redirects=False,
            )
            with response:
                said = read_body(response, time.monotonic() + TIMEOUT_S, "ListenBrainz")
    except BodyRefusedError as error:
        raise _later(str(error)) from error
    except (requests.RequestException, HTTPError) as error:
        raise _later(f"it cannot be reached ({cause_of(error)})") from error
    _heed(response, said)


def _heed(response: requests.Response, said: bytes) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (401, 403):
        raise ConfigError(
            "ListenBrainz refuses the token",
            subject="scrobble.listenbrainz_token",
            next_step="Copy it again from listenbrainz.org/settings",
        )
    if status == 400:
        raise RefusedError(
            f"it refuses an entry ({said[:200].decode('utf-8', 'replace')})", subject="ListenBrainz"
        )
    wait = response.headers.get("X-RateLimit-Reset-In", "")
    pause = f" for {int(wait)} s" if status == 429 and wait.isdigit() else ""
    raise _later(f"it asks to wait{pause}" if status == 429 else f"it answers with HTTP {status}")


def _later(problem: str) -> SourceError:
    return SourceError(
        problem,
        subject="ListenBrainz",
        next_step="What you heard and graded is kept and sent later",
    )
