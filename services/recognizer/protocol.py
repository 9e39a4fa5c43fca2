"""Shazam's protocol as the ShazamAPI package speaks it: what is asked, what is answered."""

from __future__ import annotations

import math
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from utawaku.library.text import clean_line
from utawaku.services.recognizer.signature import Signature

DEFAULT_URL = "https://amp.shazam.com"
_QUERY = (
    "sync=true&webv3=true&sampling=true&connected=&shazamapiversion=v3&sharehub=true"
    "&hubv5minorversion=v5.1&hidelb=true&video=v3"
)

AnswerKind = Literal["match", "no_match", "odd", "failed"]
"""`odd` is an answer to this one question that nobody can read; the service itself is well."""

_LONGEST_TEXT = 500
_CODE = re.compile(r"[!-~]{1,64}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Track:
    """A song as Shazam names it."""

    key: str
    title: str
    artist: str
    isrc: str = ""
    cover_url: str = ""
    genre: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one window."""

    kind: AnswerKind
    track: Track | None = None
    offset_s: float = 0.0
    """Start of the window in the track."""
    timeskew: float = 0.0
    frequencyskew: float = 0.0
    reason: str = ""
    """The reason why nothing is known, for people to read."""
    retry_at: float = 0.0
    """Seconds since the epoch from when asking again makes sense; 0 when that is unknown."""
    from_cache: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON object for the cache."""
        return asdict(self)

    @staticmethod
    def from_json(record: Mapping[str, Any]) -> Answer:
        """Inverse of `to_json`."""
        track = record.get("track")
        return Answer(**{**record, "track": Track(**track) if track else None})


@dataclass(frozen=True, slots=True)
class Locale:
    """Language and place that the service is asked with; titles come back in this language."""

    language: str = "en"
    country: str = "US"
    timezone: str = "Europe/London"


@dataclass(frozen=True, slots=True)
class Question:
    """One HTTP request, ready to send."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)


def question(signature: Signature, base_url: str, locale: Locale) -> Question:
    """The request about one signature."""
    tag, device = str(uuid.uuid4()).upper(), str(uuid.uuid4()).upper()
    path = f"/discovery/v5/{locale.language}/{locale.country}/iphone/-/tag/{tag}/{device}"
    headers = {
        "X-Shazam-Platform": "IPHONE",
        "X-Shazam-AppVersion": "14.1.0",
        "Accept": "*/*",
        "Accept-Language": locale.language,
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": "Shazam/3685 CFNetwork/1197 Darwin/20.0.0",
    }
    body = {
        "timezone": locale.timezone,
        "signature": {
            "uri": signature.to_uri(),
            "samplems": int(signature.duration_s * 1000),
        },
        "timestamp": int(time.time() * 1000),
        "context": {},
        "geolocation": {},
    }
    return Question(f"{base_url.rstrip('/')}{path}?{_QUERY}", headers, body)


def read_answer(record: Any) -> Answer | None:
    """Understand the service's JSON; None when it is no answer of the protocol."""
    if not isinstance(record, dict) or not isinstance(record.get("matches"), list):
        return None
    matches, track = record["matches"], record.get("track")
    if not matches:
        return Answer("no_match", reason="Shazam knows no such song")
    if not isinstance(matches[0], dict) or not isinstance(track, dict):
        return None
    title = _text(track.get("title"))
    if not title:
        return None
    images = track.get("images")
    genres = track.get("genres")
    known = Track(
        key=_code(track.get("key")) or _code(matches[0].get("id")),
        title=title,
        artist=_text(track.get("subtitle")),
        isrc=_code(track.get("isrc")),
        cover_url=_address(images.get("coverarthq")) or _address(images.get("coverart"))
        if isinstance(images, dict)
        else "",
        genre=_text(genres.get("primary")) if isinstance(genres, dict) else "",
    )
    first = matches[0]
    return Answer(
        "match",
        known,
        offset_s=_number(first.get("offset")),
        timeskew=_number(first.get("timeskew")),
        frequencyskew=_number(first.get("frequencyskew")),
    )


def _text(value: Any, longest: int = _LONGEST_TEXT) -> str:
    """Return a text of the service on one clean line; empty for anything else."""
    return clean_line(value[:longest]) if isinstance(value, str) else ""


def _code(value: Any) -> str:
    """Return an id or ISRC; empty where it holds anything but letters, digits and signs."""
    text = _text(value)
    return text if _CODE.fullmatch(text) else ""


def _address(value: Any) -> str:
    """Return a web address of a picture; empty for any other scheme, or for none."""
    text = value.strip() if isinstance(value, str) else ""
    return text if _ADDRESS.fullmatch(text) else ""


def _number(value: Any) -> float:
    """Return a finite number as float; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        number = float(value)
    except OverflowError:
        return 0.0
    return number if math.isfinite(number) else 0.0
